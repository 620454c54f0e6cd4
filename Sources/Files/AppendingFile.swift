#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A file that grows by whole lines.
package final class AppendingFile {
  private let file: Descriptor
  private let path: String
  private let disk: Disk

  /// Opens a file that exists.
  package init(_ path: String, on disk: Disk) throws(FileError) {
    self.path = path
    self.disk = disk
    let opened = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard opened >= 0 else { throw .system(operation: "open", path: path, code: errno) }
    file = Descriptor(opened, path: path)
  }

  package func append(line: String) throws(FileError) {
    try disk.announce("append", path)
    try file.write(Array((line + "\n").utf8)[...])
  }

  package func sync() throws(FileError) {
    try disk.announce("sync", path)
    try file.sync()
  }

  /// Closes the file. Nothing can be appended afterwards.
  package func close() throws(FileError) { try file.close() }
}
