#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Open files that this process inherited from its parent, besides the three standard streams.
package enum InheritedFiles {
  /// Keeps them from the programs that this process starts. Otherwise such a program could read
  /// something that no record mentions, or hold a file open that somebody waits for.
  ///
  /// Call this before the process opens anything of its own.
  package static func keepFromChildren() {
    #if canImport(Darwin)
      let folder = "/dev/fd"
    #else
      let folder = "/proc/self/fd"
    #endif
    for name in (try? Disk().list(folder)) ?? [] {
      guard let number = Int32(name), number > STDERR_FILENO else { continue }
      _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    }
  }
}
