/// A finished run of the trainer in memory, with everything that is sealed.
public struct PerformedRun: Sendable {
  public let spec: RunSpec
  public let trace: Trace
  public let outcome: Outcome
  /// All checkpoints that such a run keeps, by ascending steps.
  public let checkpoints: [Checkpoint]
  /// The content of `environment.json`.
  public let environment: CanonicalJSON
  /// When it started and ended, as YYYY-MM-DDThh:mm:ss.sss+00:00.
  public let started, ended: String
  /// The words of the command line.
  public let command: [String]

  public init(
    spec: RunSpec, trace: Trace, outcome: Outcome, checkpoints: [Checkpoint],
    environment: CanonicalJSON, started: String, ended: String, command: [String]
  ) {
    self.spec = spec
    self.trace = trace
    self.outcome = outcome
    self.checkpoints = checkpoints
    self.environment = environment
    self.started = started
    self.ended = ended
    self.command = command
  }
}
