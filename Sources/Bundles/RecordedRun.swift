public import Archive
public import Digests
public import RunRecords

/// A run as it is stored, in a bundle or a run directory: what replay, diff, show and report read.
///
/// The small records are in memory. Checkpoints are read when asked for, one at a time.
public struct RecordedRun: Sendable {
  /// A checkpoint that the run kept.
  public struct KeptCheckpoint: Sendable, Hashable {
    public var step: Int
    /// The SHA-256 in the bundle's list of results; nil if there is no such list.
    public var digest: Digest?
    /// Whether its bytes are here. A thin bundle leaves them out.
    public var isStored: Bool

    public init(step: Int, digest: Digest?, isStored: Bool) {
      self.step = step
      self.digest = digest
      self.isStored = isStored
    }
  }

  /// The path it was opened by.
  public var path: String
  /// Nil for a run directory.
  public var identities: BundleIdentity?
  public var config: CanonicalJSON
  public var trace: Trace
  public var outcome: CanonicalJSON
  /// What `environment.json` says of the machine; never a result.
  public var environment: CanonicalJSON?
  /// Ascending by step.
  public var checkpoints: [KeptCheckpoint]
  /// Bytes on disk; nil if not known.
  public var sizeInBytes: Int?
  private let readCheckpoint: @Sendable (Int) throws(BundleError) -> [UInt8]
  private let verifyStore:
    @Sendable (@escaping (_ share: Double) -> Void) throws(BundleError) -> Void

  /// - Parameters:
  ///   - verify: Checks everything that is stored, and reports progress.
  ///   - readCheckpoint: The bytes of the stored checkpoint of a step; may be called on any thread.
  public init(
    path: String, identities: BundleIdentity?, config: CanonicalJSON, trace: Trace,
    outcome: CanonicalJSON, environment: CanonicalJSON?, checkpoints: [KeptCheckpoint],
    sizeInBytes: Int? = nil,
    verify:
      @escaping @Sendable (
        @escaping (_ share: Double) -> Void
      ) throws(BundleError) -> Void = { _ in },
    readCheckpoint: @escaping @Sendable (Int) throws(BundleError) -> [UInt8]
  ) {
    self.path = path
    self.identities = identities
    self.config = config
    self.trace = trace
    self.outcome = outcome
    self.environment = environment
    self.checkpoints = checkpoints.sorted { $0.step < $1.step }
    self.sizeInBytes = sizeInBytes
    verifyStore = verify
    self.readCheckpoint = readCheckpoint
  }
}

extension RecordedRun {
  /// The first 16 hex digits of the SHA-256 of `config.json`.
  public var runID: String { String(Digest(of: config.utf8).hex.prefix(16)) }

  /// The version of the arithmetic that the config names; nil if it names none.
  public var numerics: Int? { config["numerics"]?.intValue }

  /// Checks every byte of a bundle, or of a directory that has a bundle's lists of digests. Any
  /// other run directory has nothing that could be checked.
  public func verify(
    progress: @escaping (_ share: Double) -> Void = { _ in }
  ) throws(BundleError) {
    try verifyStore(progress)
  }

  /// The bytes of a stored checkpoint.
  public func checkpointBytes(step: Int) throws(BundleError) -> [UInt8] {
    try readCheckpoint(step)
  }

  /// The digest of a kept checkpoint: the listed one, or that of its bytes if there is no list.
  public func digest(of checkpoint: KeptCheckpoint) throws(BundleError) -> Digest {
    if let digest = checkpoint.digest { return digest }
    return Digest(of: try readCheckpoint(checkpoint.step))
  }

  /// A stored checkpoint, read strictly: it must be of this run and of this step.
  public func checkpoint(step: Int) throws(BundleError) -> Checkpoint {
    func damaged(_ detail: String) -> BundleError {
      .damaged(
        .checkpoint, member: "checkpoints/" + Checkpoint.fileName(step: step), detail: detail
      ).at(path)
    }
    let bytes = try readCheckpoint(step)
    let checkpoint: Checkpoint
    do throws(RecordError) {
      checkpoint = try Safetensors.decode(bytes, runID: runID, numerics: numerics)
    } catch {
      throw damaged(error.description)
    }
    guard checkpoint.step == step else {
      throw damaged("it says that it is of step \(checkpoint.step)")
    }
    return checkpoint
  }
}
