// What WebAssembly lacks and the program needs: memory, and multiply-adds with one rounding.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

// Memory. Pieces have four sizes between a power of two and the next; a piece that is given back is
// kept for the next that asks for its size. Before each lie 16 bytes: its size's number, and where
// it began.
extern unsigned char __heap_base;
static uintptr_t used;

typedef struct piece {
  struct piece *next;
} piece;
static piece *free_pieces[128];

enum { head = 16 };

static unsigned size_number(size_t size, size_t *rounded) {
  if (size < 64) size = 64;
  unsigned power = 31 - __builtin_clz((unsigned)size - 1);  // size is above 2^power
  size_t quarter = (size_t)1 << (power - 2);
  unsigned quarters = (unsigned)((size - 1 - ((size_t)1 << power)) / quarter) + 1;
  *rounded = ((size_t)1 << power) + quarters * quarter;
  return power * 4 + quarters - 1;
}

static void *new_piece(size_t size) {
  if (used == 0) used = ((uintptr_t)&__heap_base + 63) & ~(uintptr_t)63;
  if (size > UINTPTR_MAX - used - 65535) return NULL;
  uintptr_t start = used, pages = (start + size + 65535) / 65536;
  uintptr_t present = __builtin_wasm_memory_size(0);
  if (pages > present && __builtin_wasm_memory_grow(0, pages - present) == (size_t)-1) return NULL;
  used = start + size;
  return (void *)start;
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment < 16) alignment = 16;
  if (size > (size_t)0xf0000000) return 12;
  size_t rounded;
  unsigned number = size_number(size + head + alignment - 16, &rounded);
  unsigned char *start = (unsigned char *)free_pieces[number];
  if (start) free_pieces[number] = free_pieces[number]->next;
  else start = new_piece((rounded + 63) & ~(size_t)63);
  if (!start) return 12;
  uintptr_t place = ((uintptr_t)start + head + alignment - 1) & ~(uintptr_t)(alignment - 1);
  ((uint32_t *)place)[-1] = number;
  ((uint32_t *)place)[-2] = (uint32_t)(uintptr_t)start;
  *result = (void *)place;
  return 0;
}

void free(void *pointer) {
  if (!pointer) return;
  uint32_t number = ((uint32_t *)pointer)[-1];
  piece *start = (piece *)(uintptr_t)((uint32_t *)pointer)[-2];
  start->next = free_pieces[number];
  free_pieces[number] = start;
}

void *malloc(size_t size) {
  void *result;
  return posix_memalign(&result, 16, size) ? NULL : result;
}

void *calloc(size_t count, size_t size) {
  if (size && count > SIZE_MAX / size) return NULL;
  void *result = malloc(count * size);
  if (result) memset(result, 0, count * size);
  return result;
}

// Hash tables need no secret here: what they order is never seen.
void arc4random_buf(void *buffer, size_t size) { memset(buffer, 0x5b, size); }

void *memset(void *destination, int value, size_t size) {
  __asm__("local.get %0\nlocal.get %1\nlocal.get %2\nmemory.fill 0"
      : : "r"(destination), "r"(value), "r"(size) : "memory");
  return destination;
}

void *memmove(void *destination, const void *source, size_t size) {
  __asm__("local.get %0\nlocal.get %1\nlocal.get %2\nmemory.copy 0, 0"
      : : "r"(destination), "r"(source), "r"(size) : "memory");
  return destination;
}

void *memcpy(void *destination, const void *source, size_t size) {
  return memmove(destination, source, size);
}

int memcmp(const void *left, const void *right, size_t size) {
  const unsigned char *a = left, *b = right;
  for (size_t i = 0; i < size; i++) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t count = 0;
  while (text[count]) count++;
  return count;
}

uintptr_t __stack_chk_guard = 0x5bd1e995;
void __stack_chk_fail(void) { __builtin_trap(); }

// Texts. Tables of Unicode would be half as large as all the rest: here every character stands for
// itself. So texts are equal when their bytes are, and only ASCII has lower case.
const uint32_t _swift_stdlib_nfd_decompositions[1];
uint16_t _swift_stdlib_getNormData(uint32_t scalar) { (void)scalar; return 0; }
uint32_t _swift_stdlib_getComposition(uint32_t x, uint32_t y) { (void)x, (void)y; return -1; }
uint32_t _swift_stdlib_getDecompositionEntry(uint32_t scalar) { (void)scalar; return -1; }
_Bool _swift_stdlib_isExtendedPictographic(uint32_t scalar) { (void)scalar; return 0; }
_Bool _swift_stdlib_isInCB_Consonant(uint32_t scalar) { (void)scalar; return 0; }
uint8_t _swift_stdlib_getGraphemeBreakProperty(uint32_t scalar) { (void)scalar; return 0xff; }
const uint8_t *_swift_stdlib_getSpecialMapping(uint32_t scalar, uint8_t mapping, long *count) {
  (void)scalar, (void)mapping;
  *count = 0;
  return NULL;
}
int32_t _swift_stdlib_getMapping(uint32_t scalar, uint8_t mapping) {
  (void)scalar, (void)mapping;
  return 0;
}
long _swift_stdlib_getScalarName(uint32_t scalar, uint8_t *buffer, long capacity) {
  (void)scalar, (void)buffer, (void)capacity;
  return 0;
}
uint8_t _swift_stdlib_getGeneralCategory(uint32_t scalar) { (void)scalar; return 29; }

// Numbers from text: the script's, which are correctly rounded. Not a number where the text is
// none.
double host_number(const char *text, size_t count);
const char *_swift_stdlib_strtod_clocale(const char *text, double *value) {
  size_t count = strlen(text);
  *value = host_number(text, count);
  return *value == *value ? text + count : NULL;
}

double round(double x) {
  double whole = __builtin_trunc(x), part = x - whole;
  return part >= 0.5 ? whole + 1 : part <= -0.5 ? whole - 1 : whole;
}

// Integers of 128 bits.
typedef union {
  __int128 value;
  struct { uint64_t low, high; };
} pair;

__int128 __multi3(__int128 a, __int128 b) {
  pair x = {a}, y = {b}, result;
  wide product = product_of((wide){.low = x.low}, (wide){.low = y.low});
  result.low = product.low;
  result.high = product.high + x.high * y.low + x.low * y.high;
  return result.value;
}

__int128 __ashlti3(__int128 a, int count) {
  pair x = {a};
  wide shifted = shifted_left((wide){.high = x.high, .low = x.low}, count);
  x.high = shifted.high;
  x.low = shifted.low;
  return x.value;
}
