private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A name under which something is made that is to get another one. It is locked for as long as
/// this lives, so that what a killed process left can be told from what another one is still
/// making: that is waited for.
///
/// Only a name that is locked and still that of the locked file is removed, and nothing is ever
/// written to what was found.
struct TemporaryName: ~Copyable {
  enum Kind: Sendable { case file, directory }

  private let entry: Entry

  var path: String { entry.path }
  /// Open on what was made.
  var descriptor: Int32 { entry.descriptor }

  /// How long another process that is making the same is waited for.
  private static let patienceSeconds = 60.0

  /// Makes a new empty file or directory of that name.
  init(_ path: String, _ kind: Kind) throws(FileError) {
    entry = try Self.begin(path, kind)
  }

  deinit { Self.forget(entry) }

  /// Whether what was made still has the name.
  var isHeld: Bool { entry.isHeld }

  /// Removes what was made, if it still has the name.
  func remove() { Self.undisturbed { entry.remove() } }

  /// Does what adds a name to what is made, or gives it its own. It is either done before the
  /// program ends by removing all that is unfinished, or not begun.
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
      // Before it was locked another process may have taken it for a leftover.
      if made.isHeld { return made }
      forget(made)
    }
  }

  /// What was made; nil where the name is taken.
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

  /// Removes what an ended process left under the name; waits for one that has not ended.
  private static func takeAway(_ path: String, _ kind: Kind) throws(FileError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .system(operation: "examine", path: path, code: errno)
    }
    let flags: Int32
    switch (kind, status.st_mode & S_IFMT) {
    // For writing, as NFS locks no file that is open for reading alone.
    case (.file, S_IFREG): flags = O_RDWR
    case (.directory, S_IFDIR): flags = O_RDONLY | O_DIRECTORY
    default:
      throw .unfit(
        path: path,
        reason: "nothing of ours has this name: remove or rename it, as what is written here is "
          + "called so until it is whole")
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
      throw .unfit(path: path, reason: "an ended process left it, and it cannot be removed")
    }
  }
}

// MARK: Those that are there

extension TemporaryName {
  fileprivate struct Entry: Sendable {
    let path: String
    let kind: Kind
    let descriptor: Int32

    /// Whether the open file has that name; its maker may have taken the name away.
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

  /// Removes all that this process is making, for a program that ends at once: no other thread can
  /// begin anything new, or a file in a directory that is there, before it does.
  fileprivate static func removeAll(then end: () -> Never) -> Never {
    unfinished.withLock { all -> Never in
      for entry in all.values { entry.remove() }
      end()
    }
  }
}

/// What this process has begun and not given its name yet.
package enum UnfinishedFiles {
  /// Removes them and ends the program.
  package static func remove(then end: () -> Never) -> Never {
    TemporaryName.removeAll(then: end)
  }
}
