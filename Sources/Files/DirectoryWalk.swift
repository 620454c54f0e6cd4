#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// What lies in a directory and below it, without following links. Names may be any bytes.
package enum DirectoryWalk {
  package enum Kind: Sendable, Hashable {
    case file, directory, link
    /// A socket, a named pipe or a device.
    case special
  }

  package struct Entry: Sendable {
    /// The path below the directory. Bytes that are not UTF-8 are replaced by U+FFFD.
    package var path: String
    /// The bytes of the entry's own name, if they are not UTF-8; `path` then leads nowhere.
    package var rawName: [UInt8]?
    package var kind: Kind
    package var status: FileStatus

    package var name: String { PathParts.split(path).name }
  }

  /// Calls `body` with every entry, sorted by name within a directory. A directory comes before its
  /// content.
  ///
  /// - Parameters:
  ///   - enters: Whether to look into a directory.
  /// - Returns: Errors for what could not be examined. Entries that vanish meanwhile are skipped.
  @discardableResult
  package static func visit(
    _ root: String, enters: (Entry) -> Bool = { _ in true }, _ body: (Entry) -> Void
  ) -> [FileError] {
    var faults: [FileError] = []
    visit(root, below: "", enters, body, &faults)
    return faults
  }

  /// All entries, and the errors for what could not be examined.
  package static func entries(
    of root: String, enters: (Entry) -> Bool = { _ in true }
  ) -> (entries: [Entry], faults: [FileError]) {
    var entries: [Entry] = []
    let faults = visit(root, enters: enters) { entries.append($0) }
    return (entries, faults)
  }

  private static func visit(
    _ root: String, below folder: String, _ enters: (Entry) -> Bool, _ body: (Entry) -> Void,
    _ faults: inout [FileError]
  ) {
    let directory = folder.isEmpty ? root : root + "/" + folder
    let names: [[UInt8]]
    do throws(FileError) {
      names = try self.names(in: directory)
    } catch {
      if !error.isMissing { faults.append(error) }
      return
    }
    for name in names {
      let text = String(validating: name, as: UTF8.self)
      let path =
        (folder.isEmpty ? "" : folder + "/") + (text ?? String(decoding: name, as: UTF8.self))
      let full = Array((directory + "/").utf8) + name
      let status: FileStatus
      do throws(FileError) {
        status = try FileStatus(ofLink: full)
      } catch {
        if !error.isMissing { faults.append(error) }
        continue
      }
      let entry = Entry(
        path: path, rawName: text == nil ? name : nil, kind: status.kind, status: status)
      body(entry)
      switch entry.kind {
      case .directory:
        // A directory whose name is not UTF-8 is not entered: its path leads nowhere.
        if text != nil && enters(entry) { visit(root, below: path, enters, body, &faults) }
      case .file, .link, .special: break
      }
    }
  }

  /// The names in a directory as bytes, sorted.
  private static func names(in path: String) throws(FileError) -> [[UInt8]] {
    guard let directory = unsafe opendir(path) else {
      throw .system(operation: "list", path: path, code: errno)
    }
    defer { _ = unsafe closedir(directory) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(directory) else {
        guard errno == 0 else { throw .system(operation: "list", path: path, code: errno) }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
      }
      // SAFETY: the name ends with NUL and lives until the next call of readdir.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      if name != [0x2e] && name != [0x2e, 0x2e] { names.append(name) }
    }
  }
}
