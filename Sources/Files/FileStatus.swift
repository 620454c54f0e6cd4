#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// What the system says about a file: enough to see that it is the same file and has not been
/// written since.
package struct FileStatus: Sendable, Hashable {
  package var kind: DirectoryWalk.Kind
  package var size: Int
  package var modifiedNanoseconds: Int
  package var changedNanoseconds: Int
  package var device: UInt64
  package var inode: UInt64
  package var isExecutable: Bool

  /// The status of what has this name. A link is not followed.
  package init(ofLink path: String) throws(FileError) { try self.init(ofLink: Array(path.utf8)) }

  init(ofLink path: [UInt8]) throws(FileError) {
    try unsafe self.init(path) { unsafe lstat($0, $1) }
  }

  /// The status of what has this name. A link is followed.
  package init(of path: String) throws(FileError) {
    try unsafe self.init(Array(path.utf8)) { unsafe stat($0, $1) }
  }

  @unsafe private init(
    _ path: [UInt8], _ ask: (UnsafePointer<CChar>, UnsafeMutablePointer<stat>) -> Int32
  ) throws(FileError) {
    var status = stat()
    let name = path.map { CChar(bitPattern: $0) } + [0]
    guard unsafe ask(name, &status) == 0 else {
      throw .system(
        operation: "examine", path: String(decoding: path, as: UTF8.self), code: errno)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .directory
    case S_IFLNK: kind = .link
    default: kind = .special
    }
    size = Int(status.st_size)
    #if canImport(Darwin)
      let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
    #else
      let (modified, changed) = (status.st_mtim, status.st_ctim)
    #endif
    modifiedNanoseconds = Int(modified.tv_sec) &* 1_000_000_000 &+ Int(modified.tv_nsec)
    changedNanoseconds = Int(changed.tv_sec) &* 1_000_000_000 &+ Int(changed.tv_nsec)
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    isExecutable = status.st_mode & S_IXUSR != 0
  }
}
