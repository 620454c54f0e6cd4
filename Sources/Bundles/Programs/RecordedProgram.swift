public import Archive
import BundleChecks
public import Digests
public import RunRecords

/// A program's run as it is stored, in a bundle or a run directory: what replay, diff, show and
/// report read.
///
/// The records are in memory; the program's files are read when asked for, part by part.
public struct RecordedProgram: Sendable {
  /// A result or a checkpoint.
  public struct File: Sendable, Hashable {
    /// As the record names it: `results/out/plot.png`, `checkpoints/step-00000100.safetensors`.
    public var path: String
    public var digest: Digest
    /// Nil of one that was left out, where nobody recorded it.
    public var bytes: Int?
    /// It is a result; the program's own rules ignore it otherwise.
    public var isResult: Bool
    /// Nil where it is here.
    public var leftOut: LeftOutFiles.Reason?
  }

  /// The path it was opened by.
  public var path: String
  /// Nil for a run directory.
  public var identities: BundleIdentity?
  public var spec: ProgramSpec
  public var inputs: InputList
  public var outcome: ProgramOutcome
  /// What it ran with; never a result.
  public var environment: CanonicalJSON
  public var repeats: Repeats
  /// The curves that are compared, and those that are not.
  public var metrics: TraceTable
  public var observed: TraceTable
  /// Results by path, then checkpoints by step.
  public var files: [File]
  /// Inputs that are recorded by their digests alone, by path.
  public var missingInputs: [String]
  /// Bytes on disk, where known.
  public var sizeInBytes: Int?

  /// How its files are read; each of them may be called on any thread.
  struct Store: Sendable {
    /// Checks the whole of what it is stored in; tells how far it is.
    var verify: @Sendable (@escaping (_ share: Double) -> Void) throws(BundleError) -> Void
    /// Bytes of a file that is here, below `data/` of a bundle, by their places in it.
    var bytes: @Sendable (_ path: String, Range<Int>) throws(BundleError) -> [UInt8]
    /// Hands over a whole file in parts.
    var parts:
      @Sendable (_ path: String, (ArraySlice<UInt8>) throws(BundleError) -> Void)
        throws(BundleError) -> Void
  }
  let store: Store
}

extension RecordedProgram {
  public var runID: String { spec.runID }

  /// What people call the program: the last part of its first word, or of a second one that is a
  /// script.
  public var name: String { ProgramName.of(spec.run) }

  /// Checkpoints or large results are left out.
  public var isThin: Bool { files.contains { $0.leftOut == .thin } }

  /// Checks every byte of a bundle; a run directory has nothing that could be checked.
  public func verify(
    progress: @escaping (_ share: Double) -> Void = { _ in }
  ) throws(BundleError) {
    try store.verify(progress)
  }

  /// Bytes of a file that is here, by their places in it. Of a bundle they are not checked by
  /// themselves: read the whole file by `read` first.
  public func bytes(of path: String, _ range: Range<Int>) throws(BundleError) -> [UInt8] {
    try store.bytes(path, range)
  }

  /// Hands over a whole file in parts; of a bundle, its digest is checked at the end. An input's
  /// path begins with `inputs/`.
  public func read(
    _ path: String, inParts use: (ArraySlice<UInt8>) throws(BundleError) -> Void
  ) throws(BundleError) {
    try store.parts(path, use)
  }

  /// What the program said.
  public func log() throws(BundleError) -> [UInt8] {
    var log: [UInt8] = []
    try read("log.txt") { (part) throws(BundleError) in log += part }
    return log
  }

  /// The digest of `expected-sha256.txt`: equal for runs with the same results.
  public var result: Digest { Digest(of: expected.bytes) }

  /// The results and checkpoints that are not here.
  var leftOut: [CanonicalJSON.Key: LeftOutFiles.Entry] {
    var entries: [CanonicalJSON.Key: LeftOutFiles.Entry] = [:]
    for file in files {
      guard let reason = file.leftOut else { continue }
      entries[CanonicalJSON.Key(file.path)] = .init(
        bytes: file.bytes, digest: file.digest, reason: reason)
    }
    return entries
  }

  /// The list of results.
  var expected: Manifest {
    let records = zip(
      ProgramContents.records, [spec.bytes, inputs.bytes, outcome.bytes, metrics.canonicalText])
    return Manifest(
      records.map { .init(digest: Digest(of: $1), path: $0.resultPath!) }
        + files.filter(\.isResult).map { .init(digest: $0.digest, path: $0.path) })
  }
}

/// What people call a program.
enum ProgramName {
  /// The last part of the first word, or of the first later one that names a script, where the
  /// first is an interpreter of such: `train.py` of `python -u src/train.py`.
  static func of(_ run: [String]) -> String {
    let endings = [".py", ".sh", ".jl", ".R", ".m", ".pl", ".rb", ".js"]
    let script = run.first { word in endings.contains(where: word.hasSuffix) }
    guard let word = script ?? run.first else { return "an adopted run" }
    return String(word.split(separator: "/").last ?? "/")
  }
}
