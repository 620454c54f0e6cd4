#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The file system operations that directories of ours need. Each change is one durable operation
/// or one append.
package struct Disk: Sendable {
  /// Called before each change with the operation's name and the path. If it throws, the change
  /// does not happen. Tests use it to end a run at each change.
  package var beforeChange: (@Sendable (String, String) throws(FileError) -> Void)?

  package init() {}

  func announce(_ operation: String, _ path: String) throws(FileError) {
    if let beforeChange { try beforeChange(operation, path) }
  }
}

// MARK: Reading

extension Disk {
  /// The content of a regular file, or of the one that a link leads to; nil if nothing has that
  /// name.
  package func read(_ path: String, limit: Int) throws(FileError) -> [UInt8]? {
    do {
      return try FileReading.content(of: path, limit: limit, from: .linkedFile)
    } catch  where error.isMissing {
      return nil
    }
  }

  /// Whether anything has this name. A link counts, whatever it leads to.
  package func exists(_ path: String) throws(FileError) -> Bool {
    var status = stat()
    if unsafe lstat(path, &status) == 0 { return true }
    if errno == ENOENT { return false }
    throw .system(operation: "examine", path: path, code: errno)
  }

  /// Whether the name leads to a directory. Links are followed.
  package func isDirectory(_ path: String) throws(FileError) -> Bool {
    var status = stat()
    if unsafe stat(path, &status) == 0 { return status.st_mode & S_IFMT == S_IFDIR }
    if errno == ENOENT || errno == ENOTDIR { return false }
    throw .system(operation: "examine", path: path, code: errno)
  }

  /// The names in a directory, sorted; nil when there is no such directory.
  package func list(_ path: String) throws(FileError) -> [String]? {
    guard let directory = unsafe opendir(path) else {
      if errno == ENOENT { return nil }
      throw .system(operation: "list", path: path, code: errno)
    }
    defer { _ = unsafe closedir(directory) }
    var names: [String] = []
    while true {
      // The end and a failure give the same nil; only the error number tells them apart.
      errno = 0
      guard let entry = unsafe readdir(directory) else {
        guard errno == 0 else { throw .system(operation: "list", path: path, code: errno) }
        return names.sorted()
      }
      // SAFETY: the name ends with NUL and lives until the next call of readdir.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
  }
}

// MARK: Changing

extension Disk {
  /// Whether `name` is one under which a file is written before it gets its own.
  package static func isPartial(_ name: String) -> Bool {
    name.hasPrefix(".") && name.hasSuffix(".partial")
  }

  /// Replaces a file by `bytes`, durably: when it returns, the content survives a loss of power. If
  /// it throws, the old file is still there, unless only the last sync, that of the folder, failed.
  /// Nothing is tried twice.
  package func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let (folder, name) = PathParts.split(path)
    let partial = folder + "/" + PathParts.partialName(of: name)
    try announce("create", partial)
    let descriptor = unsafe open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(operation: "create", path: partial, code: errno) }
    let file = Descriptor(descriptor, path: partial)
    do throws(FileError) {
      try announce("write", partial)
      try file.write(bytes[...])
      try announce("sync", partial)
      try file.sync()
      try file.close()
      try announce("rename", path)
      guard unsafe rename(partial, path) == 0 else {
        throw .system(operation: "rename", path: path, code: errno)
      }
    } catch {
      _ = unsafe unlink(partial)
      throw error
    }
    try syncDirectory(folder)
  }

  /// Brings the names in a directory to disk.
  ///
  /// If the file system cannot sync directories, or the directory may be written but not read, this
  /// is reported once and the work goes on.
  package func syncDirectory(_ path: String) throws(FileError) {
    try announce("sync", path)
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    var code = errno
    if descriptor >= 0 {
      code = fsync(descriptor) == 0 ? 0 : errno
      _ = close(descriptor)
    } else if code != EACCES {
      throw .system(operation: "open", path: path, code: code)
    }
    switch code {
    case 0: return
    case EACCES where descriptor < 0, EINVAL, EOPNOTSUPP, ENOTSUP, ENOSYS, EBADF:
      Notice.once(
        "fsync of a directory",
        "\(path): the directory cannot be synced (\(systemMessage(code))): after a loss of power "
          + "new names in it may be missing")
    default: throw .system(operation: "sync", path: path, code: code)
    }
  }

  /// Makes a directory and those above it, durably. Directories that exist are fine.
  package func makeDirectory(_ path: String) throws(FileError) {
    var made = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      made += made.isEmpty && !path.hasPrefix("/") ? String(part) : "/" + part
      if part.isEmpty || part == "." || part == ".." { continue }
      try announce("make", made)
      if unsafe mkdir(made, 0o755) == 0 {
        try syncDirectory(PathParts.split(made).folder)
      } else if errno != EEXIST {
        throw .system(operation: "make the directory", path: made, code: errno)
      }
    }
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .system(operation: "make the directory", path: path, code: ENOTDIR)
    }
  }

  /// Removes a file or an empty directory. It may be missing.
  package func remove(_ path: String) throws(FileError) {
    try announce("remove", path)
    if unsafe removeEntry(path) != 0 && errno != ENOENT {
      throw .system(operation: "remove", path: path, code: errno)
    }
  }

  /// Removes the files that an earlier process left half written in a directory.
  package func removePartials(in folder: String) throws(FileError) {
    for name in try list(folder) ?? [] where Self.isPartial(name) {
      try remove(folder + "/" + name)
    }
  }
}

/// The system's `remove`, under a name that the method does not hide.
@unsafe private func removeEntry(_ path: String) -> Int32 {
  #if canImport(Glibc)
    unsafe Glibc.remove(path)
  #else
    unsafe Darwin.remove(path)
  #endif
}
