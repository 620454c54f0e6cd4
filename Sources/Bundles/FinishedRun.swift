import Archive
import ArchiveFiles
import BundleChecks
import Digests
private import Files
import RunRecords
private import Synchronization

/// The directory of a finished run, read for packing: the small files whole, the large ones by their digests.
struct FinishedRun {
  /// What goes into the bundle as it is.
  struct Source: Sendable {
    enum Content: Sendable {
      case bytes([UInt8])
      case file(path: String)
    }

    var content: Content
    var size: Int
    var digest: Digest

    init(_ file: BundleFile) throws(BundleError) {
      content = .file(path: file.path)
      size = file.size
      digest = try file.digest()
    }

    /// A file whose digest is known.
    init(path: String, size: Int, digest: Digest) {
      content = .file(path: path)
      self.size = size
      self.digest = digest
    }

    init(_ bytes: [UInt8]) {
      content = .bytes(bytes)
      size = bytes.count
      digest = Digest(of: bytes)
    }
  }

  let runID: String
  let spec: RunSpec
  let trace: Trace
  let outcome: Outcome
  /// When it was performed, as YYYY-MM-DDThh:mm:ss.sss+00:00.
  let started, ended: String
  /// The words of the command line, quoted for a shell where they need it. Folders are left out, as
  /// they say something about a user and nothing about the run.
  let command: String
  /// The program that performed it, e.g. "regrok 0.1.0".
  let tool: String
  /// Everything under `data/` but the files that packing writes.
  let sources: [MemberName: Source]
  /// The steps whose checkpoints the run keeps.
  let checkpointSteps: [Int]

  init(directory: String) throws(BundleError) {
    let reader = try RunDirectoryReader(path: directory)
    guard try reader.has("run.json") else {
      throw .notARun(
        path: directory,
        detail: "there is no run.json, which says when it was performed; only run writes it")
    }
    let run = try reader.json("run.json")
    guard let started = run["started"]?.stringValue, CrateCheck.isTime(started),
      let ended = run["ended"]?.stringValue, CrateCheck.isTime(ended)
    else {
      throw .notARun(
        path: directory, detail: "run.json does not say when the run was performed")
    }
    (self.started, self.ended) = (started, ended)
    if case .array(let words)? = run["command"] {
      command = Self.command(words.compactMap(\.stringValue))
    } else {
      command = Software.name + " run"
    }
    tool = Self.tool(reader.environment)
    spec = reader.spec
    runID = spec.runID
    trace = reader.trace
    outcome = reader.outcome!
    checkpointSteps = reader.checkpointSteps
    sources = try Self.sources(reader)
  }

  /// A run that has no directory.
  init(_ run: PerformedRun) {
    (started, ended) = (run.started, run.ended)
    command = Self.command(run.command)
    tool = Self.tool(run.environment)
    spec = run.spec
    runID = spec.runID
    trace = run.trace
    outcome = run.outcome
    checkpointSteps = run.checkpoints.map(\.step)
    var sources: [MemberName: Source] = [
      .config: Source(spec.canonicalJSON.utf8), .outcome: Source(outcome.json.utf8),
      .environment: Source(run.environment.utf8), .metrics: Source(trace.metricsCSV),
      .hashes: Source(trace.hashesCSV),
    ]
    for checkpoint in run.checkpoints {
      sources[.checkpoint(step: checkpoint.step)] = Source(
        Safetensors.encode(checkpoint, runID: runID, numerics: spec.numerics))
    }
    self.sources = sources
  }

  private static func tool(_ environment: CanonicalJSON?) -> String {
    environment?["tool"]?.stringValue ?? "\(Software.name) \(Software.version)"
  }

  /// The command line without the option that says where the run is kept, and of every other path
  /// its last component.
  static func command(_ words: [String]) -> String {
    var command: [String] = []
    var isPlace = false
    for word in words {
      defer { isPlace = ["-o", "--output"].contains(word) }
      let isOption =
        isPlace || ["-o", "--output"].contains { word == $0 || word.hasPrefix($0 + "=") }
      if !isOption { command.append(ShellWord.quoted(withoutFolders(word))) }
    }
    return command.joined(separator: " ")
  }

  /// `word`, of a path in it the last component; a path may stand behind `--option=` or `key=`.
  private static func withoutFolders(_ word: String) -> String {
    guard let slash = word.firstIndex(of: "/") else { return word.hasPrefix("~") ? "~" : word }
    let start = word[..<slash].lastIndex(of: "=").map { word.index(after: $0) } ?? word.startIndex
    return String(word[..<start] + (word[start...].split(separator: "/").last ?? "/"))
  }

  private static func sources(
    _ reader: RunDirectoryReader
  ) throws(BundleError) -> [MemberName: Source] {
    var sources: [MemberName: Source] = [:]
    let names: [MemberName] =
      [.config, .outcome, .environment, .metrics, .hashes]
      + reader.checkpointSteps.map { .checkpoint(step: $0) }
    let results = Mutex([Result<Source, BundleError>?](repeating: nil, count: names.count))
    Concurrency.perform(names.count) { index in
      let result = Result { () throws(BundleError) in
        let file = try reader.file(of: names[index])
        return try Source(file)
      }
      results.withLock { $0[index] = result }
    }
    for (name, result) in zip(names, results.withLock { $0 }) { sources[name] = try result?.get() }
    return sources
  }
}
