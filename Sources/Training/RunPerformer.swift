private import Files
public import RunRecords

/// Performs a run in its directory, from its beginning or from where an earlier process left it.
///
/// Whatever ends the process, the directory can be gone on with, and the files of results come out
/// the same to the bit.
public struct RunPerformer {
  public let spec: RunSpec
  public let directory: RunDirectory
  public let threads: Int
  /// The command line, for `run.json`.
  public var command: [String] = []
  /// The digests of what stands before a new run, by name (`plan`, `claims`), for
  /// `environment.json`.
  public var before: [CanonicalJSON.Key: CanonicalJSON] = [:]
  /// Whether going on with a run that ends earlier makes it this one (SPEC.md 2.7).
  public var extends = false
  /// How often the state is saved outside the schedule, in seconds.
  public var saveIntervalSeconds = 15.0

  public init(spec: RunSpec, directory: RunDirectory, threads: Int) {
    self.spec = spec
    self.directory = directory
    self.threads = threads
  }
}

/// Sees a run being performed. Nothing it does changes the results.
public protocol RunObserver {
  /// The run begins, or goes on.
  func begins(_ start: RunStart)
  /// A row was logged; comes before `took` of its step.
  func logged(_ row: MetricsRow)
  /// A step was taken. True asks for an end: the state is saved, and the run can be gone on with.
  func took(step: Int) -> Bool
  /// Whether others go on from the state of a step; comes before `took`.
  func wantsState(of step: Int) -> Bool
  /// The state that `wantsState` asked for, and the rows up to it.
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
  /// The checkpoint it goes on from, by its name in the run directory.
  public let checkpoint: String?
  /// A sentence for each newer checkpoint that did not validate.
  public let rejected: [String]
  /// What has been logged before.
  public let trace: Trace
  /// What performs the run, and when it was begun.
  package let environment: CanonicalJSON
  package let started: String
}

/// How performing a run ended.
public enum RunEnding: Sendable {
  /// `divergedAt` is the step whose loss was not finite, if one was.
  case finished(Outcome, divergedAt: Int?)
  /// An earlier process had finished it.
  case alreadyFinished(Outcome)
  /// The observer asked for it.
  case interrupted(step: Int)
}

extension RunPerformer {
  /// - Parameter resume: Whether to go on with a run that has been started; one that has not is
  ///   begun.
  public func perform(resume: Bool, observer: some RunObserver) throws(TrainingError) -> RunEnding {
    // Before anything is made; what is finished needs no memory.
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
    // What stood before its first step; a plan or a claim that came later did not.
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
      // Its presence says that all else is there.
      try directory.write(outcome.json, to: RunDirectory.Name.outcome)
      try directory.keepResumeCheckpoints(0)
      return .finished(outcome, divergedAt: divergedAt)
    }
  }

  /// Makes sure that the directory is this run's; whether it is a new one.
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
