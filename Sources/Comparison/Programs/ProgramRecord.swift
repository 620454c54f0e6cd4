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
  /// Results and checkpoints, including those that `compare` ignores and those that were left out.
  public var files: [File]
  public var repeats: Repeats
  /// Nil if nothing is known of it.
  public var environment: CanonicalJSON?
  /// Opens one of `files` whose bytes are here.
  let open: @Sendable (File) throws -> FileContent

  public init(
    name: String, spec: ProgramSpec, outcome: ProgramOutcome, metrics: TraceTable,
    files: [File] = [], repeats: Repeats = .notMeasured, environment: CanonicalJSON? = nil,
    open: @escaping @Sendable (File) throws -> FileContent
  ) {
    self.name = name
    self.spec = spec
    self.outcome = outcome
    self.metrics = metrics
    self.files = files
    self.repeats = repeats
    self.environment = environment
    self.open = open
  }
}
