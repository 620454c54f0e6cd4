#include <stdint.h>

// What is known after comparing some results of a binary64 function with the oracle.
typedef struct {
  uint64_t arguments;
  uint64_t not_nearest;  // results that are not the number nearest to the real value
  double largest;        // the largest error in units in the last place, where above 0.498
  double x, y;           // its argument or arguments
} scan_tally;

// Compares a result of 'e'xp, 'l'og, log10 ('t'en) or 'p'ow with the real value, which must be
// finite. Only pow uses y.
void scan(char function, double x, double y, double result, scan_tally *tally);
