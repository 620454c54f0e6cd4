// Simulates another machine. Its monotonic clock is 120 times as fast, so that ten minutes take
// five seconds. With NO_LOCKS its file system has no flock, with NO_LINKS no hard links. A test
// preloads this library into the program that it starts.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <time.h>

#ifdef NO_LOCKS
int flock(int file, int operation) {
  (void)file, (void)operation;
  errno = ENOLCK;
  return -1;
}
#endif

#ifdef NO_LINKS
int link(const char *from, const char *to) {
  (void)from, (void)to;
  errno = EPERM;
  return -1;
}
#endif

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*next)(clockid_t, struct timespec *);
  if (!next) next = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int status = next(clock, time);
  if (status == 0 && clock == CLOCK_MONOTONIC) {
    __int128 nanoseconds = ((__int128)time->tv_sec * 1000000000 + time->tv_nsec) * 120;
    time->tv_sec = (time_t)(nanoseconds / 1000000000);
    time->tv_nsec = (long)(nanoseconds % 1000000000);
  }
  return status;
}
