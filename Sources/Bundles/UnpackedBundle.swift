package import Archive
import ArchiveFiles
import BundleChecks
import Digests
private import Files
import RunRecords
private import Synchronization

/// A directory with the files of a bundle: a bundle that was unpacked, or what `replay --fill` has
/// made. The bundle's lists of digests lie there, too.
///
/// Whoever reads such a directory compares its files with the lists, so that nobody takes for
/// sealed what has been changed since. In a directory that `replay --fill` has made, only the
/// results are listed.
package struct UnpackedBundle: Sendable {
  /// The directory of the run: it has what a bundle has below `data/`.
  package let runDirectory: String
  /// The directory of `bagit.txt`, with the list of all files; nil if only the results are listed.
  private let bag: String?

  private static let limits = BundleLimits()
  private static let resultList = Crate.path(.expected)
  private static let payloadFolder = "data/"

  /// Nil for the directory of a run that comes from no bundle.
  ///
  /// - Parameter path: The directory of the run, or the one above it, which has `bagit.txt`.
  package init?(at path: String) throws(BundleError) {
    let declaration = "/" + MemberName.bagDeclaration.path
    if try Self.exists(path + declaration) {
      runDirectory = path + "/data"
      bag = path
    } else if try Self.exists(path + "/.." + declaration),
      Self.isSame(path, path + "/../data")
    {
      runDirectory = path
      bag = Self.parent(of: path)
    } else if try Self.exists(path + "/" + Self.resultList) {
      runDirectory = path
      bag = nil
    } else {
      return nil
    }
  }

  /// Whether the bundle's signature lies beside the lists.
  package var isSigned: Bool {
    guard let bag else { return false }
    return (try? Self.exists(bag + "/" + MemberName.signature.path)) ?? false
  }

  /// The directory above, by its own name where the path has it: a link may lead elsewhere.
  private static func parent(of path: String) -> String {
    let folder = PathParts.split(path).folder
    let above = path + "/.."
    return isSame(folder, above) ? folder : above
  }

  private static func isSame(_ a: String, _ b: String) -> Bool {
    guard let a = try? FileStatus(of: a), let b = try? FileStatus(of: b) else { return false }
    return a.device == b.device && a.inode == b.inode
  }

  /// Whether something has this name; a link counts itself, whatever it leads to.
  private static func exists(_ path: String) throws(BundleError) -> Bool {
    try onDisk(try Disk().exists(path))
  }
}

// MARK: Checking

extension UnpackedBundle {
  /// Reads every byte, and compares it with the lists.
  ///
  /// - Throws: `damaged` for the first file that differs, is missing or is not listed; `notARun` if
  ///   results of a program had been left out of the bundle. Of the checkpoints that a thin bundle
  ///   leaves out, those who read the run say it.
  func check() throws(BundleError) {
    let kind = try runKind()
    if let bag { try compare(try tagFiles(in: bag), kind) }
    var list = try payload()
    let listed = Set(list.entries.map(\.path))
    if let path = try filesToBeListed(kind).first(where: { !listed.contains($0) }) {
      throw list.omits(path)
    }
    if bag == nil { list.entries = try present(list.entries, kind) }
    try compare(list, kind)
    try checkIsWhole(kind)
  }

  /// Compares the small records of a trainer's run with the lists, for those who do not read every
  /// file.
  func checkRecords() throws(BundleError) {
    if let bag { try compare(try tagFiles(in: bag), .trainer) }
    var list = try payload()
    let listed = Set(list.entries.map(\.path))
    var records = Self.results
    if bag != nil { records.append(.environment) }
    let paths = records.map { Crate.path($0) }
    for path in paths where !listed.contains(path) {
      if try Self.exists(runDirectory + "/" + path) { throw list.omits(path) }
    }
    list.entries.removeAll { !paths.contains($0.path) }
    try compare(list, .trainer)
  }

  /// The results of a trainer's run that are not checkpoints.
  private static let results: [MemberName] = [.config, .outcome, .metrics, .hashes]

  private func runKind() throws(BundleError) -> RunKind {
    try ProgramDirectoryReader.isOne(runDirectory) ? .program : .trainer
  }

  /// The files that a list must name, by their paths in the run's directory.
  private func filesToBeListed(_ kind: RunKind) throws(BundleError) -> [String] {
    if bag != nil { return try onDisk(try FileTree.files(below: runDirectory)) }
    switch kind {
    // Some of a program's results may be ignored, and then no list of results names them.
    case .program: return []
    case .trainer:
      var paths: [String] = []
      for name in Self.results {
        let path = Crate.path(name)
        if try Self.exists(runDirectory + "/" + path) { paths.append(path) }
      }
      for name in try onDisk(try Disk().list(runDirectory + "/checkpoints")) ?? [] {
        let path = "checkpoints/" + name
        if MemberName(path: Self.payloadFolder + path, of: kind) != nil { paths.append(path) }
      }
      return paths
    }
  }

  /// The entries of a list of results without those that a bundle may leave out and that are not
  /// here.
  private func present(
    _ entries: [Manifest.Entry], _ kind: RunKind
  ) throws(BundleError) -> [Manifest.Entry] {
    let needed: [String] =
      switch kind {
      case .trainer: Self.results.map { Crate.path($0) }
      case .program: []
      }
    var present: [Manifest.Entry] = []
    for entry in entries {
      let isHere = try Self.exists(runDirectory + "/" + entry.path)
      if isHere || needed.contains(entry.path) { present.append(entry) }
    }
    return present
  }

  /// Refuses what was unpacked from a bundle that leaves results of a program out: sealed again, it
  /// would be another result.
  private func checkIsWhole(_ kind: RunKind) throws(BundleError) {
    switch kind {
    case .trainer: return
    case .program:
      guard try Self.exists(runDirectory + "/" + Self.resultList) else { return }
      let results = try Self.manifest(Self.resultList, in: runDirectory, Self.limits.manifest)
      for entry in results.entries where try !Self.exists(runDirectory + "/" + entry.path) {
        throw .notARun(
          path: runDirectory,
          detail: "\(entry.path) is left out of the bundle that was unpacked here; "
            + "use the bundle itself")
      }
    }
  }
}

// MARK: Lists

extension UnpackedBundle {
  /// A list of digests, and the directory below which its files lie.
  private struct List {
    /// As messages name it.
    var name: String
    var reason: BundleError.Reason
    var directory: String
    /// What stands before the paths in a bundle.
    var prefix: String
    var entries: [Manifest.Entry] = []

    func damaged(_ path: String, _ detail: String) -> BundleError {
      BundleError.damaged(reason, member: path, detail: detail).at(directory)
    }

    func omits(_ path: String) -> BundleError { damaged(path, "\(name) does not list it") }
  }

  private func tagFiles(in bag: String) throws(BundleError) -> List {
    let name = MemberName.tagManifest.path
    var list = List(name: name, reason: .tagManifest, directory: bag, prefix: "")
    list.entries = try Self.manifest(name, in: bag, Self.limits.tagFile).entries
    let payload = MemberName.manifest.path
    guard list.entries.contains(where: { $0.path == payload }) else { throw list.omits(payload) }
    return list
  }

  /// The list of all files of the run, or else that of its results.
  private func payload() throws(BundleError) -> List {
    let name = bag == nil ? Self.resultList : MemberName.manifest.path
    var list = List(
      name: name, reason: .manifest, directory: runDirectory, prefix: Self.payloadFolder)
    let entries = try Self.manifest(name, in: bag ?? runDirectory, Self.limits.manifest).entries
    guard let bag else {
      list.entries = entries
      return list
    }
    for entry in entries {
      guard entry.path.hasPrefix(Self.payloadFolder) else {
        throw BundleError.damaged(
          .manifest, member: name, detail: "it lists \(entry.path), which is not in data/"
        ).at(bag)
      }
      let path = String(entry.path.dropFirst(Self.payloadFolder.count))
      list.entries.append(.init(digest: entry.digest, path: path))
    }
    return list
  }

  private static func manifest(
    _ name: String, in directory: String, _ limit: Int
  ) throws(BundleError) -> Manifest {
    let path = directory + "/" + name
    guard try exists(path) else {
      throw BundleError.damaged(.bag, member: name, detail: "it is missing").at(directory)
    }
    let file = try BundleFile(path: path)
    guard file.size <= limit else {
      throw .inputOutput(path: path, detail: "it is longer than \(limit) bytes")
    }
    guard let manifest = Manifest(bytes: try file.read(at: 0, count: file.size)) else {
      throw BundleError.damaged(
        .manifest, member: name, detail: "it is not of sha256sum's form"
      ).at(directory)
    }
    return manifest
  }

  /// Compares each listed file with its digest, several at once.
  ///
  /// - Throws: What is wrong with the first of them in the order of the list.
  private func compare(_ list: List, _ kind: RunKind) throws(BundleError) {
    let faults = Mutex([BundleError?](repeating: nil, count: list.entries.count))
    Concurrency.perform(list.entries.count) { index in
      do throws(BundleError) {
        try Self.compare(list.entries[index], of: list, kind)
      } catch {
        faults.withLock { $0[index] = error }
      }
    }
    let found = faults.withLock { $0 }
    if let fault = found.compactMap(\.self).first { throw fault }
  }

  private static func compare(
    _ entry: Manifest.Entry, of list: List, _ kind: RunKind
  ) throws(BundleError) {
    guard isBelow(entry.path) else {
      throw list.damaged(entry.path, "\(list.name) lists it, and no file of a bundle has this name")
    }
    let path = list.directory + "/" + entry.path
    guard try exists(path) else {
      throw list.damaged(entry.path, "it is missing, and \(list.name) lists it")
    }
    let file = try BundleFile(path: path)
    let name = MemberName(path: list.prefix + entry.path, of: kind)
    let limit = name?.limit(limits, of: kind) ?? limits.file
    guard file.size <= limit else {
      throw .inputOutput(path: path, detail: "it is longer than \(limit) bytes")
    }
    guard try file.digest() == entry.digest else {
      throw list.damaged(entry.path, "its SHA-256 is not the one that \(list.name) says")
    }
  }

  /// Whether a path stays in the directory of its list.
  private static func isBelow(_ path: String) -> Bool {
    path.split(separator: "/", omittingEmptySubsequences: false)
      .allSatisfy { !["", ".", ".."].contains($0) }
  }
}

// MARK: Errors

extension BundleError {
  /// The same error about the directory of a run, where the files lie that a bundle has in `data/`.
  package var inRunDirectory: BundleError {
    switch self {
    case .damaged(let reason, let member, let detail) where member.hasPrefix("data/"):
      .damaged(reason, member: String(member.dropFirst("data/".count)), detail: detail)
    case .of(let path, let error): .of(path: path, error.inRunDirectory)
    case .damaged, .unsupported, .notTrusted, .notARun, .noSuchMember, .inputOutput: self
    }
  }
}
