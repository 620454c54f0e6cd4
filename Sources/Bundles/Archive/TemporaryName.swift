#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A name under which something is made that is to get another one. It is locked for as long as this lives, so that what
/// a killed process left can be told from what another one is still making: that is waited for.
///
/// Only a name that is locked and still that of the locked file is removed, and nothing is ever written to what was found.
struct TemporaryName: ~Copyable {
  let path: String
  /// Open on what was made.
  let descriptor: Int32

  /// - Parameters:
  ///   - make: Makes what has the name, open; −1 and the system's error number when it cannot. It fails with
  ///     `EEXIST` where the name is taken.
  ///   - remove: Removes what an ended process left.
  init(
    _ path: String, make: () -> Int32, remove: () throws(BundleError) -> Void
  ) throws(BundleError) {
    while true {
      var descriptor = make()
      let isNew = descriptor >= 0
      if !isNew {
        guard errno == EEXIST else {
          throw .inputOutput(path: path, detail: systemMessage(errno))
        }
        descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        if descriptor < 0 && errno == ENOENT { continue }
        guard descriptor >= 0 else {
          throw .inputOutput(path: path, detail: systemMessage(errno))
        }
      }
      while flock(descriptor, LOCK_EX) != 0 {
        let code = errno
        if code == EINTR { continue }
        _ = close(descriptor)
        throw .inputOutput(path: path, detail: "it cannot be locked: " + systemMessage(code))
      }
      if Self.isName(path, of: descriptor) {
        if isNew {
          self.path = path
          self.descriptor = descriptor
          return
        }
        do throws(BundleError) {
          try remove()
        } catch {
          _ = close(descriptor)
          throw error
        }
      }
      _ = close(descriptor)
    }
  }

  deinit { _ = close(descriptor) }

  /// Whether what was made still has the name.
  var isHeld: Bool { Self.isName(path, of: descriptor) }

  /// Whether the open file has that name; its maker may have taken the name away while the lock was waited for.
  private static func isName(_ path: String, of descriptor: Int32) -> Bool {
    var (named, opened) = (stat(), stat())
    return unsafe lstat(path, &named) == 0 && fstat(descriptor, &opened) == 0
      && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino
  }
}
