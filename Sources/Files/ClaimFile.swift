#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A small file by which a process claims work, among processes on any number of hosts. It is made
/// under a name of its own, and then linked to a second name, which fails if a file has that name
/// already. The writer rewrites the content while the work goes on. A reader that sees it unchanged
/// for long enough may assume that the writer has ended.
///
/// Where the file system has locks, the writer also locks the file. Processes on the same host then
/// see at once that the writer has ended.
///
/// One thread at a time may use it.
package final class ClaimFile {
  private let path: String
  private let descriptor: Int32
  /// Whether the writer holds a lock on it. If so, a free lock means that the writer has ended.
  package let isLocked: Bool

  /// Creates the file; throws if it exists.
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

  /// Replaces the content. All contents must have the same length, so that nobody sees a part of
  /// one.
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
    // Other hosts see only what has reached the server.
    guard !visibly || fsync(descriptor) == 0 else {
      throw .system(operation: "sync", path: path, code: errno)
    }
  }

  /// Gives the file this name instead of its own.
  ///
  /// - Returns: Whether it has the name; false if something had that name already. The file's own
  ///   name is gone in either case.
  package func take(_ name: String) throws(FileError) -> Bool {
    let code = unsafe link(path, name) == 0 ? 0 : errno
    var status = stat()
    // If a server's answer is lost, a link that was made looks as if it had failed.
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

  /// Whether the writer of a locked claim file has ended. Ask only on the writer's host.
  package static func hasEnded(writerOf path: String) -> Bool {
    let opened = unsafe open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard opened >= 0 else { return false }
    defer { _ = close(opened) }
    return if case .held? = try? FileLock.ask(opened, path: path) { true } else { false }
  }
}
