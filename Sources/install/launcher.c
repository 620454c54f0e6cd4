// The `regrok` of the archive for any x86-64 processor. It starts the build for the most vector
// instructions that this processor and its system have. All builds give the same bits.
//
// REGROK_VECTORS=baseline (or avx2, avx512) starts that build, if the processor supports it.
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMPOSSIBLE_HERE 4
#define INPUT_OUTPUT 74

// The compiler's own function asks CPUID, and XGETBV for what the system saves.
static bool has(const char *vectors) {
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!strcmp(vectors, "baseline")) return true;
  if (!strcmp(vectors, "avx2")) return avx2;
  return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
         && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}

int main(int count, char **words) {
  (void)count;
  static const char *const builds[] = {"avx512", "avx2", "baseline"};
  const int most = sizeof builds / sizeof *builds;
  const char *chosen = NULL;
  const char *wanted = getenv("REGROK_VECTORS");
  for (int i = 0; i < most && !chosen; i++) {
    if (wanted && *wanted ? !strcmp(wanted, builds[i]) : has(builds[i])) chosen = builds[i];
  }
  if (!chosen) {
    fprintf(stderr, "regrok: REGROK_VECTORS is %s; it can be baseline, avx2 or avx512\n", wanted);
    return IMPOSSIBLE_HERE;
  }
  if (!has(chosen)) {
    fprintf(stderr, "regrok: REGROK_VECTORS is %s, and this processor or its system has none\n",
            chosen);
    return IMPOSSIBLE_HERE;
  }

  // bin/regrok and lib/regrok/ are side by side, wherever that is and whatever links lead here.
  char path[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  char *slash = NULL;
  if (length > 0 && length < (ssize_t)sizeof path) {
    path[length] = 0;
    slash = strrchr(path, '/');
    if (slash) *slash = 0;
  }
  char program[PATH_MAX];
  int written = -1;
  if (slash) {
    written = snprintf(program, sizeof program, "%s/../lib/regrok/regrok-%s", path, chosen);
  }
  if (written < 0 || written >= (int)sizeof program) {
    fprintf(stderr, "regrok: cannot find out where this program stands\n");
    return INPUT_OUTPUT;
  }
  execv(program, words);
  fprintf(stderr, "regrok: %s: cannot be started: %s\n", program, strerror(errno));
  return INPUT_OUTPUT;
}
