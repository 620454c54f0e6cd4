// What the C library has and Swift's own module of it leaves out. The names are ours, as a second
// declaration of the library's would clash with the first wherever both are seen.
#include <stddef.h>
#if defined(__linux__)
/// renameat2(2), with the flag that lets it never replace anything.
#define SYSTEM_RENAME_NOREPLACE 1u
int system_renameat2(int, const char *, int, const char *, unsigned int) __asm__("renameat2");
/// sched_getaffinity(2): the set of processors is so many bytes.
int system_sched_getaffinity(int, size_t, unsigned char *) __asm__("sched_getaffinity");
/// backtrace(3): the frames of the calls that are being made, and their addresses as text to a
/// descriptor.
int system_backtrace(void **, int) __asm__("backtrace");
void system_backtrace_symbols_fd(void *const *, int, int) __asm__("backtrace_symbols_fd");
/// prctl(2), of which only what takes numbers is used.
#define SYSTEM_CHILD_SUBREAPER 36
int system_prctl(int, unsigned long, unsigned long, unsigned long, unsigned long) __asm__("prctl");
/// pipe2(2): a pipe that no process started meanwhile by another thread inherits.
int system_pipe2(int *, int) __asm__("pipe2");
/// syncfs(2): all that the file system of an open file holds goes to disk.
int system_syncfs(int) __asm__("syncfs");
/// posix_spawn_file_actions_addchdir_np(3), of a pointer to the actions.
int system_spawn_addchdir(void *, const char *) __asm__("posix_spawn_file_actions_addchdir_np");
/// The flag of posix_spawn(3) that begins a session, and the request of ioctl(2) that shares a
/// file's blocks.
#define SYSTEM_SPAWN_SETSID 0x80
#define SYSTEM_FICLONE 0x40049409ul
#endif
