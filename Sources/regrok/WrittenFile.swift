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
  /// Writes the file at `path` as a whole and durably, or leaves it as it is. From then on a signal
  /// removes what is half written.
  ///
  /// An existing file is replaced if it is empty, or if it begins like the new one, so is an older
  /// report. Other files, and read-only ones, are replaced only with `force`. A link, a pipe or a
  /// directory is never replaced.
  static func write(_ text: String, to path: String, force: Bool = false) throws(CommandFailure) {
    try checkMayWrite(text, to: path, force: force)
    Interruption.removeUnfinishedFiles()
    do throws(FileError) {
      let file = try DurableFile(path: path)
      try file.write(Array(text.utf8)[...])
      try file.finish()
      try file.replace()
    } catch {
      switch error {
      case .system(_, _, let code): throw refused(path, Output.errorText(code))
      // These are about the temporary file, and name it.
      case .unfit, .tooLarge, .busy: throw refused(path, error.description)
      }
    }
  }

  /// Fails if what is at `path` would not be replaced by a file that begins with `text`. Long work
  /// calls this first, with what its file begins with.
  static func checkMayWrite(
    _ text: String, to path: String, force: Bool
  ) throws(CommandFailure) {
    var status = stat()
    if unsafe lstat(path, &status) == 0 {
      try check(status, path: path, replacedBy: text, force: force)
    } else if errno != ENOENT {
      throw refused(path, Output.errorText(errno))
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

  private static func refused(_ path: String, _ reason: String) -> CommandFailure {
    CommandFailure(.inputOutput, "\(path): cannot be written: \(reason)")
  }
}
