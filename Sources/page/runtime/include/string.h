#pragma once
#include <stddef.h>
void *memset(void *destination, int value, size_t size);
void *memmove(void *destination, const void *source, size_t size);
void *memcpy(void *destination, const void *source, size_t size);
int memcmp(const void *left, const void *right, size_t size);
size_t strlen(const char *text);
