#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

extension FileTree {
  /// Removes a file, or a directory with all its content, whatever the names and permissions. Links
  /// are removed, never followed. The file may be missing.
  package static func remove(_ path: String) throws(FileError) {
    let (folder, name) = PathParts.split(path)
    let parent = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard parent >= 0 else {
      if errno == ENOENT { return }
      throw .system(operation: "open", path: folder, code: errno)
    }
    defer { _ = close(parent) }
    let code = removeEntry(Array(name.utf8), in: parent)
    guard code == 0 || code == ENOENT else {
      throw .system(operation: "remove", path: path, code: code)
    }
  }

  /// Returns the error number, or 0.
  private static func removeEntry(_ name: [UInt8], in parent: Int32) -> Int32 {
    let word = name.map { CChar(bitPattern: $0) } + [0]
    if unsafe unlinkat(parent, word, 0) == 0 { return 0 }
    guard errno == EISDIR || errno == EPERM else { return errno }
    _ = unsafe fchmodat(parent, word, 0o700, 0)
    let opened = unsafe openat(parent, word, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard opened >= 0 else { return errno }
    guard let directory = unsafe fdopendir(opened) else {
      let code = errno
      _ = close(opened)
      return code
    }
    defer { _ = unsafe closedir(directory) }
    var names: [[UInt8]] = []
    while let entry = unsafe readdir(directory) {
      // SAFETY: the name ends with NUL and lives until the next call of readdir.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      if name != [0x2e] && name != [0x2e, 0x2e] { names.append(name) }
    }
    for name in names {
      let code = removeEntry(name, in: opened)
      if code != 0 && code != ENOENT { return code }
    }
    return unsafe unlinkat(parent, word, AT_REMOVEDIR) == 0 ? 0 : errno
  }
}
