// Lists the files below a directory that somebody else may have written.

extension FileTree {
  private static let mostFiles = 1 << 17
  private static let greatestDepth = 100

  /// The paths of the regular files below `directory`, sorted by their bytes; none if there is no
  /// such directory.
  ///
  /// - Throws: If anything else lies there (a link, a socket), if a name is not UTF-8, if there are
  ///   more than 131 072 files, or if folders lie more than 100 deep.
  package static func files(below directory: String) throws(FileError) -> [String] {
    var files: [String] = []
    var fault: FileError?
    func look(at entry: DirectoryWalk.Entry) {
      guard fault == nil else { return }
      let path = directory + "/" + entry.path
      guard entry.rawName == nil else {
        fault = .unfit(path: path, reason: "its name is not UTF-8")
        return
      }
      switch entry.kind {
      case .file where files.count == mostFiles:
        fault = .unfit(path: directory, reason: "more than \(mostFiles) files lie there")
      case .file: files.append(entry.path)
      case .directory:
        if entry.path.utf8.count(where: { $0 == UInt8(ascii: "/") }) >= greatestDepth {
          fault = .unfit(
            path: directory, reason: "folders lie more than \(greatestDepth) deep in it")
        }
      case .link, .special:
        fault = .unfit(path: path, reason: "it is neither a file nor a directory")
      }
    }
    let faults = DirectoryWalk.visit(directory, enters: { _ in fault == nil }, look)
    if let fault = fault ?? faults.first { throw fault }
    return files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
