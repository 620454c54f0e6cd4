private import Dispatch
import RunRecords
private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The directory of a finished run, read for packing: the small files whole, the large ones by their digests.
struct FinishedRun {
  /// A file that goes into the bundle as it is.
  struct Source: Sendable {
    var path: String
    var size: Int
    var digest: Digest
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

  private let directory: String

  init(directory: String) throws(BundleError) {
    self.directory = directory
    func notARun(_ detail: String) -> BundleError { .notARun(path: directory, detail: detail) }
    guard unsafe access(directory, F_OK) == 0 else {
      throw .inputOutput(path: directory, detail: systemMessage(errno))
    }
    guard unsafe access(directory + "/config.json", F_OK) == 0 else {
      throw notARun("it is not a run directory: it has no config.json")
    }
    guard unsafe access(directory + "/outcome.json", F_OK) == 0 else {
      throw notARun("the run is not finished: there is no outcome.json")
    }
    guard unsafe access(directory + "/run.json", F_OK) == 0 else {
      throw notARun("there is no run.json, which says when it was performed; only run writes it")
    }
    let config = try Self.json(directory, "config.json")
    do {
      spec = try RunSpec(json: config)
    } catch .unknownNumerics(let version) {
      throw .unsupported(
        detail: "the run is of numerics \(version), which this program does not have")
    } catch {
      throw notARun("config.json: \(error)")
    }
    runID = spec.runID
    let run = try Self.json(directory, "run.json")
    guard let started = run["started"]?.stringValue, CrateCheck.isTime(started),
      let ended = run["ended"]?.stringValue, CrateCheck.isTime(ended)
    else { throw notARun("run.json does not say when the run was performed") }
    (self.started, self.ended) = (started, ended)
    if case .array(let words)? = run["command"] {
      command = Self.command(words.compactMap(\.stringValue))
    } else {
      command = Software.name + " run"
    }
    let environment = try Self.json(directory, "environment.json")
    tool = environment["tool"]?.stringValue ?? "\(Software.name) \(Software.version)"
    guard let outcome = Outcome(json: try Self.json(directory, "outcome.json")) else {
      throw notARun("outcome.json is not an outcome")
    }
    self.outcome = outcome
    let metrics = try Self.content(directory, "trace/metrics.csv")
    let hashes = try Self.content(directory, "trace/hashes.csv")
    do {
      trace = try Trace(metricsCSV: metrics, hashesCSV: hashes)
    } catch {
      throw notARun(error.description)
    }
    checkpointSteps = RunConsistency.checkpointSteps(spec: spec, trace: trace)
    sources = try Self.sources(directory, checkpointSteps: checkpointSteps)
  }

  /// The command line without the option that says where the run is kept, and of every other path
  /// its last component.
  private static func command(_ words: [String]) -> String {
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

  private static func content(_ directory: String, _ file: String) throws(BundleError) -> [UInt8] {
    let file = try BundleFile(path: directory + "/" + file)
    return try file.read(at: 0, count: file.size)
  }

  private static func json(_ directory: String, _ file: String) throws(BundleError) -> CanonicalJSON
  {
    let bytes = try content(directory, file)
    do {
      return try CanonicalJSON(canonical: bytes)
    } catch {
      throw .notARun(path: directory, detail: "\(file): \(error)")
    }
  }

  private static func sources(
    _ directory: String, checkpointSteps: [Int]
  ) throws(BundleError) -> [MemberName: Source] {
    var sources: [MemberName: Source] = [:]
    let names: [MemberName] =
      [.config, .outcome, .environment, .metrics, .hashes]
      + checkpointSteps.map { .checkpoint(step: $0) }
    let results = Mutex([Result<Source, BundleError>?](repeating: nil, count: names.count))
    DispatchQueue.concurrentPerform(iterations: names.count) { index in
      let path = directory + "/" + names[index].path.dropFirst("data/".count)
      let result = Result { () throws(BundleError) in
        let file = try BundleFile(path: path)
        return Source(path: path, size: file.size, digest: try file.digest())
      }
      results.withLock { $0[index] = result }
    }
    for (name, result) in zip(names, results.withLock { $0 }) { sources[name] = try result?.get() }
    return sources
  }
}
