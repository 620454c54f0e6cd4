#include "binary64.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// What is known after comparing some results with the oracle.
typedef struct {
  uint64_t inputs;
  uint64_t wrong;
  uint64_t decided_by_mpfr;
  uint32_t first_wrong[8];  // bit patterns of inputs
  uint32_t hardest[8];      // bit patterns of inputs, hardest first
  // The distance of the result from the midpoint of two binary32 numbers, in units of their
  // distance.
  double hardest_distance[8];
} tally;

// Compares results of function 'e'xp, 'l'og, e'r'f or 'c'ospi for the inputs with consecutive bit
// patterns from `first`.
void check(char function, uint32_t first, const uint32_t *results, size_t count, tally *tally);

// The correctly rounded result, computed with MPFR.
uint32_t expected_result(char function, uint32_t input);
