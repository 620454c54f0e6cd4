private import Files
public import RunRecords

/// A run that is performed without a directory as long as little would be lost with it. It moves to
/// a directory when it has taken some seconds, or when its checkpoints become large.
public struct MemoryRun {
  public enum Ending: Sendable, Hashable {
    case ended(Outcome)
    /// The observer asked for an end.
    case interrupted
    /// It has reached the point where it must go on in a directory.
    case outgrown
  }

  public let spec: RunSpec
  public let ending: Ending
  public let trace: Trace
  /// The checkpoints of its schedule.
  public let checkpoints: [Checkpoint]
  /// Whether the run has ended by itself.
  public var hasEnded: Bool { if case .ended = ending { true } else { false } }
  /// V before the first update.
  public var initialSquaredNorm: Double { engine.initialSquaredNorm }
  private let engine: RunEngine
  private let log: RunLog
  private let environment: CanonicalJSON

  /// The most bytes that its checkpoints may take.
  static let mostCheckpointBytes = 128 << 20

  /// Performs the run from its beginning, or from the state at which it forks from another run.
  ///
  /// - Parameters:
  ///   - point: The state of the other run, which takes the same steps up to there.
  ///   - command: The command line, for `run.json`.
  ///   - before: The digests of what precedes the run, by name.
  ///   - patienceSeconds: How much work may be lost, in seconds.
  package init(
    performing spec: RunSpec, from point: ForkPoint? = nil, threads: Int, command: [String],
    before: [CanonicalJSON.Key: CanonicalJSON], patienceSeconds: Double = 15,
    observer: some RunObserver
  ) throws(TrainingError) {
    let engine = try RunEngine(spec: spec, threads: threads)
    self.spec = spec
    self.engine = engine
    var log = RunLog(command: command, threads: threads)
    var trace = Trace(addedHeadings: spec.addedHeadings)
    if let point {
      try engine.restore(point.checkpoint)
      trace = point.trace(Schedule(spec))
      log.started = point.started
    }
    self.log = log
    environment = point?.environment ?? RunEnvironment.json(before: before)
    observer.begins(
      RunStart(
        step: engine.step, checkpoint: nil, rejected: [], trace: trace, environment: environment,
        started: log.started))
    var session = RunSession(
      engine: engine, trace: trace, store: MemoryStore(), saveIntervalSeconds: patienceSeconds)
    ending =
      switch try session.proceed(observer) {
      case .ended(let reason, _): .ended(session.outcome(reason))
      case .interrupted: .interrupted
      case .outgrown: .outgrown
      }
    self.trace = session.trace
    checkpoints = session.store.checkpoints
  }

  /// This run in the form that is sealed; or a run with another log interval or stop rule that has
  /// taken the same steps.
  public func performed(_ spec: RunSpec, trace: Trace, outcome: Outcome) -> PerformedRun {
    PerformedRun(
      spec: spec, trace: trace, outcome: outcome,
      checkpoints: spec.checkpointInterval == 0 ? [] : checkpoints, environment: environment,
      started: day(of: log.started), ended: day(of: currentTime()), command: log.command)
  }

  /// Writes what has been performed to the run's new directory, where it can then go on.
  public func write(to directory: RunDirectory) throws(TrainingError) {
    let lock = try directory.lock()
    defer { withExtendedLifetime(lock) {} }
    try directory.write(spec.canonicalJSON, to: RunDirectory.Name.config)
    try directory.write(environment, to: RunDirectory.Name.environment)
    try directory.write(log.json, to: RunDirectory.Name.run)
    _ = try directory.cut(trace, to: engine.step)
    for checkpoint in checkpoints {
      try directory.writeCheckpoint(checkpoint, of: spec, in: RunDirectory.Name.checkpoints)
    }
    if checkpoints.last?.step != engine.step && engine.step >= 0 {
      try directory.writeCheckpoint(
        engine.checkpoint(), of: spec, in: RunDirectory.Name.resume)
    }
  }
}

/// Keeps the checkpoints of a run in memory. The rows are kept by whoever performs the run.
private struct MemoryStore: RunStore {
  private(set) var checkpoints: [Checkpoint] = []
  private var bytes = 0

  var isDurable: Bool { false }
  var isFull: Bool { bytes > MemoryRun.mostCheckpointBytes }

  mutating func log(_ row: MetricsRow, _ hashes: HashRow) {}

  mutating func keep(_ checkpoint: Checkpoint) {
    let tensors = checkpoint.parameters + checkpoint.optimizer
    bytes += tensors.reduce(0) { $0 + 4 * $1.values.count }
    checkpoints.append(checkpoint)
  }

  mutating func save(_ checkpoint: () -> Checkpoint) {}

  mutating func sync() {}
}

/// The beginning of the day of a time. So what is sealed does not depend on the machine's speed.
func day(of time: String) -> String { time.prefix(10) + "T00:00:00.000+00:00" }
