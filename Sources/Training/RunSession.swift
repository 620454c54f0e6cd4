private import Files
internal import RunRecords

/// Where the rows and states of a run go while it is performed.
protocol RunStore {
  /// Whether what it keeps survives the process.
  var isDurable: Bool { get }
  /// Whether it cannot hold any more.
  var isFull: Bool { get }
  mutating func log(_ row: MetricsRow, _ hashes: HashRow) throws(TrainingError)
  /// Keeps a checkpoint of the schedule.
  mutating func keep(_ checkpoint: Checkpoint) throws(TrainingError)
  /// Keeps a state outside the schedule, if that would survive the process.
  mutating func save(_ checkpoint: () -> Checkpoint) throws(TrainingError)
  /// Makes what has been logged durable.
  mutating func sync() throws(TrainingError)
}

/// The loop of a run in one process.
struct RunSession<Store: RunStore> {
  private let spec: RunSpec
  private let engine: RunEngine
  private let saveIntervalSeconds: Double
  private var course: RunCourse
  private var lastSaveSeconds = monotonicSeconds()
  private(set) var trace: Trace
  var store: Store

  enum Ending {
    case interrupted(step: Int)
    /// More would be lost with the process than may be, or the store is full.
    case outgrown(step: Int)
    case ended(Outcome.StopReason, divergedAt: Int?)
  }

  /// - Parameter trace: The rows that have been logged before, up to the engine's step.
  init(engine: RunEngine, trace: Trace, store: Store, saveIntervalSeconds: Double) {
    spec = engine.spec
    self.engine = engine
    self.trace = trace
    self.store = store
    self.saveIntervalSeconds = saveIntervalSeconds
    course = RunCourse(engine.spec)
    for row in trace.metrics { course.advance(by: row) }
  }

  /// Takes steps until the run ends or the observer asks for an end.
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
        if course.schedule.isCheckpointed(step) {
          try store.keep(checkpoint)
          if store.isDurable { lastSaveSeconds = monotonicSeconds() }
        }
        if let reason = course.stopReason { return try end(reason) }
      }
      if observer.wantsState(of: step) { try observer.keep(engine.checkpoint(), trace) }
      let mustEnd = observer.took(step: step)
      let isDue =
        mustEnd || store.isFull || monotonicSeconds() - lastSaveSeconds >= saveIntervalSeconds
      guard isDue else { continue }
      if !course.schedule.isCheckpointed(step) {
        try store.save { [engine] in engine.checkpoint() }
      }
      if mustEnd { return .interrupted(step: step) }
      if store.isFull || !store.isDurable { return .outgrown(step: step) }
      lastSaveSeconds = monotonicSeconds()
    }
  }

  func outcome(_ reason: Outcome.StopReason) -> Outcome {
    Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: engine.initialSquaredNorm,
      lastStep: course.lastStep, stopReason: reason)
  }

  private mutating func log(_ row: MetricsRow, _ hashes: HashRow) throws(TrainingError) {
    try store.log(row, hashes)
    trace.metrics.append(row)
    trace.hashes.append(hashes)
    course.advance(by: row)
  }

  private mutating func end(_ reason: Outcome.StopReason) throws(TrainingError) -> Ending {
    if course.schedule.checkpointInterval > 0 && !course.schedule.isCheckpointed(engine.step) {
      try store.keep(engine.checkpoint())
    }
    try store.sync()
    return .ended(reason, divergedAt: nil)
  }

  private mutating func endDiverged(_ step: Int) throws(TrainingError) -> Ending {
    try store.sync()
    return .ended(.diverged, divergedAt: step)
  }
}

/// Writes a run to its directory while it is performed.
struct DirectoryStore: RunStore {
  private let directory: RunDirectory
  private let spec: RunSpec
  private let metricsFile: AppendingFile
  private let hashesFile: AppendingFile

  init(_ directory: RunDirectory, _ spec: RunSpec) throws(TrainingError) {
    self.directory = directory
    self.spec = spec
    metricsFile = try onDisk(
      try AppendingFile(directory.path(of: RunDirectory.Name.metrics), on: directory.disk))
    hashesFile = try onDisk(
      try AppendingFile(directory.path(of: RunDirectory.Name.hashes), on: directory.disk))
  }

  var isDurable: Bool { true }
  var isFull: Bool { false }

  mutating func log(_ row: MetricsRow, _ hashes: HashRow) throws(TrainingError) {
    try onDisk(try metricsFile.append(line: row.csvLine))
    try onDisk(try hashesFile.append(line: hashes.csvLine))
  }

  /// A checkpoint is worth nothing without the rows before it, so they are made durable first.
  mutating func sync() throws(TrainingError) {
    try onDisk(try metricsFile.sync())
    try onDisk(try hashesFile.sync())
  }

  /// Closes the traces. Only then is it certain that the file system has kept them.
  func close() throws(TrainingError) {
    try onDisk(try metricsFile.close())
    try onDisk(try hashesFile.close())
  }

  mutating func keep(_ checkpoint: Checkpoint) throws(TrainingError) {
    try sync()
    try directory.writeCheckpoint(checkpoint, of: spec, in: RunDirectory.Name.checkpoints)
  }

  /// Keeps the last two states.
  mutating func save(_ checkpoint: () -> Checkpoint) throws(TrainingError) {
    try sync()
    try directory.writeCheckpoint(checkpoint(), of: spec, in: RunDirectory.Name.resume)
    try directory.keepResumeCheckpoints(2)
  }
}
