public import Archive
import BundleChecks
public import Digests
public import RunRecords

/// A program's run as it is stored, in a bundle or a run directory: what replay, diff, show and
/// report read.
///
/// The records are in memory. The program's files are read when asked for, part by part.
public struct RecordedProgram: Sendable {
  /// A result or a checkpoint.
  public struct File: Sendable, Hashable {
    /// Its path in the record: `results/out/plot.png`, `checkpoints/step-00000100.safetensors`.
    public var path: String
    public var digest: Digest
    /// Nil for a file that was left out and whose size nobody recorded.
    public var bytes: Int?
    /// Whether it is a result. If not, the program's own rules ignore it.
    public var isResult: Bool
    /// Why it was left out; nil if it is here.
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
  /// Paths of the inputs that are recorded only by their digests.
  public var missingInputs: [String]
  /// What else the program wrote and no bundle can hold. A bundle does not know of it.
  public var unsealable: [UnsealableFile] = []
  /// Bytes on disk; nil if not known.
  public var sizeInBytes: Int?

  /// How its files are read. Each function may be called on any thread.
  struct Store: Sendable {
    /// Checks everything that is stored, and reports progress.
    var verify: @Sendable (@escaping (_ share: Double) -> Void) throws(BundleError) -> Void
    /// A range of bytes of a file that is here. Its path is below `data/` of a bundle.
    var bytes: @Sendable (_ path: String, Range<Int>) throws(BundleError) -> [UInt8]
    /// Passes on a whole file in parts.
    var parts:
      @Sendable (_ path: String, (ArraySlice<UInt8>) throws(BundleError) -> Void)
        throws(BundleError) -> Void
  }
  let store: Store
}

extension RecordedProgram {
  public var runID: String { spec.runID }

  /// What people call the program: the last part of its first word, or of the word that names a
  /// script.
  public var name: String { ProgramName.of(spec.run) }

  /// Whether checkpoints or large results are left out.
  public var isThin: Bool { files.contains { $0.leftOut == .thin } }

  /// Checks every byte of a bundle. A run directory has nothing that could be checked.
  public func verify(
    progress: @escaping (_ share: Double) -> Void = { _ in }
  ) throws(BundleError) {
    try store.verify(progress)
  }

  /// A range of bytes of a file that is here. For a bundle they are not checked: read the whole
  /// file with `read` first.
  public func bytes(of path: String, _ range: Range<Int>) throws(BundleError) -> [UInt8] {
    try store.bytes(path, range)
  }

  /// Passes on a whole file in parts. For a bundle, its digest is checked at the end. An input's
  /// path begins with `inputs/`.
  public func read(
    _ path: String, inParts use: (ArraySlice<UInt8>) throws(BundleError) -> Void
  ) throws(BundleError) {
    try store.parts(path, use)
  }

  /// What the program printed.
  public func log() throws(BundleError) -> [UInt8] {
    var log: [UInt8] = []
    try read("log.txt") { (part) throws(BundleError) in log += part }
    return log
  }

  /// The digest of `expected-sha256.txt`: equal for runs with the same results.
  public var result: Digest { Digest(of: expected.bytes) }

  /// The results and checkpoints that are left out.
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
  /// The last part of the first word that names a script, or else of the first word: `train.py` for
  /// `python -u src/train.py`.
  static func of(_ run: [String]) -> String {
    let endings = [".py", ".sh", ".jl", ".R", ".m", ".pl", ".rb", ".js"]
    let script = run.first { word in endings.contains(where: word.hasSuffix) }
    guard let word = script ?? run.first else { return "an adopted run" }
    return String(word.split(separator: "/").last ?? "/")
  }
}
