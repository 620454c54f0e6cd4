/// Takes the next bytes of a record; what runs the probe supplies it.
void probe_write(const unsigned char *bytes, long count);
