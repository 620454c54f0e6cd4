// Prints the hashes of Probe.swift, one a line.
#include <inttypes.h>
#include <stdio.h>

uint64_t probe_exp(void), probe_log(void), probe_erf(void), probe_cospi(void);
uint64_t probe_transformer(void), probe_mlp(void);

int main(void) {
  printf("exp %016" PRIx64 "\n", probe_exp());
  printf("log %016" PRIx64 "\n", probe_log());
  printf("erf %016" PRIx64 "\n", probe_erf());
  printf("cospi %016" PRIx64 "\n", probe_cospi());
  printf("transformer %016" PRIx64 "\n", probe_transformer());
  printf("mlp %016" PRIx64 "\n", probe_mlp());
}
