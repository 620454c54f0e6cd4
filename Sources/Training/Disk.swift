#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The file system, as far as a run directory needs it. Each change is one durable operation or one append.
package struct Disk: Sendable {
  /// Called before each change with its name and path; what it throws stops the change. For tests that
  /// end a run at each of them.
  package var beforeChange: (@Sendable (String, String) throws(TrainingError) -> Void)?

  package init() {}

  private func announce(_ operation: String, _ path: String) throws(TrainingError) {
    if let beforeChange { try beforeChange(operation, path) }
  }
}

// MARK: Reading

extension Disk {
  /// The content of a regular file; nil when there is none of that name.
  package func read(_ path: String) throws(TrainingError) -> [UInt8]? {
    // A FIFO does not block, and is refused as not regular.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      if errno == ENOENT { return nil }
      throw .system(operation: "open", path: path, code: errno)
    }
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .system(operation: "examine", path: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .damaged(path: path, reason: "not a regular file")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        // SAFETY: `filled` is below the count, so the rest is not empty and within the buffer.
        unsafe Self.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
      }
      if count > 0 {
        filled += count
      } else if count == 0 {
        break
      } else if errno != EINTR {
        throw .system(operation: "read", path: path, code: errno)
      }
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// Whether there is something of this name; a link counts by itself.
  package func exists(_ path: String) throws(TrainingError) -> Bool {
    var status = stat()
    if unsafe lstat(path, &status) == 0 { return true }
    if errno == ENOENT { return false }
    throw .system(operation: "examine", path: path, code: errno)
  }

  /// The names in a directory, sorted; nil when there is no such directory.
  package func list(_ path: String) throws(TrainingError) -> [String]? {
    guard let directory = unsafe opendir(path) else {
      if errno == ENOENT { return nil }
      throw .system(operation: "list", path: path, code: errno)
    }
    defer { _ = unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      // SAFETY: the name ends with NUL and lives until the next call of readdir.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

// MARK: Changing

extension Disk {
  /// The name under which a file is written before it gets its own.
  static func partialName(of name: String) -> String { "." + name + ".partial" }
  static func isPartial(_ name: String) -> Bool {
    name.hasPrefix(".") && name.hasSuffix(".partial")
  }

  /// Replaces a file by `bytes`, durably: when it returns, the content survives a loss of power, and if
  /// it throws, the old file is still there. Nothing is tried twice.
  package func write(_ bytes: [UInt8], to path: String) throws(TrainingError) {
    let (folder, name) = Self.split(path)
    let partial = folder + "/" + Self.partialName(of: name)
    try announce("create", partial)
    let descriptor = unsafe open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(operation: "create", path: partial, code: errno) }
    do throws(TrainingError) {
      try announce("write", partial)
      try Self.writeAll(bytes, to: descriptor, path: partial)
      try announce("sync", partial)
      guard fsync(descriptor) == 0 else {
        throw .system(operation: "sync", path: partial, code: errno)
      }
    } catch {
      _ = close(descriptor)
      _ = unsafe unlink(partial)
      throw error
    }
    guard close(descriptor) == 0 else {
      throw .system(operation: "close", path: partial, code: errno)
    }
    try announce("rename", path)
    guard unsafe rename(partial, path) == 0 else {
      throw .system(operation: "rename", path: path, code: errno)
    }
    try syncDirectory(folder)
  }

  package func syncDirectory(_ path: String) throws(TrainingError) {
    try announce("sync", path)
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(operation: "open", path: path, code: errno) }
    defer { _ = close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system(operation: "sync", path: path, code: errno) }
  }

  /// Makes a directory and those above it; one that exists is fine.
  package func makeDirectory(_ path: String) throws(TrainingError) {
    var made = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      made += made.isEmpty && !path.hasPrefix("/") ? String(part) : "/" + part
      if part.isEmpty || part == "." || part == ".." { continue }
      try announce("make", made)
      if unsafe mkdir(made, 0o755) != 0 && errno != EEXIST {
        throw .system(operation: "make the directory", path: made, code: errno)
      }
    }
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw .system(operation: "make the directory", path: path, code: ENOTDIR)
    }
  }

  /// Removes a file or an empty directory; one that is not there is fine.
  package func remove(_ path: String) throws(TrainingError) {
    try announce("remove", path)
    if unsafe Self.removeEntry(path) != 0 && errno != ENOENT {
      throw .system(operation: "remove", path: path, code: errno)
    }
  }

  /// Removes what an earlier process left half written in a directory.
  func removePartials(in folder: String) throws(TrainingError) {
    for name in try list(folder) ?? [] where Self.isPartial(name) {
      try remove(folder + "/" + name)
    }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String)
    throws(TrainingError)
  {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { buffer in
        // SAFETY: the buffer is not empty, so it has a base address, and lives through the call.
        unsafe Self.write(descriptor, buffer.baseAddress!, buffer.count)
      }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw .system(operation: "write", path: path, code: errno)
      }
    }
  }

  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let folder = path[..<slash]
    return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
  }
}

// MARK: Open files

/// A file that grows by whole lines.
final class AppendingFile {
  private let descriptor: Int32
  private let path: String
  private let disk: Disk

  /// Opens a file that exists.
  init(_ path: String, on disk: Disk) throws(TrainingError) {
    self.path = path
    self.disk = disk
    let opened = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard opened >= 0 else { throw .system(operation: "open", path: path, code: errno) }
    descriptor = opened
  }

  deinit { _ = close(descriptor) }

  func append(line: String) throws(TrainingError) {
    try disk.append(Array((line + "\n").utf8), to: descriptor, path: path)
  }

  func sync() throws(TrainingError) { try disk.sync(descriptor, path: path) }
}

/// A lock that ends with its holder, also with a holder that is killed.
package final class DirectoryLock {
  private let descriptor: Int32

  /// - Parameter patienceSeconds: How long to try again while another has it. A process that is being started keeps
  ///   what its parent had locked for a moment after the parent has let it go.
  package init(_ path: String, of directory: String, patienceSeconds: Double = 0)
    throws(TrainingError)
  {
    // The property is set last: `deinit` follows a throw once all are set, and would close a number twice that
    // another thread may have been given in between.
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw .system(operation: "open", path: path, code: errno) }
    let deadline = monotonicSeconds() + patienceSeconds
    while flock(opened, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      if code == EWOULDBLOCK && monotonicSeconds() < deadline {
        usleep(10_000)
        continue
      }
      _ = close(opened)
      if code == EWOULDBLOCK { throw .busy(path: directory) }
      throw .system(operation: "lock", path: path, code: code)
    }
    descriptor = opened
  }

  deinit { _ = close(descriptor) }
}

extension Disk {
  fileprivate func append(_ bytes: [UInt8], to descriptor: Int32, path: String)
    throws(TrainingError)
  {
    try announce("append", path)
    try Self.writeAll(bytes, to: descriptor, path: path)
  }

  fileprivate func sync(_ descriptor: Int32, path: String) throws(TrainingError) {
    try announce("sync", path)
    guard fsync(descriptor) == 0 else { throw .system(operation: "sync", path: path, code: errno) }
  }

  // The system's functions by names that the methods above do not hide.

  @unsafe private static func read(
    _ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int
  ) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.read(descriptor, bytes, count)
    #else
      unsafe Darwin.read(descriptor, bytes, count)
    #endif
  }

  @unsafe private static func write(
    _ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int
  ) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.write(descriptor, bytes, count)
    #else
      unsafe Darwin.write(descriptor, bytes, count)
    #endif
  }

  @unsafe private static func removeEntry(_ path: String) -> Int32 {
    #if canImport(Glibc)
      unsafe Glibc.remove(path)
    #else
      unsafe Darwin.remove(path)
    #endif
  }
}
