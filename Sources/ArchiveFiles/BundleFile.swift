package import Archive
package import Digests
private import Files

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A regular file open for reading. It is opened once, never through a link, and read only by
/// position.
///
/// Only `pread` and `fstat` use its descriptor, so threads may share it.
package final class BundleFile: BundleBytes {
  package let path: String
  /// Bytes of the file when it was opened.
  package let size: Int
  private let descriptor: Int32
  private let modified: [Int]

  package init(path: String) throws(BundleError) {
    // A FIFO must not block the open; O_NONBLOCK has no effect on regular files.
    let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .inputOutput(
        path: path,
        detail: errno == ELOOP
          ? "it is a symbolic link, and links are not followed" : systemMessage(errno))
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

  /// Throws if the file was written to since it was opened.
  package func checkUnchanged() throws(BundleError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, Self.modification(of: status) == modified else {
      throw .damaged(.changed, "the file was changed while it was read")
    }
  }

  /// The `count` bytes at `offset`.
  ///
  /// - Precondition: They lie within `size`.
  package func read(at offset: Int, count: Int) throws(BundleError) -> [UInt8] {
    var bytes: [UInt8] = []
    try read(at: offset, count: count, onto: &bytes)
    return bytes
  }

  /// Appends the `count` bytes at `offset` to `bytes`.
  ///
  /// - Precondition: They lie within `size`.
  package func read(at offset: Int, count: Int, onto bytes: inout [UInt8]) throws(BundleError) {
    precondition(offset >= 0 && count >= 0 && offset + count <= size, "\(offset)+\(count)/\(size)")
    try bytes.append(addingCapacity: count) { (added) throws(BundleError) in
      var failure: Int32 = 0
      // SAFETY: each pread writes at most the `count - filled` bytes left behind the first
      // `filled`.
      unsafe added.withUnsafeMutableBufferPointer { buffer, filled in
        while filled < count {
          let read = unsafe pread(
            descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
          if read < 0 && errno == EINTR { continue }
          if read < 0 { failure = errno }
          if read <= 0 { break }
          filled += read
        }
      }
      guard failure == 0 else { throw .inputOutput(path: path, detail: systemMessage(failure)) }
      guard added.count == count else { throw .damaged(.changed, "the file became shorter") }
    }
  }

  /// The digest of the whole file.
  package func digest() throws(BundleError) -> Digest {
    var hasher = Digest.Hasher()
    var part: [UInt8] = []
    // A part of this size is still in the second-level cache when it is hashed.
    let length = 1 << 18
    for offset in stride(from: 0, to: size, by: length) {
      part.removeAll(keepingCapacity: true)
      try read(at: offset, count: min(length, size - offset), onto: &part)
      hasher.update(part)
    }
    return hasher.finish()
  }
}
