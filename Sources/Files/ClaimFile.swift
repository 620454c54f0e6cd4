#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A small file by which a process keeps work to itself, among processes on any number of hosts: it
/// is made under a name of its own, and then linked to one that nobody else may have had. Its
/// content is written again while the work goes on; who sees it unchanged for long enough may think
/// that its writer has ended.
///
/// Where there are locks it is held with one, so that its writer's end shows at once on the same
/// host.
///
/// One thread at a time may use it.
package final class ClaimFile {
  private let path: String
  private let descriptor: Int32
  /// Whether it is held with a lock, so that a free one means that its writer has ended.
  package let isLocked: Bool

  /// Makes the file, which is new.
  package init(path: String) throws(FileError) {
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw .system(operation: "create", path: path, code: errno) }
    do throws(FileError) {
      isLocked = if case .held = try FileLock.ask(opened, path: path) { true } else { false }
    } catch {
      _ = close(opened)
      throw error
    }
    self.path = path
    descriptor = opened
  }

  deinit { _ = close(descriptor) }

  /// Replaces the content by one that is as long as the others, so that nobody sees a part of it.
  ///
  /// - Parameter visibly: Whether other hosts have to see it at once.
  package func write(_ bytes: [UInt8], visibly: Bool) throws(FileError) {
    // SAFETY: one call that reads the bytes.
    let count = unsafe bytes.withUnsafeBytes {
      unsafe pwrite(descriptor, $0.baseAddress!, $0.count, 0)
    }
    guard count == bytes.count else {
      throw .system(operation: "write", path: path, code: count < 0 ? errno : ENOSPC)
    }
    // They see what has reached the server.
    guard !visibly || fsync(descriptor) == 0 else {
      throw .system(operation: "sync", path: path, code: errno)
    }
  }

  /// Gives the file this name instead of its own.
  ///
  /// - Returns: Whether it has it; false when something has had it before. Its own name is gone in
  ///   either case.
  package func take(_ name: String) throws(FileError) -> Bool {
    let code = unsafe link(path, name) == 0 ? 0 : errno
    var status = stat()
    // An answer that was lost on its way from a server makes a link that was made look as if it had
    // not been.
    let isMade = unsafe code == 0 || (fstat(descriptor, &status) == 0 && status.st_nlink == 2)
    _ = unsafe unlink(path)
    if isMade { return true }
    switch code {
    case EEXIST: return false
    case EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EINVAL, EMLINK:
      throw .unfit(
        path: name,
        reason:
          "this file system has no hard links (\(systemMessage(code))), by which processes keep "
          + "work to themselves: give a directory on another one")
    default: throw .system(operation: "link", path: name, code: code)
    }
  }

  /// Whether the writer of the file, which holds it with a lock, has ended: asked on the same host.
  package static func hasEnded(writerOf path: String) -> Bool {
    let opened = unsafe open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard opened >= 0 else { return false }
    defer { _ = close(opened) }
    return if case .held? = try? FileLock.ask(opened, path: path) { true } else { false }
  }
}
