#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Open files that this process has from whoever started it, beside its three streams.
package enum InheritedFiles {
  /// Keeps them from programs that this process starts: such a program then reads nothing that no
  /// record knows of, and holds nothing open that somebody waits for.
  ///
  /// Called before this process opens anything of its own.
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
