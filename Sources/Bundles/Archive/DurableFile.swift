private import Dispatch
private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A new file that appears under its name only when it is whole and on disk: written to a temporary name in the same
/// directory, synced, then given the name. Left out of scope before, it leaves nothing behind.
struct DurableFile: ~Copyable {
  private let name: TemporaryName
  private let path: String

  /// The temporary file's path.
  var temporaryPath: String { name.path }

  /// Begins a file that is to appear at `path`; waits for another process that is making it.
  init(path: String) throws(BundleError) {
    let (directory, name) = Self.split(path)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw .inputOutput(path: path, detail: "it does not name a file")
    }
    let temporaryPath = "\(directory)/.\(name).partial"
    self.name = try TemporaryName(temporaryPath) {
      unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    } remove: { () throws(BundleError) in
      guard unsafe unlink(temporaryPath) == 0 else {
        throw .inputOutput(path: temporaryPath, detail: systemMessage(errno))
      }
    }
    self.path = path
  }

  deinit {
    if name.isHeld { _ = unsafe unlink(name.path) }
  }

  /// The directory of a path, "." where it names none, and its last component.
  static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let directory = path[..<slash]
    return (
      directory.isEmpty ? "/" : String(directory), String(path[path.utf8.index(after: slash)...])
    )
  }

  func write(_ bytes: ArraySlice<UInt8>) throws(BundleError) {
    var written = 0
    var failure: Int32 = 0
    // SAFETY: each call reads at most the bytes that are left behind the first `written`.
    unsafe bytes.withUnsafeBytes {
      while written < $0.count {
        let count = unsafe Self.systemWrite(
          name.descriptor, $0.baseAddress! + written, $0.count - written)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 {
          failure = count < 0 ? errno : ENOSPC
          return
        }
        written += count
      }
    }
    guard failure == 0 else {
      throw .inputOutput(path: temporaryPath, detail: systemMessage(failure))
    }
  }

  /// Brings the content to disk. A failure is final: what the disk holds is then unknown.
  func sync() throws(BundleError) {
    guard fsync(name.descriptor) == 0 else {
      throw .inputOutput(path: temporaryPath, detail: systemMessage(errno))
    }
  }

  /// Brings the content to disk, on another thread while `work` is done. A failure of the disk goes before one of the
  /// work.
  func sync<Outcome>(
    while work: () throws(BundleError) -> Outcome
  ) throws(BundleError) -> Outcome {
    let descriptor = name.descriptor
    let failure = Mutex<Int32>(0)
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      if fsync(descriptor) != 0 { failure.withLock { $0 = errno } }
    }
    let outcome = Result(catching: work)
    group.wait()
    let code = failure.withLock { $0 }
    guard code == 0 else {
      throw .inputOutput(path: temporaryPath, detail: systemMessage(code))
    }
    return try outcome.get()
  }

  /// Gives the synced file its name.
  ///
  /// - Returns: Whether it has it; false when a file of that name exists already, which is never touched.
  func appear() throws(BundleError) -> Bool {
    // A hard link, unlike a rename, fails where the name is taken. The temporary name goes with `deinit`.
    if unsafe link(temporaryPath, path) != 0 {
      if errno == EEXIST { return false }
      guard [EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS].contains(errno) else {
        throw .inputOutput(path: path, detail: systemMessage(errno))
      }
      // A file system without hard links.
      if unsafe access(path, F_OK) == 0 { return false }
      guard unsafe rename(temporaryPath, path) == 0 else {
        throw .inputOutput(path: path, detail: systemMessage(errno))
      }
    }
    try syncDirectory(Self.split(path).directory)
    return true
  }

  /// The system's `write`, by another name than the method.
  @unsafe private static func systemWrite(
    _ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int
  ) -> Int {
    #if canImport(Glibc)
      unsafe Glibc.write(descriptor, bytes, count)
    #else
      unsafe Darwin.write(descriptor, bytes, count)
    #endif
  }
}

/// Brings the names in a directory to disk.
func syncDirectory(_ path: String) throws(BundleError) {
  let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw .inputOutput(path: path, detail: systemMessage(errno)) }
  let code = fsync(descriptor) == 0 ? 0 : errno
  _ = close(descriptor)
  // Some file systems cannot sync a directory and say EINVAL; there is nothing more to do there.
  guard code == 0 || code == EINVAL else {
    throw .inputOutput(path: path, detail: systemMessage(code))
  }
}
