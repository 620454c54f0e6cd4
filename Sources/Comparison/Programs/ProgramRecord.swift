public import Digests
public import RunRecords

/// A program's run as it is compared, whoever recorded it and wherever its files lie.
public struct ProgramRecord: Sendable {
  /// A file of which at least the digest is known.
  public struct File: Sendable, Hashable {
    /// The path in the record: `results/out/plot.png`, `checkpoints/step-00000100.safetensors`.
    public var path: String
    public var digest: Digest
    public var size: Int
    /// Why its bytes are not here: "excluded after the run", "thin"; nil if they are.
    public var leftOut: String?

    public init(path: String, digest: Digest, size: Int, leftOut: String? = nil) {
      self.path = path
      self.digest = digest
      self.size = size
      self.leftOut = leftOut
    }
  }

  /// The name by which people know it.
  public var name: String
  public var spec: ProgramSpec
  public var outcome: ProgramOutcome
  /// The columns that are compared; the steps are ascending.
  public var metrics: TraceTable
  /// The names of its columns that `compare` ignores, and the keys of what it found that are
  /// ignored. Their values are recorded elsewhere.
  public var observed: [String]
  public var observedOutcome: [String]
  /// Results and checkpoints, including those that `compare` ignores and those that were left out.
  public var files: [File]
  /// What it wrote and no bundle can hold.
  public var unsealable: [UnsealableFile]
  public var repeats: Repeats
  /// Nil if nothing is known of it.
  public var environment: CanonicalJSON?
  /// Opens one of `files` whose bytes are here.
  let open: @Sendable (File) throws -> FileContent

  public init(
    name: String, spec: ProgramSpec, outcome: ProgramOutcome, metrics: TraceTable,
    observed: [String] = [], observedOutcome: [String] = [], files: [File] = [],
    unsealable: [UnsealableFile] = [], repeats: Repeats = .notMeasured,
    environment: CanonicalJSON? = nil, open: @escaping @Sendable (File) throws -> FileContent
  ) {
    self.name = name
    self.spec = spec
    self.outcome = outcome
    self.metrics = metrics
    self.observed = observed
    self.observedOutcome = observedOutcome
    self.files = files
    self.unsealable = unsealable
    self.repeats = repeats
    self.environment = environment
    self.open = open
  }
}
