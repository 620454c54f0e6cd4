// What WebAssembly lacks and the core needs: memory, and multiply-adds with one rounding.

#include <stddef.h>
#include <stdint.h>

static uint64_t bits_of(double x) { return ((union { double x; uint64_t bits; }){x}).bits; }
static double of_bits(uint64_t bits) { return ((union { uint64_t bits; double x; }){bits}).x; }

float fmaf(float x, float y, float z) {
  double product = (double)x * y;  // exact
  double sum = product + z;
  double part = sum - product;
  double lost = (product - (sum - part)) + (z - part);  // exact where the sum is finite
  uint64_t bits = bits_of(sum);
  // Rounded to odd, the sum keeps which side of a middle it lies on.
  if (lost != 0 && lost == lost && (bits & 1) == 0) {
    bits += (lost > 0) == (sum > 0) ? 1 : -1;
  }
  return (float)of_bits(bits);
}

// A sign, and a significand of 128 bits times 2^exponent.
typedef struct {
  uint64_t high, low;
  int exponent;
  int negative;
} wide;

static wide unpack(double x) {
  uint64_t bits = bits_of(x), significand = bits & 0xfffffffffffff;
  int exponent = bits >> 52 & 0x7ff;
  if (exponent == 0) exponent = 1;
  else significand |= 1ull << 52;
  int shift = __builtin_clzll(significand) - 11;
  return (wide){0, significand << shift, exponent - 1075 - shift, bits >> 63};
}

static wide shifted_left(wide a, int count) {
  if (count >= 64) {
    a.high = a.low << (count - 64);
    a.low = 0;
  } else if (count > 0) {
    a.high = a.high << count | a.low >> (64 - count);
    a.low <<= count;
  }
  a.exponent -= count;
  return a;
}

// Shifts right; what falls off stays visible in the last bit.
static wide shifted_right(wide a, int count) {
  a.exponent += count;
  if (count >= 128) {
    a.low = (a.high | a.low) != 0;
    a.high = 0;
  } else if (count >= 64) {
    int off = count - 64;
    uint64_t lost = a.low | (off ? a.high << (64 - off) : 0);
    a.low = a.high >> off | (lost != 0);
    a.high = 0;
  } else if (count > 0) {
    uint64_t lost = a.low << (64 - count);
    a.low = a.low >> count | a.high << (64 - count) | (lost != 0);
    a.high >>= count;
  }
  return a;
}

static wide product_of(wide x, wide y) {
  uint64_t x1 = x.low >> 32, x0 = (uint32_t)x.low, y1 = y.low >> 32, y0 = (uint32_t)y.low;
  uint64_t middle = x1 * y0 + (x0 * y0 >> 32);
  uint64_t other = x0 * y1 + (uint32_t)middle;
  return (wide){x1 * y1 + (middle >> 32) + (other >> 32), x.low * y.low,
                x.exponent + y.exponent, x.negative ^ y.negative};
}

static int is_below(wide a, wide b) {
  return a.high < b.high || (a.high == b.high && a.low < b.low);
}

double fma(double x, double y, double z) {
  if (x == 0 || y == 0 || x - x != 0 || y - y != 0 || z - z != 0) return x * y + z;
  if (z == 0) return x * y;

  // Both have their first bit at 124 or 125 once aligned, so that a sum stays below 2^127.
  wide a = shifted_left(product_of(unpack(x), unpack(y)), 20);
  wide b = shifted_left(unpack(z), 73);
  if (a.exponent > b.exponent) b = shifted_right(b, a.exponent - b.exponent);
  else a = shifted_right(a, b.exponent - a.exponent);
  if (is_below(a, b)) {
    wide swapped = a;
    a = b;
    b = swapped;
  }
  if (a.negative == b.negative) {
    a.low += b.low;
    a.high += b.high + (a.low < b.low);
  } else {
    a.high -= b.high + (a.low < b.low);
    a.low -= b.low;
  }
  if ((a.high | a.low) == 0) return 0;

  // The first bit goes to 126, and the upper 64 bits hold all that rounding needs.
  a = shifted_left(a, a.high ? __builtin_clzll(a.high) - 1 : 63 + __builtin_clzll(a.low));
  uint64_t significand = a.high | (a.low != 0);
  int exponent = a.exponent + 64;  // of the significand's last bit
  double magnitude;
  if (exponent + 62 >= -1022) {
    magnitude = (double)significand;  // the one rounding
  } else {
    // Subnormal: the last place is 2^-1074, and adding 2^63 puts it at bit 11.
    wide rest = shifted_right((wide){0, significand, exponent, 0}, -1085 - exponent);
    magnitude = (double)(rest.low | 1ull << 63) - 0x1p63;
    exponent = -1085;
  }
  while (exponent > 900) magnitude *= 0x1p100, exponent -= 100;
  while (exponent < -900) magnitude *= 0x1p-100, exponent += 100;
  magnitude *= of_bits((uint64_t)(exponent + 1023) << 52);
  return a.negative ? -magnitude : magnitude;
}

// Memory is handed out from the end and never taken back: a probe is short.
extern unsigned char __heap_base;
static uintptr_t used;

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (used == 0) used = (uintptr_t)&__heap_base;
  uintptr_t start = (used + alignment - 1) & ~(uintptr_t)(alignment - 1);
  used = start + size;
  uintptr_t pages = (used + 65535) / 65536, present = __builtin_wasm_memory_size(0);
  if (pages > present && __builtin_wasm_memory_grow(0, pages - present) == (size_t)-1) return 12;
  *result = (void *)start;
  return 0;
}

void free(void *pointer) { (void)pointer; }

void arc4random_buf(void *buffer, size_t size) {
  unsigned char *bytes = buffer;
  for (size_t i = 0; i < size; i++) bytes[i] = 0;
}

void *memset(void *destination, int value, size_t size) {
  unsigned char *to = destination;
  for (size_t i = 0; i < size; i++) to[i] = value;
  return destination;
}

void *memmove(void *destination, const void *source, size_t size) {
  unsigned char *to = destination;
  const unsigned char *from = source;
  if (to < from) {
    for (size_t i = 0; i < size; i++) to[i] = from[i];
  } else {
    for (size_t i = size; i > 0; i--) to[i - 1] = from[i - 1];
  }
  return destination;
}

void *memcpy(void *destination, const void *source, size_t size) {
  return memmove(destination, source, size);
}

uintptr_t __stack_chk_guard = 0x5bd1e995;
void __stack_chk_fail(void) { __builtin_trap(); }
