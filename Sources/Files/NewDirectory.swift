#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A directory that is filled under a temporary name beside its own. If it is released before it
/// gets its own name, it leaves nothing behind. Nobody reads it before then, so its files are
/// brought to disk together when it appears.
///
/// One thread at a time may use it.
package final class NewDirectory {
  private let path: String
  private let name: TemporaryName
  private var written: Set<String> = []
  /// The folders made below it. Each comes after the folder that it lies in.
  private var folders: [String] = []
  /// The file that is being written.
  private var open: (name: String, file: Descriptor)?

  /// Begins a directory that is to appear at `path`. Nothing may have that name yet.
  package init(path: String) throws(FileError) {
    var path = path
    while path.utf8.count > 1 && path.hasSuffix("/") { path.removeLast() }
    let (parent, name) = PathParts.split(path)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw .unfit(path: path, reason: "it does not name a new directory")
    }
    guard try !Disk().exists(path) else { throw Self.exists(path) }
    self.name = try TemporaryName(
      parent + "/" + PathParts.partialName(of: name), .directory, for: path)
    self.path = path
  }

  deinit { name.remove() }

  private static func exists(_ path: String) -> FileError {
    .unfit(
      path: path, reason: "it exists already, and nothing is overwritten; choose another name")
  }

  /// Writes the file `name` below the directory, and makes the folders it lies in. A file that was
  /// written already is left alone.
  package func write(_ bytes: ArraySlice<UInt8>, to name: String) throws(FileError) {
    guard !written.contains(name) else { return }
    try append(bytes, to: name)
    try finishOpen()
  }

  /// Writes the next part of the file `name`. The file is complete once another file is written or
  /// the directory appears.
  package func append(_ part: ArraySlice<UInt8>, to name: String) throws(FileError) {
    if open?.name != name {
      try finishOpen()
      guard written.insert(name).inserted else {
        throw .unfit(path: self.name.path + "/" + name, reason: "it has been written already")
      }
      open = (name, try begin(name))
    }
    try open?.file.write(part)
  }

  private func begin(_ name: String) throws(FileError) -> Descriptor {
    var folder = ""
    for component in name.split(separator: "/").dropLast() {
      folder += "/" + component
      guard written.insert(folder).inserted else { continue }
      try TemporaryName.undisturbed { () throws(FileError) in
        try FileTree.makeDirectory(self.name.path + folder)
      }
      folders.append(self.name.path + folder)
    }
    return try TemporaryName.undisturbed { () throws(FileError) in
      try FileTree.create(self.name.path + "/" + name, isExecutable: false)
    }
  }

  private func finishOpen() throws(FileError) {
    guard let (_, file) = open else { return }
    open = nil
    try file.close()
  }

  /// Brings the files to disk and gives the directory its name.
  package func appear() throws(FileError) {
    try finishOpen()
    let files = written.filter { !$0.hasPrefix("/") }.map { name.path + "/" + $0 }
    try FileTree.sync(files.sorted(), folders: folders + [name.path])
    try TemporaryName.undisturbed { () throws(FileError) in
      guard name.isHeld else {
        throw .unfit(path: name.path, reason: "another process has removed it")
      }
      guard try NewName.give(path, toDirectory: name.path) else { throw Self.exists(path) }
    }
    try Disk().syncDirectory(PathParts.split(path).folder)
  }
}
