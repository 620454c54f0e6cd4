// Functions of the C library that Swift's own module of it leaves out. They have names of ours: a
// second declaration under the library's name would clash with the first wherever both are seen.
#include <stddef.h>
#if defined(__linux__)
/// renameat2(2), and the flag with which it never replaces anything.
#define SYSTEM_RENAME_NOREPLACE 1u
int system_renameat2(int, const char *, int, const char *, unsigned int) __asm__("renameat2");
/// sched_getaffinity(2). The set of processors is passed with its size in bytes.
int system_sched_getaffinity(int, size_t, unsigned char *) __asm__("sched_getaffinity");
/// backtrace(3): the return addresses of the active calls. backtrace_symbols_fd(3) writes them as
/// text to a descriptor.
int system_backtrace(void **, int) __asm__("backtrace");
void system_backtrace_symbols_fd(void *const *, int, int) __asm__("backtrace_symbols_fd");
/// prctl(2), used only with options that take numbers.
#define SYSTEM_CHILD_SUBREAPER 36
int system_prctl(int, unsigned long, unsigned long, unsigned long, unsigned long) __asm__("prctl");
/// pipe2(2): with O_CLOEXEC, no process that another thread starts meanwhile inherits the pipe.
int system_pipe2(int *, int) __asm__("pipe2");
/// syncfs(2): writes all data of an open file's file system to disk.
int system_syncfs(int) __asm__("syncfs");
/// posix_spawn_file_actions_addchdir_np(3), which takes a pointer to the actions.
int system_spawn_addchdir(void *, const char *) __asm__("posix_spawn_file_actions_addchdir_np");
/// The flag of posix_spawn(3) that starts a session, and the request of ioctl(2) that shares a
/// file's blocks.
#define SYSTEM_SPAWN_SETSID 0x80
#define SYSTEM_FICLONE 0x40049409ul
#endif
