import Archive
import ArchiveFiles
import BundleChecks
import Digests
private import Files
import RunRecords

/// The directory of a program's run, read by those who did not write it: pack, show, diff, replay,
/// report.
///
/// It is read as strictly as a bundle: only regular files and no links, each within the limits of a
/// bundle's member, with records that can be read and that agree.
struct ProgramDirectoryReader: Sendable {
  /// A file that is here.
  struct File: Sendable {
    var name: MemberName
    var path: String
    var size: Int
    var digest: Digest
  }

  let path: String
  let contents: ProgramContents
  let environment: CanonicalJSON
  /// Inputs, results and checkpoints that are here, in the order of a bundle.
  let files: [File]
  /// What lies beside the results and cannot be sealed.
  let unsealable: [UnsealableFile]

  private static let limits = BundleLimits()
  private static let results = "results"
  private static let folders = ["inputs", results, "checkpoints"]

  /// Whether the directory is that of a program's run, finished or not.
  static func isOne(_ path: String) throws(BundleError) -> Bool {
    try onDisk(try Disk().exists(path + "/" + ProgramSpec.fileName))
  }

  /// - Throws: `notARun` if the run is not finished; `of` this path if something is wrong with a
  ///   record.
  init(path: String) throws(BundleError) {
    do {
      try self.init(reading: path)
    } catch {
      throw error.at(path)
    }
  }

  private init(reading path: String) throws(BundleError) {
    self.path = path
    guard try onDisk(try Disk().exists(path + "/" + ProgramOutcome.fileName)) else {
      throw .notARun(
        path: path,
        detail: "the run is not finished: there is no \(ProgramOutcome.fileName). The run of a "
          + "program can be read once it is finished; what it has written is in the directory")
    }
    for folder in ["trace"] + Self.folders { try Self.checkFolder(path + "/" + folder) }
    var contents = ProgramContents()
    let records: [MemberName] = [
      .program, .inputList, .outcome, .repeats, .metrics, .observed,
    ]
    var digests: [MemberName: Digest] = [:]
    for name in records {
      let bytes = try Self.content(path, name)
      digests[name] = Digest(of: bytes)
      try contents.read(name, bytes, expected: Manifest())
    }
    let environment = try CanonicalJSON(
      member: .environment, try Self.content(path, .environment))
    guard case .object = environment else {
      throw .damaged(.json, member: "environment.json", detail: "it is not an object")
    }
    self.environment = environment
    self.contents = contents
    let (files, unsealable) = try Self.files(path, contents)
    let compare = contents.spec!.compare
    let results = files.filter { file in
      file.name.resultPath != nil && compare.rule(file: file.path) != .ignore
    }
    // What a bundle's lists must say is checked here, too.
    try contents.check(
      expected: Manifest(
        ProgramContents.records.map { .init(digest: digests[$0]!, path: $0.resultPath!) }
          + results.map { .init(digest: $0.digest, path: $0.path) }),
      manifest: Manifest(files.map { .init(digest: $0.digest, path: $0.name.path) }))
    self.files = files
    self.unsealable = unsealable
  }

  /// The content of a record.
  private static func content(
    _ directory: String, _ name: MemberName
  ) throws(BundleError) -> [UInt8] {
    let file = try file(directory, name)
    return try file.read(at: 0, count: file.size)
  }

  private static func file(
    _ directory: String, _ name: MemberName
  ) throws(BundleError) -> BundleFile {
    let path = directory + "/" + name.path.dropFirst("data/".count)
    let file = try BundleFile(path: path)
    let limit = name.limit(limits, of: .program)
    guard file.size <= limit else {
      throw .inputOutput(path: path, detail: "it is longer than \(limit) bytes")
    }
    return file
  }

  /// A file of the run, open for reading.
  func file(_ name: MemberName) throws(BundleError) -> BundleFile {
    do {
      return try Self.file(path, name)
    } catch {
      throw error.at(path)
    }
  }

  /// The JSON object in `run.json`, which says when the run was performed.
  func log() throws(BundleError) -> CanonicalJSON {
    let file = try BundleFile(path: path + "/run.json")
    guard file.size <= Self.limits.document else {
      throw .inputOutput(path: file.path, detail: "it is longer than \(Self.limits.document) bytes")
    }
    do {
      return try CanonicalJSON(canonical: try file.read(at: 0, count: file.size))
    } catch let error as RecordError {
      throw BundleError.damaged(.json, member: "run.json", detail: error.description).at(path)
    } catch let error as BundleError {
      throw error
    } catch {
      preconditionFailure("\(error)")
    }
  }

  // MARK: Files

  /// Throws if the path is not a directory, as a link would lead out. A folder may be missing.
  private static func checkFolder(_ path: String) throws(BundleError) {
    guard try onDisk(try Disk().exists(path)) else { return }
    guard try onDisk(try FileStatus(ofLink: path)).kind == .directory else {
      throw .inputOutput(path: path, detail: "it is no directory")
    }
  }

  private static func files(
    _ directory: String, _ contents: ProgramContents
  ) throws(BundleError) -> (files: [File], unsealable: [UnsealableFile]) {
    var files: [File] = []
    var unsealable: [UnsealableFile] = []
    for folder in folders {
      let found = try onDisk(try FileTree.files(below: directory + "/" + folder))
      var paths = found.map { folder + "/" + $0 }
      if folder == results {
        unsealable = try Self.unsealable(paths, in: directory)
        // Names are the same if their bytes are; Swift's strings are more lenient.
        let apart = Set(unsealable.map { CanonicalJSON.Key($0.path) })
        paths.removeAll { apart.contains(CanonicalJSON.Key($0)) }
      }
      for path in paths {
        guard let name = MemberName(path: "data/" + path, of: .program) else {
          throw .damaged(.name, member: path, detail: "it cannot be sealed under this name")
        }
        let file = try file(directory, name)
        files.append(File(name: name, path: path, size: file.size, digest: try file.digest()))
      }
    }
    files.sort { $0.name < $1.name }
    let inputs = Dictionary(
      uniqueKeysWithValues: contents.inputs!.entries.map { ("inputs/" + $0.path, $0.digest) })
    for file in files where file.name.resultPath == nil && inputs[file.path] != file.digest {
      throw .damaged(
        .manifest, member: file.path, detail: "its SHA-256 is not the one that the list says")
    }
    return (files, unsealable)
  }

  /// What a program wrote may have any name and size, and is no damage.
  private static func unsealable(
    _ results: [String], in directory: String
  ) throws(BundleError) -> [UnsealableFile] {
    var sized: [(path: String, size: Int)] = []
    for path in results {
      let status = try onDisk(try FileStatus(ofLink: directory + "/" + path))
      sized.append((path: path, size: status.size))
    }
    return UnsealableFile.find(among: sized)
  }
}

extension RecordedProgram {
  /// From the directory of a finished run.
  init(_ reader: ProgramDirectoryReader) {
    let held = Set(reader.files.map(\.path))
    let contents = reader.contents
    let spec = contents.spec!
    self.init(
      path: reader.path, identities: nil, spec: spec, inputs: contents.inputs!,
      outcome: contents.outcome!, environment: reader.environment, repeats: contents.repeats,
      metrics: contents.metrics, observed: contents.observed,
      files: reader.files.filter { $0.name.resultPath != nil }.map { file in
        File(
          path: file.path, digest: file.digest, bytes: file.size,
          isResult: spec.compare.rule(file: file.path) != .ignore, leftOut: nil)
      },
      missingInputs: contents.inputs!.entries.map(\.path).filter { !held.contains("inputs/" + $0) },
      unsealable: reader.unsealable,
      sizeInBytes: reader.files.reduce(0) { $0 + $1.size },
      store: Store(
        verify: { _ in },
        bytes: { path, range throws(BundleError) in
          let file = try reader.file(try Self.member(path))
          guard range.upperBound <= file.size else {
            throw .damaged(.changed, member: path, detail: "it is shorter than it was")
          }
          return try file.read(at: range.lowerBound, count: range.count)
        },
        parts: { path, use throws(BundleError) in
          let file = try reader.file(try Self.member(path))
          for start in stride(from: 0, to: file.size, by: 1 << 20) {
            try use(try file.read(at: start, count: min(1 << 20, file.size - start))[...])
          }
          if file.size == 0 { try use([]) }
        }))
  }

  private static func member(_ path: String) throws(BundleError) -> MemberName {
    guard let name = MemberName(path: "data/" + path, of: .program) else {
      throw .noSuchMember(name: path)
    }
    return name
  }
}
