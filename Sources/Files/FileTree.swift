private import CSystem

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Whole directories and files of any size.
package enum FileTree {
  /// Calls `body` with the content of a regular file, or of one that a link leads to, a piece at a
  /// time.
  ///
  /// - Parameter most: Bytes behind `start` that are read at most.
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

  /// The content of a regular file, or of one that a link leads to, up to so many bytes.
  package static func beginning(of path: String, most: Int) throws(FileError) -> [UInt8] {
    var content: [UInt8] = []
    try read(path, most: most) { content += $0 }
    return content
  }

  /// How a file was copied.
  package enum Copy: Sendable, Hashable {
    /// Both share their blocks until one is written.
    case cloned
    case copied
  }

  /// Copies the content of a file to a new one, by sharing its blocks where the file system can.
  ///
  /// - Parameters:
  ///   - body: Called with the content where it is copied, a piece at a time.
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

  /// Gives a file that is never written to again a second name, or copies it where the file system
  /// has no links.
  package static func share(_ path: String, with other: String) throws(FileError) {
    if unsafe Self.hardLink(path, other) == 0 { return }
    _ = try copy(path, to: other, isExecutable: false) { _ in }
    try sync([other])
  }

  /// Whether the file system could share the blocks of a file with a new one; then that is made.
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

  /// The system's `link` by another name than the method below.
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

  /// Gives a file or directory another name on the same file system; one that has it is replaced if
  /// it is a file.
  package static func move(_ path: String, to other: String) throws(FileError) {
    guard unsafe rename(path, other) == 0 else {
      throw .system(operation: "rename", path: path, code: errno)
    }
  }

  /// Gives what has a name of any bytes another one in the same directory.
  package static func move(
    rawName: [UInt8], in folder: String, to name: String
  ) throws(FileError) {
    let old = (Array((folder + "/").utf8) + rawName).map { CChar(bitPattern: $0) } + [0]
    guard unsafe rename(old, folder + "/" + name) == 0 else {
      throw .system(operation: "rename", path: folder + "/" + name, code: errno)
    }
  }

  /// Makes a directory and those above it, which need not survive a loss of power yet.
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

  /// The path without links and dots; nil where it leads nowhere.
  package static func resolved(_ path: String) -> String? {
    guard let found = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(found) }
    return unsafe String(cString: found)
  }

  /// Files that are brought to disk one by one; of more all that their file system holds is.
  private static let mostSingleFiles = 1000

  /// Brings files to disk, and the directories that they lie in.
  ///
  /// - Parameters:
  ///   - paths: On one file system.
  ///   - folders: Further directories there.
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

  /// Whether the system has that, and it was done.
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
