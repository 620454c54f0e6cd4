/// Takes the next bytes of a record. The program that runs the probe provides this function.
void probe_write(const unsigned char *bytes, long count);
