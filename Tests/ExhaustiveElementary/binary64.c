// The oracle for the scan of binary64 functions: long double where its error of about 2^-11 ulp
// does not matter, otherwise MPFR with 160 bits. Compiled with -ffp-contract=off.

#include "binary64.h"

#include <math.h>
#include <mpfr.h>

enum { precision = 160 };

// The distance of binary64 numbers around a finite y.
static double unit(double y) {
  int exponent;
  if (y == 0) return 0x1p-1074;
  frexp(y, &exponent);
  return ldexp(1, exponent - 53 > -1074 ? exponent - 53 : -1074);
}

static long double approximate(char function, double x, double y) {
  switch (function) {
  case 'e': return expl(x);
  case 'l': return logl(x);
  case 't': return log10l(x);
  default: return powl(x, y);
  }
}

static void precise(char function, mpfr_t result, double x, double y) {
  mpfr_set_d(result, x, MPFR_RNDN);
  switch (function) {
  case 'e': mpfr_exp(result, result, MPFR_RNDN); break;
  case 'l': mpfr_log(result, result, MPFR_RNDN); break;
  case 't': mpfr_log10(result, result, MPFR_RNDN); break;
  default: {
    mpfr_t exponent;
    mpfr_init2(exponent, precision);
    mpfr_set_d(exponent, y, MPFR_RNDN);
    mpfr_pow(result, result, exponent, MPFR_RNDN);
    mpfr_clear(exponent);
  }
  }
}

// The error of `result` in ulps of the real value, computed with MPFR.
static double precise_error(char function, double x, double y, double result) {
  mpfr_t value;
  mpfr_init2(value, precision);
  precise(function, value, x, y);
  double ulp = unit(mpfr_get_d(value, MPFR_RNDZ));
  double error;
  if (isfinite(result)) {
    mpfr_sub_d(value, value, result, MPFR_RNDN);
    mpfr_div_d(value, value, ulp, MPFR_RNDN);
    error = fabs(mpfr_get_d(value, MPFR_RNDN));
  } else {
    double nearest = mpfr_get_d(value, MPFR_RNDN);
    error = nearest == result ? 0 : INFINITY;
  }
  mpfr_clear(value);
  return error;
}

void scan(char function, double x, double y, double result, scan_tally *tally) {
  tally->arguments++;
  long double value = approximate(function, x, y);
  double ulp = unit((double)value);
  double error = isfinite(result) && isfinite((double)value)
    ? (double)(fabsl(value - result) / ulp) : INFINITY;
  // An error near half a unit decides whether a nearer number exists. That, and what may be the
  // largest error, is measured again precisely.
  if (error < 0.498 || (error > 0.502 && error < tally->largest - 0.002)) {
    return;
  }
  error = precise_error(function, x, y, result);
  if (error > 0.5) tally->not_nearest++;
  if (error > tally->largest) {
    tally->largest = error;
    tally->x = x;
    tally->y = y;
  }
}
