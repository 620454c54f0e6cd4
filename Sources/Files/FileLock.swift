#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Keeps other processes off a file by flock(2), which ends with its holder, however that ends.
enum FileLock {
  enum Answer {
    case held
    case taken
    /// There is no lock service.
    case unavailable(code: Int32)
  }

  /// Asks once for the lock of an open file.
  static func ask(_ descriptor: Int32, path: String) throws(FileError) -> Answer {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      switch code {
      case EINTR: continue
      case EWOULDBLOCK: return .taken
      // EBADF: NFS locks by fcntl, for which a directory would have to be open for writing.
      case ENOSYS, ENOLCK, EOPNOTSUPP, ENOTSUP, EBADF: return .unavailable(code: code)
      default: throw .system(operation: "lock", path: path, code: code)
      }
    }
    return .held
  }

  /// Waits for the lock: in silence for a second, then with a line on stderr, `patienceSeconds` in
  /// all. Where there is no lock service, that is said, and one writer goes on.
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

/// The lock of a directory, by a file in it.
package final class DirectoryLock {
  private let descriptor: Int32

  /// - Parameter patienceSeconds: How long to try again while another has it. A process that is
  ///   being started keeps what its parent had locked for a moment after the parent has let it go.
  package init(_ path: String, of directory: String, patienceSeconds: Double = 0)
    throws(FileError)
  {
    // The property is set last: `deinit` follows a throw once all are set, and would close a number
    // twice that another thread may have been given in between.
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

/// Lets the calling thread sleep.
package func pause(seconds: Double) { _ = usleep(UInt32(seconds * 1e6)) }

/// The time on a clock that nobody sets, in seconds since some moment.
package func monotonicSeconds() -> Double {
  var time = timespec()
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
