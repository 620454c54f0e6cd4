#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// An open file that is written. Errors name it by the path that its opener gave.
///
/// One thread at a time may use it. If `close` is never called, it is closed on release, and an
/// error of closing is lost.
final class Descriptor {
  private(set) var number: Int32
  private let path: String

  init(_ number: Int32, path: String) {
    self.number = number
    self.path = path
  }

  deinit { if number >= 0 { _ = systemClose(number) } }

  /// Gives the open file's number to the caller, who has to close it.
  func release() -> Int32 {
    defer { number = -1 }
    return number
  }

  func write(_ bytes: ArraySlice<UInt8>) throws(FileError) {
    var written = 0
    var failure: Int32 = 0
    // SAFETY: each call reads at most the bytes that are left behind the first `written`.
    unsafe bytes.withUnsafeBytes {
      while written < $0.count {
        let count = unsafe systemWrite(number, $0.baseAddress! + written, $0.count - written)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 {
          failure = count < 0 ? errno : ENOSPC
          return
        }
        written += count
      }
    }
    guard failure == 0 else { throw .system(operation: "write", path: path, code: failure) }
  }

  /// Brings the content to disk. A failure is final: what the disk holds is then unknown.
  func sync() throws(FileError) {
    guard fsync(number) == 0 else { throw .system(operation: "sync", path: path, code: errno) }
  }

  /// Closes the file. Some file systems report only here that they could not keep what was written.
  func close() throws(FileError) {
    let closing = number
    // Even after an error the number is free, and may already belong to another file.
    number = -1
    guard systemClose(closing) == 0 || errno == EINTR else {
      throw .system(operation: "close", path: path, code: errno)
    }
  }
}
