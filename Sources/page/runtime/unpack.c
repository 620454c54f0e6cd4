// The small program that unpacks the two large ones.
#include <stddef.h>
#include <stdlib.h>

size_t ZSTD_decompress(void *to, size_t capacity, const void *from, size_t count);

void *place(size_t count) { return malloc(count); }

// Where the `size` bytes lie that the `count` packed ones hold.
void *unpack(const void *from, size_t count, size_t size) {
  void *to = malloc(size);
  if (!to || ZSTD_decompress(to, size, from, count) != size) __builtin_trap();
  return to;
}
