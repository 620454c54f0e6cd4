#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A file that is written under its own name from the first byte on, so that its content survives a
/// writer that dies.
///
/// One thread at a time may use it.
package final class LogFile {
  private let file: Descriptor

  /// Creates the file, or empties it if it exists.
  package init(_ path: String) throws(FileError) {
    let opened = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw .system(operation: "create", path: path, code: errno) }
    file = Descriptor(opened, path: path)
  }

  package func write(_ bytes: ArraySlice<UInt8>) throws(FileError) { try file.write(bytes) }

  /// Brings the file to disk and closes it.
  package func finish() throws(FileError) {
    try file.sync()
    try file.close()
  }
}
