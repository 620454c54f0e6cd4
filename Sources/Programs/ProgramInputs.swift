package import Digests
package import Files
package import RunRecords

/// The files that a program is given, as they are in the directory from which it is recorded.
package struct ProgramInputs: Sendable {
  package struct Input: Sendable {
    /// The path below that directory, and so in the record.
    package var path: String
    /// Where its content is; a path without links.
    package var source: String
    package var status: FileStatus
    package var digest: Digest
  }

  /// Sorted by the bytes of their paths.
  package let inputs: [Input]
  package let list: InputList
  /// A sentence for each kind of thing that was skipped.
  package let passedOver: [String]

  /// No inputs.
  package static let none = ProgramInputs(inputs: [], list: try! InputList([]), passedOver: [])

  init(inputs: [Input], list: InputList, passedOver: [String]) {
    self.inputs = inputs
    self.list = list
    self.passedOver = passedOver
  }

  /// The size of all inputs together, in bytes.
  package var size: Int { inputs.reduce(0) { $0 + $1.status.size } }
}

extension ProgramInputs {
  /// Finds the inputs and reads them.
  ///
  /// - Parameters:
  ///   - paths: Files and directories; nil: what git tracks below `base`.
  ///   - base: The directory they are in. None may lie outside, not even through a link.
  ///   - runDirectory: Where the run will be kept. Nothing in it is an input.
  ///   - reason: Called with the path, without links, of each file and directory. Returns what it
  ///     is if it cannot be an input, else nil.
  ///   - secrets: Checks each input.
  package static func find(
    _ paths: [String]?, in base: String, runDirectory: String?,
    passingOver reason: @escaping (String) -> String? = { _ in nil },
    secrets: inout SecretCheck
  ) throws(ProgramError) -> ProgramInputs {
    guard let root = FileTree.resolved(base) else {
      throw .input(path: base, reason: "no such file or directory")
    }
    var finder = InputFinder(
      root: root, runDirectory: runDirectory.flatMap(FileTree.resolved), reason: reason)
    if let paths {
      for path in paths { try finder.add(path) }
    } else {
      for path in try GitFiles.tracked(in: root) { try finder.addTracked(path) }
    }
    var inputs: [Input] = []
    for (path, source) in finder.found.sorted(by: { $0.key < $1.key }) {
      let status = try onDisk(try FileStatus(of: source))
      var hasher = Digest.Hasher()
      var beginning: ArraySlice<UInt8>?
      try onDisk(
        try FileTree.read(source) { piece in
          if beginning == nil { beginning = piece.prefix(64) }
          hasher.update(piece)
        })
      secrets.add(input: path, beginning: beginning ?? [])
      inputs.append(
        Input(path: path, source: source, status: status, digest: hasher.finish()))
    }
    let entries = inputs.map {
      InputList.Entry(path: $0.path, digest: $0.digest, isExecutable: $0.status.isExecutable)
    }
    return ProgramInputs(
      inputs: inputs, list: try reading(try InputList(entries)), passedOver: finder.passedOver)
  }
}

/// Collects files by the paths that they will have.
private struct InputFinder {
  let root: String
  let runDirectory: String?
  /// What a file or directory is that cannot be an input; nil for others.
  let reason: (String) -> String?
  /// The source of each path.
  private(set) var found: [String: String] = [:]
  private(set) var missing = 0
  private(set) var special = 0
  private(set) var excluded: Set<String> = []

  init(root: String, runDirectory: String?, reason: @escaping (String) -> String?) {
    self.root = root
    self.runDirectory = runDirectory
    self.reason = reason
  }

  var passedOver: [String] {
    var said: [String] = []
    if !excluded.isEmpty { said.append("no inputs: \(excluded.sorted().joined(separator: ", "))") }
    if missing > 0 { said.append("files that git tracks and that are not there: \(missing)") }
    if special > 0 { said.append("sockets, pipes and devices, which are no inputs: \(special)") }
    return said
  }

  /// Adds a path that somebody gave.
  mutating func add(_ given: String) throws(ProgramError) {
    var path = given
    if path.hasPrefix("/") {
      guard let resolved = FileTree.resolved(path) else {
        throw .input(path: given, reason: "no such file or directory")
      }
      guard resolved == root || resolved.hasPrefix(root + "/") else {
        throw Self.outside(given)
      }
      path = String(resolved.dropFirst(root.utf8.count + 1))
    }
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else { throw Self.outside(given) }
    let name = parts.joined(separator: "/")
    try take(name, given: given, trail: [])
  }

  /// Adds a path that git gave.
  mutating func addTracked(_ path: String) throws(ProgramError) {
    do throws(FileError) {
      _ = try FileStatus(ofLink: root + "/" + path)
    } catch {
      missing += 1
      return
    }
    try take(path, given: path, trail: [])
  }

  /// Whether these names are those of a run's directory. Earlier runs in the same directory are not
  /// inputs.
  private static func isRunDirectory(_ names: [String]) -> Bool {
    typealias Name = ProgramRunDirectory.Name
    return names.contains(Name.run) && names.contains(Name.lock)
      && (names.contains(Name.program) || names.contains(Name.config))
  }

  private static func outside(_ path: String) -> ProgramError {
    .input(
      path: path,
      reason: "it lies outside the present directory; inputs are below it, so that they have the "
        + "same names everywhere")
  }

  /// - Parameter trail: The directories on the way here, to stop at a link to one of them.
  private mutating func take(
    _ path: String, given: String, trail: [String]
  ) throws(ProgramError) {
    let place = path.isEmpty ? root : root + "/" + path
    guard let source = FileTree.resolved(place) else {
      let isLink = (try? FileStatus(ofLink: place)) != nil
      throw .input(
        path: given,
        reason: isLink ? "\(path) is a link that leads nowhere" : "no such file or directory")
    }
    guard source == root || source.hasPrefix(root + "/") else {
      throw .input(
        path: given, reason: "\(path) leads to \(source), outside the present directory")
    }
    if let reason = reason(source) {
      excluded.insert(reason)
      return
    }
    let status = try onDisk(try FileStatus(of: source))
    switch status.kind {
    case .file: found[path] = source
    case .special: special += 1
    case .link: throw .input(path: given, reason: "\(path) is a link without an end")
    case .directory:
      if source == runDirectory { return }
      guard !trail.contains(source) else {
        throw .input(path: given, reason: "\(path) is a link to a directory that it lies in")
      }
      let names = try onDisk(try Disk().list(source)) ?? []
      if Self.isRunDirectory(names) {
        excluded.insert("directories of runs")
        return
      }
      for name in names {
        if let rule = DefaultExclusions.rule(for: name) {
          excluded.insert(rule)
          continue
        }
        try take(path.isEmpty ? name : path + "/" + name, given: given, trail: trail + [source])
      }
    }
  }
}
