#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Reads whole files, up to a limit that the caller gives.
public enum FileReading {
  /// What kinds of file may be read.
  public enum Source: Sendable {
    /// A regular file. Links are refused.
    case file
    /// A regular file, or a link to one.
    case linkedFile
    /// Anything that can be read to its end: a file, a pipe, a device, or a link to one. Waits for
    /// data that has yet to come.
    case stream
  }

  /// All bytes of the file at `path`.
  ///
  /// A regular file that is larger than `limit` bytes is refused before a byte is read. A pipe, or
  /// a file that grows, is refused as soon as more bytes have come.
  ///
  /// - Complexity: O(bytes of the file) in time, at most `limit` bytes and 64 KiB in memory.
  public static func content(
    of path: String, limit: Int, from source: Source
  ) throws(FileError) -> [UInt8] {
    precondition(limit >= 0, "a limit of \(limit) bytes")
    // A FIFO must not block the open; O_NONBLOCK has no effect on regular files.
    let flags: Int32 =
      switch source {
      case .file: O_NONBLOCK | O_NOFOLLOW
      case .linkedFile: O_NONBLOCK
      case .stream: 0
      }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | flags)
    guard descriptor >= 0 else {
      if errno == ELOOP && source == .file {
        throw .unfit(path: path, reason: "it is a symbolic link")
      }
      throw .system(operation: "open", path: path, code: errno)
    }
    defer { _ = close(descriptor) }
    let size = try size(of: descriptor, path: path, source)
    guard size <= limit else { throw .tooLarge(path: path, limit: limit) }
    return try readAll(descriptor, path: path, expecting: size, limit: limit)
  }

  /// Checks the kind of an open file. Returns its size, or 0 if that is known only at its end.
  private static func size(
    of descriptor: Int32, path: String, _ source: Source
  ) throws(FileError) -> Int {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .system(operation: "examine", path: path, code: errno)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return Int(status.st_size)
    case S_IFDIR: throw .unfit(path: path, reason: "it is a directory, not a file")
    default:
      if source == .stream { return 0 }
      throw .unfit(path: path, reason: "it is not a regular file")
    }
  }

  private static func readAll(
    _ descriptor: Int32, path: String, expecting size: Int, limit: Int
  ) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    let part = 1 << 16
    while true {
      var code: Int32 = 0
      let before = bytes.count
      // One byte beyond the limit is enough to know that the file is too large.
      let room = min(part, limit - before + 1)
      bytes.append(addingCapacity: room) { added in
        // SAFETY: one read writes at most `room` bytes, for which there is space.
        unsafe added.withUnsafeMutableBufferPointer { buffer, filled in
          let count = unsafe read(descriptor, buffer.baseAddress!, room)
          if count < 0 { code = errno } else { filled = count }
        }
      }
      if code == EINTR { continue }
      guard code == 0 else { throw .system(operation: "read", path: path, code: code) }
      if bytes.count == before { return bytes }
      guard bytes.count <= limit else { throw .tooLarge(path: path, limit: limit) }
    }
  }
}
