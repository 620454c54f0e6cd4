import ArgumentParser
import Files
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The option of every command that writes a page or a report.
struct WritingOptions: ParsableArguments {
  @Flag(help: "Replace an existing file, even one that regrok did not write.")
  var force = false
}

/// A file that a command writes for its user.
enum WrittenFile {
  /// Writes the file at `path` as a whole, or leaves it as it is.
  ///
  /// An existing file is replaced if it is empty, or if it begins like the new one, so is an older
  /// report. Other files, and read-only ones, are replaced only with `force`. A link, a pipe or a
  /// directory is never replaced.
  static func write(_ text: String, to path: String, force: Bool = false) throws(CommandFailure) {
    var status = stat()
    if unsafe lstat(path, &status) == 0 {
      try check(status, path: path, replacedBy: text, force: force)
    } else if errno != ENOENT {
      throw refused(path, Output.errorText(errno))
    }
    let (folder, name) = PathParts.split(path)
    let start = String(decoding: name.utf8.prefix(200), as: UTF8.self)
    let temporary = "\(folder)/.\(start).\(getpid()).partial"
    let failure = put(Array(text.utf8), in: temporary)
    guard failure == 0, unsafe rename(temporary, path) == 0 else {
      let reason = failure == 0 ? errno : failure
      _ = unsafe unlink(temporary)
      throw refused(path, Output.errorText(reason))
    }
  }

  /// Fails if a file at `path` could not be written even after its folder is made. Long work calls
  /// this first, and makes the folder only when it has something to write.
  static func checkFolder(of path: String) throws(CommandFailure) {
    var folder = PathParts.split(path).folder
    var status = stat()
    while unsafe stat(folder, &status) != 0 {
      guard errno == ENOENT, folder != "." else { throw refused(path, Output.errorText(errno)) }
      folder = PathParts.split(folder).folder
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw refused(path, "\(folder) is not a directory")
    }
    guard unsafe access(folder, W_OK | X_OK) == 0 else {
      throw refused(path, Output.errorText(errno))
    }
  }

  private static func check(
    _ status: stat, path: String, replacedBy text: String, force: Bool
  ) throws(CommandFailure) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw refused(path, "it is a directory")
    case S_IFLNK: throw refused(path, "it is a symbolic link, which is not replaced")
    default: throw refused(path, "it is not a regular file")
    }
    if force { return }
    // Not `access`, because that says yes to the superuser.
    guard status.st_mode & 0o222 != 0 else {
      throw refused(path, "it exists and is read-only; --force replaces it")
    }
    guard status.st_size == 0 || isOlder(path, than: text) else {
      throw refused(
        path, "it exists and is not an older report of this kind; --force replaces it")
    }
  }

  /// Whether the file begins as `text` does: up to what differs between two of a kind, the title of
  /// a page or a picture and the columns of a table; else with the first line.
  private static func isOlder(_ path: String, than text: String) -> Bool {
    let start = text.prefix(1000)
    let end = ["<title>", " aria-label=", " | decided by"].compactMap {
      start.firstRange(of: $0)?.lowerBound
    }.min()
    let beginning = Array((end.map { text[..<$0] } ?? text.prefix { $0 != "\n" }).utf8)
    return (try? FileTree.beginning(of: path, most: beginning.count)) == beginning
  }

  private static func put(_ bytes: [UInt8], in path: String) -> Int32 {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return errno }
    var failure = Output.write(bytes[...], to: descriptor)
    if failure == 0 && fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0 && failure == 0 { failure = errno }
    return failure
  }

  private static func refused(_ path: String, _ reason: String) -> CommandFailure {
    CommandFailure(.inputOutput, "\(path): cannot be written: \(reason)")
  }
}
