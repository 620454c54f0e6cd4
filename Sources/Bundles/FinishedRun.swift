private import Dispatch
import RunRecords
private import Synchronization

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

  init(directory: String) throws(BundleError) {
    let reader = try RunDirectoryReader(path: directory)
    let run = try reader.json("run.json")
    guard let started = run["started"]?.stringValue, CrateCheck.isTime(started),
      let ended = run["ended"]?.stringValue, CrateCheck.isTime(ended)
    else {
      throw .notARun(
        path: directory, detail: "run.json does not say when the run was performed")
    }
    (self.started, self.ended) = (started, ended)
    host = run["host"]?.stringValue ?? "an unnamed machine"
    if case .array(let words)? = run["command"] {
      command = words.compactMap(\.stringValue).map(Self.quoted).joined(separator: " ")
    } else {
      command = Software.name + " run"
    }
    tool =
      reader.environment?["tool"]?.stringValue ?? "\(Software.name) \(Software.version)"
    spec = reader.spec
    runID = spec.runID
    trace = reader.trace
    outcome = reader.outcome!
    checkpointSteps = reader.checkpointSteps
    sources = try Self.sources(reader)
  }

  /// A word as a shell reads it back.
  private static func quoted(_ word: String) -> String {
    let word = word.hasPrefix("/") ? String(word.split(separator: "/").last ?? "/") : word
    let plain = "%+,-./0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    return !word.isEmpty && word.allSatisfy(plain.contains)
      ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }

  private static func sources(
    _ reader: RunDirectoryReader
  ) throws(BundleError) -> [MemberName: Source] {
    var sources: [MemberName: Source] = [:]
    let names: [MemberName] =
      [.config, .outcome, .environment, .metrics, .hashes]
      + reader.checkpointSteps.map { .checkpoint(step: $0) }
    let results = Mutex([Result<Source, BundleError>?](repeating: nil, count: names.count))
    DispatchQueue.concurrentPerform(iterations: names.count) { index in
      let result = Result { () throws(BundleError) in
        let file = try reader.file(of: names[index])
        return Source(path: file.path, size: file.size, digest: try file.digest())
      }
      results.withLock { $0[index] = result }
    }
    for (name, result) in zip(names, results.withLock { $0 }) { sources[name] = try result?.get() }
    return sources
  }
}
