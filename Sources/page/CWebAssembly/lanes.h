// Instructions of WebAssembly that Swift has no name for. Compile with -ffp-contract=off.
#pragma once

#define INLINE static inline __attribute__((__always_inline__))

typedef float four_floats __attribute__((__vector_size__(16)));
typedef float two_floats __attribute__((__vector_size__(8)));
typedef double two_doubles __attribute__((__vector_size__(16)));
typedef double four_doubles __attribute__((__vector_size__(32)));

#ifdef __wasm_relaxed_simd__
// a · b + c, lane by lane: rounded once where the browser's machine has fused multiply-adds, else
// twice. Which it is, the program finds out at its start.
INLINE four_floats relaxed_multiply_add(four_floats a, four_floats b, four_floats c) {
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
}
#endif

// Both lanes rounded to binary32, and 0, 0.
INLINE four_floats rounded_to_floats(two_doubles x) {
  return __builtin_convertvector(
      __builtin_shufflevector(x, (two_doubles){0, 0}, 0, 1, 2, 3), four_floats);
}

// The first two lanes.
INLINE two_doubles first_as_doubles(four_floats x) {
  return __builtin_convertvector(__builtin_shufflevector(x, x, 0, 1), two_doubles);
}
#undef INLINE
