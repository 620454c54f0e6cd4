private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A new file that appears under its name only when it is complete and on disk. It is written under
/// a temporary name in the same directory, synced, closed, and then given its name. If it is
/// released before that, it leaves nothing behind.
///
/// One thread at a time may use it.
package final class DurableFile {
  private let name: TemporaryName
  private let path: String
  /// A second descriptor of the open file. Closing it reports what closing can report, while the
  /// first descriptor keeps the lock.
  private let content: Descriptor
  private var isClosed = false

  /// The temporary file's path.
  package var temporaryPath: String { name.path }

  /// Begins a file that is to appear at `path`. Waits while another process is making it.
  package convenience init(path: String) throws(FileError) {
    let (folder, name) = PathParts.split(path)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw .unfit(path: path, reason: "it does not name a file")
    }
    try self.init(path: path, through: folder + "/" + PathParts.partialName(of: name))
  }

  /// Begins a file that is to appear at `path`, and is written under the name `temporary` until
  /// then. Both must be on the same file system.
  package init(path: String, through temporary: String) throws(FileError) {
    name = try TemporaryName(temporary, .file, for: path)
    self.path = path
    let second = fcntl(self.name.descriptor, F_DUPFD_CLOEXEC, 0)
    guard second >= 0 else {
      let code = errno
      self.name.remove()
      throw .system(operation: "open", path: self.name.path, code: code)
    }
    content = Descriptor(second, path: self.name.path)
  }

  deinit { name.remove() }

  package func write(_ bytes: ArraySlice<UInt8>) throws(FileError) { try content.write(bytes) }

  /// Syncs and closes the file on another thread, while this thread does `work`. Returns when both
  /// are done. An error of the file is thrown even if `work` failed, too.
  package func finish<Outcome, Failure: Error>(
    while work: () throws(Failure) -> Outcome
  ) throws(FileError) -> Result<Outcome, Failure> {
    let (number, path) = (content.release(), temporaryPath)
    let failure = Mutex<FileError?>(nil)
    let queue = BackgroundQueue(threads: 1, capacity: 1)
    queue.add {
      do throws(FileError) {
        let content = Descriptor(number, path: path)
        try content.sync()
        try content.close()
      } catch {
        failure.withLock { $0 = error }
      }
    }
    let outcome = Result(catching: work)
    queue.wait()
    if let error = failure.withLock({ $0 }) { throw error }
    isClosed = true
    return outcome
  }

  /// Brings the content to disk and closes the file.
  package func finish() throws(FileError) {
    try content.sync()
    try content.close()
    isClosed = true
  }

  /// Gives the finished file its name.
  ///
  /// - Parameter syncingFolder: Whether the name is brought to disk, too.
  /// - Returns: Whether it has the name; false if a file of that name exists already. That file is
  ///   never touched.
  package func appear(syncingFolder: Bool = true) throws(FileError) -> Bool {
    precondition(isClosed, "\(path) is given its name before it is on disk")
    guard name.isHeld else {
      throw .unfit(path: temporaryPath, reason: "another process has removed it")
    }
    guard try NewName.give(path, toFile: temporaryPath) else { return false }
    // A hard link leaves two names. The temporary one is removed before the directory is synced.
    name.remove()
    if syncingFolder { try Disk().syncDirectory(PathParts.split(path).folder) }
    return true
  }

  /// Gives the finished file its name, durably. A file that has the name already is replaced.
  package func replace() throws(FileError) {
    precondition(isClosed, "\(path) is given its name before it is on disk")
    guard name.isHeld else {
      throw .unfit(path: temporaryPath, reason: "another process has removed it")
    }
    guard unsafe rename(temporaryPath, path) == 0 else {
      throw .system(operation: "rename", path: path, code: errno)
    }
    try Disk().syncDirectory(PathParts.split(path).folder)
  }
}
