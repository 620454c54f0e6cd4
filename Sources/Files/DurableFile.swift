private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A new file that appears under its name only when it is whole and on disk: written to a temporary
/// name in the same directory, synced and closed, then given the name. Left out of scope before, it
/// leaves nothing behind.
///
/// One thread at a time may use it.
package final class DurableFile {
  private let name: TemporaryName
  private let path: String
  /// A second number of the open file: closing it shows what closing can show, and the lock stays
  /// with the first.
  private let content: Descriptor
  private var isClosed = false

  /// The temporary file's path.
  package var temporaryPath: String { name.path }

  /// Begins a file that is to appear at `path`; waits for another process that is making it.
  package convenience init(path: String) throws(FileError) {
    let (folder, name) = PathParts.split(path)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw .unfit(path: path, reason: "it does not name a file")
    }
    try self.init(path: path, through: folder + "/" + PathParts.partialName(of: name))
  }

  /// Begins a file that is written under another name, on the same file system, before it appears
  /// at `path`.
  package init(path: String, through temporary: String) throws(FileError) {
    name = try TemporaryName(temporary, .file)
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

  /// Brings the content to disk and closes the file, on another thread while `work` is done. What
  /// the disk says is known when this returns, and goes before what the work throws.
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
  /// - Returns: Whether it has it; false when a file of that name exists already, which is never
  ///   touched.
  package func appear(syncingFolder: Bool = true) throws(FileError) -> Bool {
    precondition(isClosed, "\(path) is given its name before it is on disk")
    guard name.isHeld else {
      throw .unfit(path: temporaryPath, reason: "another process has taken it away")
    }
    guard try NewName.give(path, toFile: temporaryPath) else { return false }
    // After a link there are two names; the directory is synced without the temporary one.
    name.remove()
    if syncingFolder { try Disk().syncDirectory(PathParts.split(path).folder) }
    return true
  }
}
