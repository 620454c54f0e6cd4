private import Files
public import RunRecords

/// Performs a run in its directory, from its beginning or from where an earlier process left it.
///
/// Whatever ends the process, the run can be resumed in its directory, and the result files are the
/// same to the bit.
public struct RunPerformer {
  public let spec: RunSpec
  public let directory: RunDirectory
  public let threads: Int
  /// The command line, for `run.json`.
  public var command: [String] = []
  /// The digests of what precedes a new run, by name (`plan`, `claims`), for `environment.json`.
  public var before: [CanonicalJSON.Key: CanonicalJSON] = [:]
  /// Whether a run that ends earlier is extended to this one when it is resumed (SPEC.md 2.7).
  public var extends = false
  /// How often the state is saved outside the schedule, in seconds.
  public var saveIntervalSeconds = 15.0

  public init(spec: RunSpec, directory: RunDirectory, threads: Int) {
    self.spec = spec
    self.directory = directory
    self.threads = threads
  }
}

/// Observes a run while it is performed. The observer cannot change the results.
public protocol RunObserver {
  /// The run begins or is resumed.
  func begins(_ start: RunStart)
  /// A row was logged. Called before `took` for its step.
  func logged(_ row: MetricsRow)
  /// A step was taken. Returning true asks for an end: the state is saved, and the run can be
  /// resumed.
  func took(step: Int) -> Bool
  /// Whether other runs go on from the state of this step. Called before `took`.
  func wantsState(of step: Int) -> Bool
  /// Passes the state that `wantsState` asked for, and the rows up to it.
  func keep(_ state: Checkpoint, _ trace: Trace) throws(TrainingError)
}

extension RunObserver {
  public func wantsState(of step: Int) -> Bool { false }
  public func keep(_ state: Checkpoint, _ trace: Trace) throws(TrainingError) {}
}

/// Where a run begins.
public struct RunStart: Sendable {
  /// The step before the first one to be taken; −1 at the beginning.
  public let step: Int
  /// The checkpoint from which it goes on, by its name in the run directory.
  public let checkpoint: String?
  /// A sentence for each newer checkpoint that did not validate.
  public let rejected: [String]
  /// The rows that have been logged before.
  public let trace: Trace
  /// What performs the run, and when it began.
  package let environment: CanonicalJSON
  package let started: String
}

/// How the performance of a run ended.
public enum RunEnding: Sendable {
  /// `divergedAt` is the step whose loss was not finite, if one was.
  case finished(Outcome, divergedAt: Int?)
  /// An earlier process had finished it.
  case alreadyFinished(Outcome)
  /// The observer asked for an end.
  case interrupted(step: Int)
}

extension RunPerformer {
  /// - Parameter resume: Whether to resume a run that has been started. A run that has not been
  ///   started begins.
  public func perform(resume: Bool, observer: some RunObserver) throws(TrainingError) -> RunEnding {
    // Checked before anything is made. A finished run needs no memory.
    try directory.refuseFilesOfBundle()
    if (try? directory.readOutcome()) ?? nil == nil { try MemoryEstimate.check(spec) }
    let lock = try directory.lock()
    defer { withExtendedLifetime(lock) {} }
    let isNew = try prepare(resume: resume)
    if let outcome = try directory.readOutcome() {
      try directory.checkFinished(spec, outcome)
      try directory.keepResumeCheckpoints(0)
      return .alreadyFinished(outcome)
    }
    let engine = try RunEngine(spec: spec, threads: threads)
    let recovery = try directory.recover(into: engine)
    var log = RunLog(command: command, threads: threads)
    if !isNew {
      log.continues(
        try directory.content(of: RunDirectory.Name.run), from: engine.step)
    }
    // What preceded its first step. A plan or claim that came later did not.
    let before = try directory.readBefore() ?? (engine.step < 0 ? before : [:])
    let environment = RunEnvironment.json(before: before)
    try directory.write(environment, to: RunDirectory.Name.environment)
    try directory.write(log.json, to: RunDirectory.Name.run)
    observer.begins(
      RunStart(
        step: engine.step, checkpoint: recovery.file, rejected: recovery.rejected,
        trace: recovery.trace, environment: environment, started: log.started))

    let firstStep = engine.step
    var session = RunSession(
      engine: engine, trace: recovery.trace, store: try DirectoryStore(directory, spec),
      saveIntervalSeconds: saveIntervalSeconds)
    let ending = try session.proceed(observer)
    try session.store.close()
    switch ending {
    case .interrupted(let step), .outgrown(let step): return .interrupted(step: step)
    case .ended(let reason, let divergedAt):
      let outcome = session.outcome(reason)
      let earlier = Schedule(spec).checkpointSteps(lastStep: outcome.lastStep, stopReason: reason)
        .prefix { $0 <= firstStep }
      let mending = CheckpointMending(
        directory: directory, spec: spec, trace: session.trace, engine: engine, threads: threads)
      guard try mending.perform(Array(earlier), mustEnd: { observer.took(step: outcome.lastStep) })
      else { return .interrupted(step: outcome.lastStep) }
      log.ended = currentTime()
      try directory.write(log.json, to: RunDirectory.Name.run)
      // Written last: its presence says that everything else is there.
      try directory.write(outcome.json, to: RunDirectory.Name.outcome)
      try directory.keepResumeCheckpoints(0)
      return .finished(outcome, divergedAt: divergedAt)
    }
  }

  /// Makes sure that the directory is this run's. Returns whether it is new.
  private func prepare(resume: Bool) throws(TrainingError) -> Bool {
    guard let found = try directory.readSpec() else {
      try directory.write(spec.canonicalJSON, to: RunDirectory.Name.config)
      return true
    }
    if !resume && found == spec {
      throw .exists(path: directory.path, finished: try directory.readOutcome() != nil)
    }
    if found != spec { try directory.extend(found, to: spec, mayChange: resume && extends) }
    return false
  }
}
