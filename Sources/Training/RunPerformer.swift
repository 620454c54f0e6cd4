private import Files
public import RunRecords

/// Performs a run in its directory, from its beginning or from where an earlier process left it.
///
/// Whatever ends the process, the directory can be gone on with, and the files of results come out the
/// same to the bit.
public struct RunPerformer {
  public let spec: RunSpec
  public let directory: RunDirectory
  public let threads: Int
  /// The command line, for `run.json`.
  public var command: [String] = []
  /// The digests of what stands before a new run, by name (`plan`, `claims`), for `environment.json`.
  public var before: [CanonicalJSON.Key: CanonicalJSON] = [:]
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
  /// - Parameter resume: Whether to go on with a run that has been started; one that has not is begun.
  public func perform(resume: Bool, observer: some RunObserver) throws(TrainingError) -> RunEnding {
    // Before anything is made; what is finished needs no memory.
    if (try? directory.readOutcome()) ?? nil == nil { try MemoryEstimate.check(spec) }
    let lock = try directory.lock()
    defer { withExtendedLifetime(lock) {} }
    let isNew = try prepare(resume: resume)
    if let outcome = try directory.readOutcome() {
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
    // What stood before its first step; a plan or a claim that came later did not. A run that was
    // killed before it had an environment has taken no step.
    let environment = try directory.content(of: RunDirectory.Name.environment)
    let before = engine.step >= 0 || environment != nil ? try directory.readBefore() : before
    try directory.write(
      RunEnvironment.json(before: before), to: RunDirectory.Name.environment)
    try directory.write(log.json, to: RunDirectory.Name.run)
    observer.begins(
      RunStart(
        step: engine.step, checkpoint: recovery.file, rejected: recovery.rejected,
        trace: recovery.trace))

    let firstStep = engine.step
    var session = try RunSession(performer: self, engine: engine, trace: recovery.trace)
    let ending = try session.proceed(observer)
    try session.closeTrace()
    switch ending {
    case .interrupted(let step): return .interrupted(step: step)
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
    guard found == spec else {
      throw .notOurs(
        path: directory.path,
        reason: "it holds the run \(found.runID), and the config is of \(spec.runID)")
    }
    if !resume {
      throw .exists(path: directory.path, finished: try directory.readOutcome() != nil)
    }
    return false
  }
}

/// The loop of a run in one process.
private struct RunSession {
  private let spec: RunSpec
  private let directory: RunDirectory
  private let saveIntervalSeconds: Double
  private let engine: RunEngine
  private(set) var trace: Trace
  private var course: RunCourse
  private let metricsFile: AppendingFile
  private let hashesFile: AppendingFile
  private var lastSaveSeconds = monotonicSeconds()

  enum Ending {
    case interrupted(step: Int)
    case ended(Outcome.StopReason, divergedAt: Int?)
  }

  init(performer: RunPerformer, engine: RunEngine, trace: Trace) throws(TrainingError) {
    spec = performer.spec
    directory = performer.directory
    saveIntervalSeconds = performer.saveIntervalSeconds
    self.engine = engine
    self.trace = trace
    metricsFile = try onDisk(
      try AppendingFile(directory.path(of: RunDirectory.Name.metrics), on: directory.disk))
    hashesFile = try onDisk(
      try AppendingFile(directory.path(of: RunDirectory.Name.hashes), on: directory.disk))
    course = RunCourse(performer.spec)
    for row in trace.metrics { course.advance(by: row) }
  }

  /// Takes steps until the run ends or the observer asks to.
  mutating func proceed(_ observer: some RunObserver) throws(TrainingError) -> Ending {
    // The run may have been stopped after its last step.
    if let reason = course.stopReason { return try end(reason) }
    while true {
      do {
        try engine.advance()
      } catch .diverged(let step) {
        return try endDiverged(step)
      }
      let step = engine.step
      if step == course.nextStep {
        let row = engine.metrics()
        guard row.isFinite else { return try endDiverged(step) }
        let checkpoint = engine.checkpoint()
        try log(row, checkpoint.hashes)
        observer.logged(row)
        if course.schedule.isCheckpointed(step) { try keep(checkpoint) }
        if let reason = course.stopReason { return try end(reason) }
      }
      let mustEnd = observer.took(step: step)
      if mustEnd || monotonicSeconds() - lastSaveSeconds >= saveIntervalSeconds {
        try save()
      }
      if mustEnd { return .interrupted(step: step) }
    }
  }

  func outcome(_ reason: Outcome.StopReason) -> Outcome {
    Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: engine.initialSquaredNorm,
      lastStep: course.lastStep, stopReason: reason)
  }

  private mutating func log(_ row: MetricsRow, _ hashes: HashRow) throws(TrainingError) {
    try onDisk(try metricsFile.append(line: row.csvLine))
    try onDisk(try hashesFile.append(line: hashes.csvLine))
    trace.metrics.append(row)
    trace.hashes.append(hashes)
    course.advance(by: row)
  }

  /// A checkpoint is worth nothing without the rows before it, so they are made durable first.
  private func syncTrace() throws(TrainingError) {
    try onDisk(try metricsFile.sync())
    try onDisk(try hashesFile.sync())
  }

  /// Ends the writing of the traces; whether the file system kept them is known for certain only then.
  func closeTrace() throws(TrainingError) {
    try onDisk(try metricsFile.close())
    try onDisk(try hashesFile.close())
  }

  /// Writes a checkpoint of the schedule.
  private mutating func keep(_ checkpoint: Checkpoint) throws(TrainingError) {
    try syncTrace()
    try directory.writeCheckpoint(checkpoint, of: spec, in: RunDirectory.Name.checkpoints)
    lastSaveSeconds = monotonicSeconds()
  }

  /// Writes a checkpoint outside the schedule, and keeps the last two.
  private mutating func save() throws(TrainingError) {
    if !course.schedule.isCheckpointed(engine.step) {
      try syncTrace()
      try directory.writeCheckpoint(engine.checkpoint(), of: spec, in: RunDirectory.Name.resume)
      try directory.keepResumeCheckpoints(2)
    }
    lastSaveSeconds = monotonicSeconds()
  }

  private mutating func end(_ reason: Outcome.StopReason) throws(TrainingError) -> Ending {
    if course.schedule.checkpointInterval > 0 && !course.schedule.isCheckpointed(engine.step) {
      try keep(engine.checkpoint())
    }
    try syncTrace()
    return .ended(reason, divergedAt: nil)
  }

  private func endDiverged(_ step: Int) throws(TrainingError) -> Ending {
    try syncTrace()
    return .ended(.diverged, divergedAt: step)
  }
}
