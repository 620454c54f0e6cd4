// The oracle of the exhaustive check: binary64 libm where its result, off by 2^-48 either way,
// rounds to the same binary32 number; otherwise MPFR. The error of libm is below 2^-51, so this is
// safe by a factor of eight. Compiled with -ffp-contract=off.

#include "oracle.h"

#include <math.h>
#include <mpfr.h>
#include <string.h>

static float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

static double cospi_binary64(double x) {
  if (!(fabs(x) < INFINITY)) return NAN;
  double rest = fabs(fmod(x, 2));       // exact
  double half = rint(2 * rest);         // 0 … 4
  double r = rest - half / 2;           // exact, |r| <= 1/4
  switch ((int)half & 3) {
  case 0: return cos(M_PI * r);
  case 1: return 0 - sin(M_PI * r);
  case 2: return -cos(M_PI * r);
  default: return sin(M_PI * r) + 0;
  }
}

static double approximate(char function, double x) {
  switch (function) {
  case 'e': return exp(x);
  case 'l': return log(x);
  case 'r': return erf(x);
  default: return cospi_binary64(x);
  }
}

enum { precision = 240 };

static void precise(char function, mpfr_t y, float x) {
  mpfr_set_flt(y, x, MPFR_RNDN);
  switch (function) {
  case 'e': mpfr_exp(y, y, MPFR_RNDN); break;
  case 'l': mpfr_log(y, y, MPFR_RNDN); break;
  case 'r': mpfr_erf(y, y, MPFR_RNDN); break;
  default: mpfr_cospi(y, y, MPFR_RNDN); break;
  }
}

// The distance of y from the nearest midpoint of two binary32 numbers, in units of their distance.
static double distance_from_middle(mpfr_t y) {
  mpfr_exp_t exponent = mpfr_get_exp(y);  // |y| in [2^(exponent-1), 2^exponent)
  mpfr_exp_t unit = exponent - 24 > -149 ? exponent - 24 : -149;
  mpfr_t scaled, fraction;
  mpfr_inits2(precision, scaled, fraction, (mpfr_ptr)0);
  mpfr_mul_2si(scaled, y, -unit, MPFR_RNDN);
  mpfr_frac(fraction, scaled, MPFR_RNDN);
  mpfr_abs(fraction, fraction, MPFR_RNDN);
  mpfr_sub_d(fraction, fraction, 0.5, MPFR_RNDN);
  double distance = fabs(mpfr_get_d(fraction, MPFR_RNDN));
  mpfr_clears(scaled, fraction, (mpfr_ptr)0);
  return distance;
}

uint32_t expected_result(char function, uint32_t input) {
  mpfr_t y;
  mpfr_init2(y, precision);
  precise(function, y, float_of(input));
  uint32_t result = bits_of(mpfr_get_flt(y, MPFR_RNDN));
  mpfr_clear(y);
  return result;
}

static void note_hardest(tally *t, uint32_t input, double distance) {
  int place = 8;
  while (place > 0) {
    double above = t->hardest_distance[place - 1];
    if (above != 0 && above <= distance) break;
    place--;
  }
  for (int i = 7; i > place; i--) {
    t->hardest[i] = t->hardest[i - 1];
    t->hardest_distance[i] = t->hardest_distance[i - 1];
  }
  if (place < 8) {
    t->hardest[place] = input;
    t->hardest_distance[place] = distance;
  }
}

void check(char function, uint32_t first, const uint32_t *results, size_t count, tally *t) {
  for (size_t i = 0; i < count; i++) {
    uint32_t input = first + (uint32_t)i;
    double d = approximate(function, float_of(input));
    int correct;
    if (isnan(d)) {
      correct = isnan(float_of(results[i]));
    } else {
      float low = (float)(d * (1 - 0x1p-48)), high = (float)(d * (1 + 0x1p-48));
      uint32_t expected = bits_of(low);
      if (low != high) {
        mpfr_t y;
        mpfr_init2(y, precision);
        precise(function, y, float_of(input));
        expected = bits_of(mpfr_get_flt(y, MPFR_RNDN));
        note_hardest(t, input, distance_from_middle(y));
        mpfr_clear(y);
        t->decided_by_mpfr++;
      }
      correct = results[i] == expected;
    }
    if (!correct) {
      if (t->wrong < 8) t->first_wrong[t->wrong] = input;
      t->wrong++;
    }
  }
  t->inputs += count;
}
