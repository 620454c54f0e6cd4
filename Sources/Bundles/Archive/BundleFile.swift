import RunRecords

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A regular file open for reading: opened once, never through a link, read only by position.
///
/// Its descriptor is used by `pread` and `fstat` alone, which threads may share.
final class BundleFile: Sendable {
  let path: String
  /// When it was opened.
  let size: Int
  private let descriptor: Int32
  private let modified: [Int]

  init(path: String) throws(BundleError) {
    // A FIFO must not block the open; O_NONBLOCK has no effect on regular files.
    let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .inputOutput(
        path: path, detail: errno == ELOOP ? "it is a symbolic link" : systemMessage(errno))
    }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      _ = close(descriptor)
      throw .inputOutput(path: path, detail: "it is not a regular file")
    }
    self.path = path
    self.descriptor = descriptor
    size = Int(status.st_size)
    modified = Self.modification(of: status)
  }

  deinit { _ = close(descriptor) }

  private static func modification(of status: stat) -> [Int] {
    #if canImport(Darwin)
      [Int(status.st_size), status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec]
    #else
      [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    #endif
  }

  /// Refuses a file that was written to since it was opened.
  func checkUnchanged() throws(BundleError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, Self.modification(of: status) == modified else {
      throw .damaged(.changed, "the file was changed while it was read")
    }
  }

  /// The `count` bytes at `offset`.
  ///
  /// - Precondition: They lie within `size`.
  func read(at offset: Int, count: Int) throws(BundleError) -> [UInt8] {
    precondition(offset >= 0 && count >= 0 && offset + count <= size, "\(offset)+\(count)/\(size)")
    var failure: Int32 = 0
    var filled = 0
    // SAFETY: each pread writes at most the `count - filled` bytes left behind the first `filled`.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while filled < count {
        let read = unsafe pread(
          descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
        if read < 0 && errno == EINTR { continue }
        if read < 0 { failure = errno }
        if read <= 0 { break }
        filled += read
      }
      initialized = filled
    }
    guard failure == 0 else { throw .inputOutput(path: path, detail: systemMessage(failure)) }
    guard filled == count else { throw .damaged(.changed, "the file became shorter") }
    return bytes
  }

  /// The digest of the whole file.
  func digest() throws(BundleError) -> Digest {
    var hasher = Digest.Hasher()
    var offset = 0
    while offset < size {
      let part = try read(at: offset, count: min(1 << 20, size - offset))
      hasher.update(part)
      offset += part.count
    }
    return hasher.finish()
  }
}

/// The system's own words for an error number.
func systemMessage(_ number: Int32) -> String {
  // SAFETY: strerror returns a terminated string, copied at once.
  unsafe String(cString: strerror(number))
}
