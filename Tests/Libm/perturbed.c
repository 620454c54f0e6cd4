// Simulates another C library's mathematics. Preloaded, it moves the results of functions on which
// libraries disagree to a neighbouring number. The argument's bits decide: up, down or not at all.
//
// Results that every library gives are kept: infinities, NaN and integers below 2^32, such as
// exp(0) and pow(10, 2). Square roots, fma, rounding and remainders are exact everywhere and are
// not changed.
//
// With LIBM_CALLS=FILE, each function that was called is written to FILE at exit, with the number
// of calls.
//
//   cc -shared -fPIC -O1 -fno-builtin -ffp-contract=off perturbed.c -o perturbed.so -ldl -lm

#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t mixed(double x) {
  uint64_t bits;
  memcpy(&bits, &x, 8);
  bits = (bits ^ (bits >> 33)) * 0xff51afd7ed558ccd;
  return bits ^ (bits >> 33);
}

static int is_kept(double y) {
  return !isfinite(y) || (fabs(y) < 0x1p32 && y == (double)(int64_t)y);
}

static double moved(double y, uint64_t decision) {
  if (is_kept(y) || decision % 3 == 0) return y;
  return nextafter(y, decision % 3 == 1 ? INFINITY : -INFINITY);
}

static float moved_float(float y, uint64_t decision) {
  if (is_kept(y) || decision % 3 == 0) return y;
  return nextafterf(y, decision % 3 == 1 ? INFINITY : -INFINITY);
}

#define ONE_ARGUMENT(each) \
  each(exp) each(exp2) each(exp10) each(expm1) each(log) each(log2) each(log10) each(log1p) \
  each(sin) each(cos) each(tan) each(asin) each(acos) each(atan) each(sinh) each(cosh) \
  each(tanh) each(asinh) each(acosh) each(atanh) each(cbrt) each(erf) each(erfc) \
  each(tgamma) each(lgamma)
#define TWO_ARGUMENTS(each) each(pow) each(atan2) each(hypot)

#define COUNT(name) static atomic_ulong calls_of_##name, calls_of_##name##f;
ONE_ARGUMENT(COUNT)
TWO_ARGUMENTS(COUNT)
static atomic_ulong calls_of_sincos, calls_of_sincosf;

// The next definition after this one: the C library's.
#define FIND(name) \
  static __typeof__(name) *original; \
  if (!original) original = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);

#define DEFINE_ONE(name) \
  double name(double x) { \
    FIND(name) \
    calls_of_##name++; \
    return moved(original(x), mixed(x)); \
  } \
  float name##f(float x) { \
    FIND(name##f) \
    calls_of_##name##f++; \
    return moved_float(original(x), mixed(x)); \
  }
ONE_ARGUMENT(DEFINE_ONE)

#define DEFINE_TWO(name) \
  double name(double x, double y) { \
    FIND(name) \
    calls_of_##name++; \
    return moved(original(x, y), mixed(x) + mixed(y)); \
  } \
  float name##f(float x, float y) { \
    FIND(name##f) \
    calls_of_##name##f++; \
    return moved_float(original(x, y), mixed(x) + mixed(y)); \
  }
TWO_ARGUMENTS(DEFINE_TWO)

void sincos(double x, double *sine, double *cosine) {
  FIND(sincos)
  calls_of_sincos++;
  original(x, sine, cosine);
  *sine = moved(*sine, mixed(x));
  *cosine = moved(*cosine, mixed(x));
}

void sincosf(float x, float *sine, float *cosine) {
  FIND(sincosf)
  calls_of_sincosf++;
  original(x, sine, cosine);
  *sine = moved_float(*sine, mixed(x));
  *cosine = moved_float(*cosine, mixed(x));
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("LIBM_CALLS");
  FILE *file = path ? fopen(path, "a") : NULL;
  if (!file) return;
#define REPORT(name) \
  if (calls_of_##name) fprintf(file, "%s %lu\n", #name, (unsigned long)calls_of_##name); \
  if (calls_of_##name##f) fprintf(file, "%s %lu\n", #name "f", (unsigned long)calls_of_##name##f);
  ONE_ARGUMENT(REPORT)
  TWO_ARGUMENTS(REPORT)
  REPORT(sincos)
  fclose(file);
}
