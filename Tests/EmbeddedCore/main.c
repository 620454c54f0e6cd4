// probe PART: writes one part of the record of Probe.swift to stdout.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void probe(int32_t part);

void probe_write(const unsigned char *bytes, long count) {
  if (fwrite(bytes, 1, count, stdout) != (size_t)count) exit(74);
}

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  probe(atoi(argv[1]));
  return fflush(stdout) ? 74 : 0;
}
