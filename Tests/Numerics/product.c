// product M N K: the matrix product as SPEC.md 1.2 defines it, computed with the C library's fmaf.
// Reads a and b and writes c, all as raw binary32.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static float *read_numbers(size_t count) {
  float *numbers = malloc(count * sizeof *numbers + 1);
  if (!numbers || fread(numbers, sizeof *numbers, count, stdin) != count) exit(1);
  return numbers;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  size_t m = atol(argv[1]), n = atol(argv[2]), k = atol(argv[3]);
  float *a = read_numbers(m * k), *b = read_numbers(k * n);
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      float sum = 0;
      for (size_t l = 0; l < k; l++) sum = fmaf(a[i * k + l], b[l * n + j], sum);
      fwrite(&sum, sizeof sum, 1, stdout);
    }
  }
  return fflush(stdout) != 0;
}
