#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

// The files below a directory, as they are found by whoever did not write it.
extension FileTree {
  /// A file, by its path below the directory.
  package struct File: Sendable, Hashable {
    package var path: String
    package var size: Int
    package var isExecutable: Bool
  }

  private static let mostFiles = 1 << 17
  private static let greatestDepth = 100

  /// The regular files below `directory`, sorted by the bytes of their paths; none where there is no
  /// such directory.
  ///
  /// - Throws: Where something else lies there (a link, a socket), more than 131 072 files, or folders
  ///   more than 100 deep.
  package static func files(below directory: String) throws(FileError) -> [File] {
    var files: [File] = []
    try collect(directory, "", 0, &files)
    return files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private static func collect(
    _ directory: String, _ prefix: String, _ depth: Int, _ files: inout [File]
  ) throws(FileError) {
    guard depth <= greatestDepth else {
      throw .unfit(path: directory, reason: "folders lie more than \(greatestDepth) deep in it")
    }
    for name in try Disk().list(directory) ?? [] {
      let path = directory + "/" + name
      var status = stat()
      guard unsafe lstat(path, &status) == 0 else {
        throw .system(operation: "examine", path: path, code: errno)
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: try collect(path, prefix + name + "/", depth + 1, &files)
      case S_IFREG:
        guard files.count < mostFiles else {
          throw .unfit(path: directory, reason: "more than \(mostFiles) files lie there")
        }
        files.append(
          File(
            path: prefix + name, size: Int(status.st_size),
            isExecutable: status.st_mode & S_IXUSR != 0))
      default: throw .unfit(path: path, reason: "it is neither a file nor a directory")
      }
    }
  }
}
