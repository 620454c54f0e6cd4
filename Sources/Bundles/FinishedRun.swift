private import Files
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
  let host: String
  /// The words of the command line, quoted for a shell where they need it; of absolute paths the last component, as
  /// the others say something about a user and nothing about the run.
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
    guard unsafe access(directory + "/config.json", F_OK) == 0 else {
      throw notARun("it is not a run directory: it has no config.json")
    }
    for file in ["outcome.json", "run.json"]
    where unsafe access(directory + "/" + file, F_OK) != 0 {
      throw notARun("the run is not finished: there is no \(file)")
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
    host = run["host"]?.stringValue ?? "an unnamed machine"
    if case .array(let words)? = run["command"] {
      command = words.compactMap(\.stringValue).map(Self.quoted).joined(separator: " ")
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

  /// A word as a shell reads it back.
  private static func quoted(_ word: String) -> String {
    let word = word.hasPrefix("/") ? String(word.split(separator: "/").last ?? "/") : word
    let plain = "%+,-./0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    return !word.isEmpty && word.allSatisfy(plain.contains)
      ? word : "'" + word.replacing("'", with: "'\\''") + "'"
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
    Concurrency.perform(names.count) { index in
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
