// What the C library has and Swift's own module of it leaves out. The names are ours, as a second
// declaration of the library's would clash with the first wherever both are seen.
#include <stddef.h>
#if defined(__linux__)
/// renameat2(2), with the flag that lets it never replace anything.
#define SYSTEM_RENAME_NOREPLACE 1u
int system_renameat2(int, const char *, int, const char *, unsigned int) __asm__("renameat2");
/// sched_getaffinity(2): the set of processors is so many bytes.
int system_sched_getaffinity(int, size_t, unsigned char *) __asm__("sched_getaffinity");
/// backtrace(3): the frames of the calls that are being made, and their addresses as text to a descriptor.
int system_backtrace(void **, int) __asm__("backtrace");
void system_backtrace_symbols_fd(void *const *, int, int) __asm__("backtrace_symbols_fd");
#endif
