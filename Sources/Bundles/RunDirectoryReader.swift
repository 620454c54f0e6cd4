import Archive
import ArchiveFiles
import BundleChecks
private import Files
import RunRecords

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The directory of a run, read by those who did not write it: pack, show, diff, replay, report.
///
/// It is read as strictly as a bundle: only regular files and no links, each within the limits of a
/// bundle's member, canonical JSON, a trace that gives the outcome, and exactly the checkpoints
/// that such a run keeps. Whether a checkpoint's state has the hashes of its row is for those to
/// check who read it.
struct RunDirectoryReader: Sendable {
  let path: String
  let spec: RunSpec
  let trace: Trace
  /// Nil while the run is going on.
  let outcome: Outcome?
  /// Nil if a run that is going on has none yet.
  let environment: CanonicalJSON?
  /// The steps of the checkpoints that are here, ascending.
  let checkpointSteps: [Int]

  private static let limits = BundleLimits()

  /// - Parameter unfinished: Whether the run may still be going on. Its trace is then read as far
  ///   as both files have whole lines.
  /// - Throws: `notARun` if the directory is not that of a run, or of a finished one where that is
  ///   required; `of` this path if something is wrong with a record.
  init(path: String, unfinished: Bool = false) throws(BundleError) {
    do {
      try self.init(reading: path, unfinished: unfinished)
    } catch {
      throw error.inRunDirectory.at(path)
    }
  }

  private init(reading path: String, unfinished: Bool) throws(BundleError) {
    self.path = path
    guard try Self.exists(path) else {
      throw .inputOutput(path: path, detail: systemMessage(ENOENT))
    }
    guard try Self.exists(path + "/config.json") else {
      throw .notARun(path: path, detail: "it is not a run directory: it has no config.json")
    }
    let isFinished = try Self.exists(path + "/outcome.json")
    guard isFinished || unfinished else {
      throw .notARun(
        path: path, detail: "the run is not finished: there is no outcome.json")
    }
    let spec = try RunSpec(bundled: try Self.json(path, .config))
    self.spec = spec
    let hasEnvironment = try Self.exists(path + "/environment.json")
    if isFinished || hasEnvironment {
      let environment = try Self.json(path, .environment)
      guard case .object = environment else {
        throw .damaged(.json, member: "environment.json", detail: "it is not an object")
      }
      self.environment = environment
    } else {
      environment = nil
    }
    guard isFinished else {
      outcome = nil
      trace = try Self.growingTrace(path, added: spec.addedHeadings)
      // The rows are checked in the same way; the run's end is not known yet.
      do {
        _ = try Outcome(of: trace, spec: spec, initialSquaredNorm: 0)
      } catch {
        throw .damaged(.trace, error.description)
      }
      checkpointSteps = try Self.storedSteps(path)
      return
    }
    guard let outcome = Outcome(json: try Self.json(path, .outcome)) else {
      throw .damaged(.json, member: "outcome.json", detail: "it is not an outcome")
    }
    self.outcome = outcome
    for name in [MemberName.metrics, .hashes] where try !Self.exists(Self.path(path, name)) {
      throw .damaged(
        .trace, member: String(name.path.dropFirst("data/".count)),
        detail: "it is missing, though the run has an outcome.json")
    }
    let (metrics, hashes) = (try Self.content(path, .metrics), try Self.content(path, .hashes))
    do {
      trace = try Trace(metricsCSV: metrics, hashesCSV: hashes, added: spec.addedHeadings)
    } catch {
      throw .damaged(.trace, error.description)
    }
    let demanded = try RunConsistency.checkpointSteps(of: trace, spec: spec, outcome: outcome)
    let stored = try Self.storedSteps(path)
    if let step = Set(demanded).symmetricDifference(stored).min() {
      if stored.isEmpty, try Self.exists(path + "/expected-sha256.txt") {
        throw .notARun(
          path: path,
          detail: "it has no checkpoints, as if it was unpacked from a thin bundle; "
            + "regrok replay BUNDLE --fill DIR computes them")
      }
      throw .damaged(
        .checkpoint, member: "checkpoints/" + Checkpoint.fileName(step: step),
        detail: demanded.contains(step) ? "it is missing" : "the run keeps no checkpoint there")
    }
    checkpointSteps = stored
  }
}

// MARK: Files

extension RunDirectoryReader {
  /// The directory of the run at `path`, to be sealed. For a bundle that was unpacked there, it is
  /// `data/`.
  ///
  /// - Throws: `damaged` if it has a bundle's lists of digests, and a file is not what they say.
  static func directory(at path: String) throws(BundleError) -> String {
    guard let unpacked = try UnpackedBundle(at: path) else { return path }
    try unpacked.check()
    return unpacked.runDirectory
  }

  /// The content of a file of the run, by its name in a bundle.
  func content(of name: MemberName) throws(BundleError) -> [UInt8] {
    do {
      return try Self.content(path, name)
    } catch {
      throw error.at(path)
    }
  }

  /// A file of the run, open for reading.
  func file(of name: MemberName) throws(BundleError) -> BundleFile {
    do {
      return try Self.file(path, name)
    } catch {
      throw error.at(path)
    }
  }

  private static func path(_ directory: String, _ name: MemberName) -> String {
    directory + "/" + name.path.dropFirst("data/".count)
  }

  private static func file(
    _ path: String, limit: Int
  ) throws(BundleError) -> BundleFile {
    let file = try BundleFile(path: path)
    guard file.size <= limit else {
      throw .inputOutput(path: path, detail: "it is longer than \(limit) bytes")
    }
    return file
  }

  private static func file(
    _ directory: String, _ name: MemberName
  ) throws(BundleError) -> BundleFile {
    try file(path(directory, name), limit: name.limit(limits, of: .trainer))
  }

  private static func content(
    _ directory: String, _ name: MemberName
  ) throws(BundleError) -> [UInt8] {
    let file = try file(directory, name)
    return try file.read(at: 0, count: file.size)
  }

  private static func json(
    _ directory: String, _ name: MemberName
  ) throws(BundleError) -> CanonicalJSON {
    try json(
      directory, String(name.path.dropFirst("data/".count)), limit: name.limit(limits, of: .trainer)
    )
  }

  private static func json(
    _ directory: String, _ name: String, limit: Int
  ) throws(BundleError) -> CanonicalJSON {
    let file = try file(directory + "/" + name, limit: limit)
    let bytes = try file.read(at: 0, count: file.size)
    do {
      return try CanonicalJSON(canonical: bytes)
    } catch {
      throw .damaged(.json, member: name, detail: error.description)
    }
  }

  /// Whether something of that name exists; a link counts itself, whatever it leads to.
  private static func exists(_ path: String) throws(BundleError) -> Bool {
    try onDisk(try Disk().exists(path))
  }

  /// The steps of the files in `checkpoints/` that have a checkpoint's name.
  private static func storedSteps(_ directory: String) throws(BundleError) -> [Int] {
    let names = try onDisk(try Disk().list(directory + "/checkpoints")) ?? []
    return names.compactMap { name in
      if case .checkpoint(let step) = MemberName(
        path: "data/checkpoints/" + name, of: .trainer)
      {
        step
      } else {
        nil
      }
    }.sorted()
  }

  /// The rows that both files of a trace have as whole lines; none if the run has just begun.
  private static func growingTrace(
    _ directory: String, added: [String]
  ) throws(BundleError) -> Trace {
    let empty = Trace(addedHeadings: added)
    let newline = UInt8(ascii: "\n")
    var files: [[UInt8]] = []
    for name in [MemberName.metrics, .hashes] {
      guard try exists(path(directory, name)) else { return empty }
      files.append(try content(directory, name))
    }
    let ends = files.map { bytes in bytes.indices.filter { bytes[$0] == newline } }
    let count = ends.map(\.count).min() ?? 0
    guard count > 0 else { return empty }
    for index in files.indices { files[index].removeSubrange((ends[index][count - 1] + 1)...) }
    do {
      return try Trace(metricsCSV: files[0], hashesCSV: files[1], added: added)
    } catch {
      throw .damaged(.trace, error.description)
    }
  }
}
