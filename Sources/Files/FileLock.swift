#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Locks a file against other processes with flock(2). The lock ends with its holder, however the
/// holder ends.
enum FileLock {
  enum Answer {
    case held
    case taken
    /// The file system has no lock service.
    case unavailable(code: Int32)
  }

  /// Tries once to lock an open file.
  static func ask(_ descriptor: Int32, path: String) throws(FileError) -> Answer {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      switch code {
      case EINTR: continue
      case EWOULDBLOCK: return .taken
      // EBADF: NFS locks with fcntl, for which a directory would have to be open for writing.
      case ENOSYS, ENOLCK, EOPNOTSUPP, ENOTSUP, EBADF: return .unavailable(code: code)
      default: throw .system(operation: "lock", path: path, code: code)
      }
    }
    return .held
  }

  /// Waits for the lock, `patienceSeconds` at most, then throws `.busy`. After a second it says on
  /// stderr that it waits. If there is no lock service, it says so once and returns without a lock.
  static func wait(
    for descriptor: Int32, path: String, patienceSeconds: Double
  ) throws(FileError) {
    let start = monotonicSeconds()
    var isTold = false
    while true {
      switch try ask(descriptor, path: path) {
      case .held: return
      case .taken: break
      case .unavailable(let code):
        Notice.once(
          Notice.noLocks,
          "\(path): it cannot be locked (\(systemMessage(code))): nothing keeps another process "
            + "from writing there at the same time")
        return
      }
      let waited = monotonicSeconds() - start
      guard waited < patienceSeconds else { throw .busy(path: path) }
      if waited >= 1 && !isTold {
        Notice.say("\(path): waiting for another process that is writing it")
        isTold = true
      }
      usleep(10_000)
    }
  }
}

/// The lock of a directory, held through a file in it.
package final class DirectoryLock {
  private let descriptor: Int32

  /// - Parameter patienceSeconds: How long to retry while another process holds it. A child process
  ///   that is just being started keeps its parent's locks for a moment after the parent has
  ///   released them.
  package init(_ path: String, of directory: String, patienceSeconds: Double = 0)
    throws(FileError)
  {
    // The property is set last: once all properties are set, a throw runs `deinit`, which would
    // close the descriptor again. By then another thread may have been given that number.
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw .system(operation: "open", path: path, code: errno) }
    do throws(FileError) {
      try FileLock.wait(for: opened, path: path, patienceSeconds: patienceSeconds)
    } catch {
      _ = close(opened)
      if case .busy = error { throw .busy(path: directory) }
      throw error
    }
    descriptor = opened
  }

  deinit { _ = close(descriptor) }
}

/// Puts the calling thread to sleep.
package func pause(seconds: Double) { _ = usleep(UInt32(seconds * 1e6)) }

/// The time of the monotonic clock, in seconds since an arbitrary moment.
package func monotonicSeconds() -> Double {
  var time = timespec()
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
