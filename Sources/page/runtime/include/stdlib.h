#pragma once
#include <stddef.h>
void *malloc(size_t size);
int posix_memalign(void **result, size_t alignment, size_t size);
void *calloc(size_t count, size_t size);
void free(void *pointer);
