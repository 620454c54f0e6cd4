import Archive
import ArchiveFiles
import BundleChecks
import Digests
private import Files
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
    tool =
      reader.environment?["tool"]?.stringValue ?? "\(Software.name) \(Software.version)"
    spec = reader.spec
    runID = spec.runID
    trace = reader.trace
    outcome = reader.outcome!
    checkpointSteps = reader.checkpointSteps
    sources = try Self.sources(reader)
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
        return Source(path: file.path, size: file.size, digest: try file.digest())
      }
      results.withLock { $0[index] = result }
    }
    for (name, result) in zip(names, results.withLock { $0 }) { sources[name] = try result?.get() }
    return sources
  }
}
