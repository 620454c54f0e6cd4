private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A temporary name for something that is being made and gets its final name later. The name is
/// locked as long as this value lives. So what a killed process left can be told from what another
/// process is still making; this type waits for the latter.
///
/// A name is removed only if it is locked and still belongs to the locked file. Nothing is ever
/// written to a file that was found.
struct TemporaryName: ~Copyable {
  enum Kind: Sendable { case file, directory }

  private let entry: Entry

  var path: String { entry.path }
  /// The descriptor of what was made.
  var descriptor: Int32 { entry.descriptor }

  /// How long to wait for another process that is making the same.
  private static let patienceSeconds = 60.0

  /// Makes a new empty file or directory of that name. Errors name `final`, the path that it is to
  /// get.
  init(_ path: String, _ kind: Kind, for final: String) throws(FileError) {
    do {
      entry = try Self.begin(path, kind)
    } catch {
      if case .system(let operation, path, let code) = error {
        throw .system(operation: operation, path: final, code: code)
      }
      throw error
    }
  }

  deinit { Self.forget(entry) }

  /// Whether what was made still has the name.
  var isHeld: Bool { entry.isHeld }

  /// Removes what was made, if it still has the name.
  func remove() { Self.undisturbed { entry.remove() } }

  /// Runs `body`, which adds a name to what is being made, or gives it its final one. If the
  /// program ends by removing all unfinished files, `body` is either done before that or never
  /// begun.
  static func undisturbed<Value, Failure: Error>(
    _ body: () throws(Failure) -> sending Value
  ) throws(Failure) -> Value {
    try unfinished.withLock { (_) throws(Failure) in try body() }
  }
}

// MARK: Making and leftovers

extension TemporaryName {
  private static func begin(_ path: String, _ kind: Kind) throws(FileError) -> Entry {
    while true {
      let made = try unfinished.withLock { (all) throws(FileError) in
        try make(path, kind, &all)
      }
      guard let made else {
        try takeAway(path, kind)
        continue
      }
      do throws(FileError) {
        try FileLock.wait(
          for: made.descriptor, path: path, patienceSeconds: patienceSeconds)
      } catch {
        made.remove()
        forget(made)
        throw error
      }
      // Before it was locked, another process may have taken it for a leftover and removed it.
      if made.isHeld { return made }
      forget(made)
    }
  }

  /// Returns what was made; nil if the name is taken.
  private static func make(
    _ path: String, _ kind: Kind, _ all: inout [Int32: Entry]
  ) throws(FileError) -> Entry? {
    let made: Int32
    switch kind {
    case .file:
      made = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    case .directory:
      made =
        unsafe mkdir(path, 0o755) == 0
        ? unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1
    }
    guard made >= 0 else {
      if errno == EEXIST { return nil }
      throw .system(operation: "create", path: path, code: errno)
    }
    let entry = Entry(path: path, kind: kind, descriptor: made)
    all[made] = entry
    return entry
  }

  /// Removes what an ended process left under the name. Waits for a process that has not ended.
  private static func takeAway(_ path: String, _ kind: Kind) throws(FileError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .system(operation: "examine", path: path, code: errno)
    }
    let flags: Int32
    switch (kind, status.st_mode & S_IFMT) {
    // For writing: NFS does not lock a file that is open only for reading.
    case (.file, S_IFREG): flags = O_RDWR
    case (.directory, S_IFDIR): flags = O_RDONLY | O_DIRECTORY
    default:
      throw .unfit(
        path: path,
        reason: "regrok did not write it, but needs this name for an unfinished file; remove or "
          + "rename it")
    }
    let found = unsafe open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard found >= 0 else {
      if errno == ENOENT { return }
      throw .system(operation: "open", path: path, code: errno)
    }
    defer { _ = close(found) }
    try FileLock.wait(for: found, path: path, patienceSeconds: patienceSeconds)
    let entry = Entry(path: path, kind: kind, descriptor: found)
    guard entry.isHeld else { return }
    entry.remove()
    if entry.isHeld {
      throw .unfit(
        path: path, reason: "it is left from a process that has ended, and cannot be removed")
    }
  }
}

// MARK: Names in use

extension TemporaryName {
  fileprivate struct Entry: Sendable {
    let path: String
    let kind: Kind
    let descriptor: Int32

    /// Whether the open file still has that name. Its maker may have taken the name away.
    var isHeld: Bool {
      var (named, opened) = (stat(), stat())
      return unsafe lstat(path, &named) == 0 && fstat(descriptor, &opened) == 0
        && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino
    }

    func remove() {
      guard isHeld else { return }
      switch kind {
      case .file: _ = unsafe unlink(path)
      case .directory: try? FileTree.remove(path)
      }
    }
  }

  private static let unfinished = Mutex<[Int32: Entry]>([:])

  private static func forget(_ entry: Entry) {
    unfinished.withLock { all in
      all[entry.descriptor] = nil
      _ = close(entry.descriptor)
    }
  }

  /// Removes all that this process is making, for a program that ends at once. Until it ends, no
  /// other thread can begin anything new, or add a file to a directory that is being made.
  fileprivate static func removeAll(then end: (_ wereAny: Bool) -> Never) -> Never {
    unfinished.withLock { all -> Never in
      let held = all.values.filter(\.isHeld)
      for entry in held { entry.remove() }
      end(!held.isEmpty)
    }
  }
}

/// What this process has begun and not yet given its final name.
package enum UnfinishedFiles {
  /// Removes them and ends the program.
  ///
  /// - Parameter end: Is told whether there were any.
  package static func remove(then end: (_ wereAny: Bool) -> Never) -> Never {
    TemporaryName.removeAll(then: end)
  }
}
