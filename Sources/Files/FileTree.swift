private import CSystem

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Operations on whole directories and on files of any size.
package enum FileTree {
  /// Calls `body` with the content of a regular file, or of the one that a link leads to, piece by
  /// piece.
  ///
  /// - Parameter most: The most bytes to read from `start` on.
  package static func read(
    _ path: String, from start: Int = 0, most: Int = .max, _ body: (ArraySlice<UInt8>) -> Void
  ) throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(operation: "open", path: path, code: errno) }
    let file = Descriptor(descriptor, path: path)
    var offset = off_t(start)
    var left = most
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    while left > 0 {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        // SAFETY: one read writes at most as many bytes as there are.
        unsafe pread(file.number, buffer.baseAddress!, min(left, buffer.count), offset)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(operation: "read", path: path, code: errno) }
      if count == 0 { return }
      offset += off_t(count)
      left -= count
      body(bytes[..<count])
    }
  }

  /// The first `most` bytes of a regular file, or of the one that a link leads to.
  package static func beginning(of path: String, most: Int) throws(FileError) -> [UInt8] {
    var content: [UInt8] = []
    try read(path, most: most) { content += $0 }
    return content
  }

  /// How a file was copied.
  package enum Copy: Sendable, Hashable {
    /// The two files share their blocks until one is written.
    case cloned
    case copied
  }

  /// Copies the content of a file to a new file. They share blocks where the file system can.
  ///
  /// - Parameters:
  ///   - body: Called with the content, piece by piece, if the blocks are not shared.
  package static func copy(
    _ source: String, to path: String, isExecutable: Bool, _ body: (ArraySlice<UInt8>) -> Void
  ) throws(FileError) -> Copy {
    let file = try create(path, isExecutable: isExecutable)
    if clone(source, to: file) {
      try file.close()
      return .cloned
    }
    var fault: FileError?
    try read(source) { piece in
      guard fault == nil else { return }
      do throws(FileError) {
        try file.write(piece)
        body(piece)
      } catch {
        fault = error
      }
    }
    if let fault { throw fault }
    try file.close()
    return .copied
  }

  /// Gives a file a second name, or copies it where the file system has no links. The file must
  /// never be written again.
  package static func share(_ path: String, with other: String) throws(FileError) {
    if unsafe Self.hardLink(path, other) == 0 { return }
    _ = try copy(path, to: other, isExecutable: false) { _ in }
    try sync([other])
  }

  /// Makes a new file that shares the blocks of `source`. Returns false, and makes none, if the
  /// file system cannot do that.
  package static func clone(
    _ source: String, to path: String, isExecutable: Bool
  ) throws(FileError) -> Bool {
    let file = try create(path, isExecutable: isExecutable)
    let isCloned = clone(source, to: file)
    try file.close()
    if !isCloned { _ = unsafe unlink(path) }
    return isCloned
  }

  static func create(_ path: String, isExecutable: Bool) throws(FileError) -> Descriptor {
    let opened = unsafe open(
      path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, isExecutable ? 0o755 : 0o644)
    guard opened >= 0 else { throw .system(operation: "create", path: path, code: errno) }
    return Descriptor(opened, path: path)
  }

  private static func clone(_ source: String, to file: Descriptor) -> Bool {
    #if canImport(Glibc)
      let descriptor = unsafe open(source, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return false }
      defer { _ = close(descriptor) }
      return ioctl(file.number, UInt(SYSTEM_FICLONE), descriptor) == 0
    #else
      return false
    #endif
  }

  /// Sets when a file was modified last, in seconds since 1970.
  package static func setModified(_ path: String, seconds: Int) throws(FileError) {
    let time = timespec(tv_sec: seconds, tv_nsec: 0)
    guard unsafe utimensat(AT_FDCWD, path, [time, time], 0) == 0 else {
      throw .system(operation: "set the time of", path: path, code: errno)
    }
  }

  /// The system's `link`, under a name that the method below does not hide.
  @unsafe private static func hardLink(_ path: String, _ other: String) -> Int32 {
    #if canImport(Glibc)
      unsafe Glibc.link(path, other)
    #else
      unsafe Darwin.link(path, other)
    #endif
  }

  package static func link(_ path: String, to target: String) throws(FileError) {
    guard unsafe symlink(target, path) == 0 else {
      throw .system(operation: "link", path: path, code: errno)
    }
  }

  /// Renames a file or directory on the same file system. A file that has the new name is replaced.
  package static func move(_ path: String, to other: String) throws(FileError) {
    guard unsafe rename(path, other) == 0 else {
      throw .system(operation: "rename", path: path, code: errno)
    }
  }

  /// Renames an entry within its directory. Its old name may be any bytes.
  package static func move(
    rawName: [UInt8], in folder: String, to name: String
  ) throws(FileError) {
    let old = (Array((folder + "/").utf8) + rawName).map { CChar(bitPattern: $0) } + [0]
    guard unsafe rename(old, folder + "/" + name) == 0 else {
      throw .system(operation: "rename", path: folder + "/" + name, code: errno)
    }
  }

  /// Makes a directory and those above it, without syncing them.
  package static func makeDirectory(_ path: String) throws(FileError) {
    if unsafe mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT else {
      throw .system(operation: "make the directory", path: path, code: errno)
    }
    try makeDirectory(PathParts.split(path).folder)
    guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw .system(operation: "make the directory", path: path, code: errno)
    }
  }

  /// The absolute path without links and dots; nil if it leads nowhere.
  package static func resolved(_ path: String) -> String? {
    guard let found = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(found) }
    return unsafe String(cString: found)
  }

  /// Up to this many files are synced one by one. For more, their whole file system is synced.
  private static let mostSingleFiles = 1000

  /// Brings files, and the directories that they lie in, to disk.
  ///
  /// - Parameters:
  ///   - paths: Files on one file system.
  ///   - folders: Further directories on it.
  package static func sync(_ paths: [String], folders: [String] = []) throws(FileError) {
    if paths.count > mostSingleFiles && syncFileSystem(of: paths[0]) { return }
    var folders = Set(folders)
    for path in paths {
      folders.insert(PathParts.split(path).folder)
      let opened = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
      guard opened >= 0 else { throw .system(operation: "open", path: path, code: errno) }
      try Descriptor(opened, path: path).sync()
    }
    for folder in folders.sorted() { try Disk().syncDirectory(folder) }
  }

  /// Syncs the whole file system of `path`. Returns whether the system could.
  private static func syncFileSystem(of path: String) -> Bool {
    #if canImport(Glibc)
      let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
      guard opened >= 0 else { return false }
      defer { _ = close(opened) }
      return system_syncfs(opened) == 0
    #else
      return false
    #endif
  }
}
