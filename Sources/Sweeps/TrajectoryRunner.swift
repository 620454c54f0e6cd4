internal import Bundles
internal import RunRecords
internal import Training

/// Computes one trajectory as far as its open cells and the trajectories that fork from it need,
/// and seals its cells.
///
/// It is performed in memory first, and goes to a directory once it takes longer than may be lost.
/// The caller must hold the trajectory's claim.
struct TrajectoryRunner {
  let trajectory: Trajectory
  let directory: SweepDirectory
  let claim: Claim
  let command: [String]
  let before: [CanonicalJSON.Key: CanonicalJSON]
  /// How long a run is performed in memory, in seconds.
  let patienceSeconds: Double
  /// Called after each step with the step, and with the one at which the work will end, as far as
  /// is known. Returning true asks for an end.
  let took: (_ step: Int, _ end: Int) -> Bool
  /// Called with the result of each cell.
  let finished: (TrainerCell, Result<SweepSealing, any Error>) -> Void
  /// Called when the state from which others go on has been left: that of this step; nil: of all
  /// steps, as the run has ended.
  let forked: (_ step: Int?) -> Void

  /// - Parameter forks: The steps whose states others need.
  /// - Returns: Whether the work was ended early, as `took` asked.
  func perform(_ open: [TrainerCell], forks: [Int]) -> Bool {
    let views = open.filter { $0.spec.checkpointInterval == 0 }
    var direct = open.filter { $0.spec.checkpointInterval != 0 }
    if let spec = trajectory.spec, !views.isEmpty || !forks.isEmpty {
      do {
        guard let computed = try advance(spec, until: views, forks) else { return true }
        for cell in views {
          guard let (own, reason) = View.trace(of: cell, in: computed.trace) else {
            // The trajectory diverged before this view's end, at a step that the view may not log.
            direct.append(cell)
            continue
          }
          let outcome = Outcome(
            trace: own, stop: cell.spec.stop, initialSquaredNorm: computed.initialSquaredNorm,
            lastStep: own.metrics.last?.step ?? -1, stopReason: reason)
          seal(cell) {
            BundleWriter.prepare(try computed.performed(cell.spec, own, outcome), thin: true)
          }
        }
      } catch {
        for cell in views { finished(cell, .failure(error)) }
      }
    }
    for cell in direct {
      do {
        guard let bundle = try performAlone(cell) else { return true }
        seal(cell) { bundle }
      } catch {
        finished(cell, .failure(error))
      }
    }
    return false
  }

  private func seal(_ cell: TrainerCell, _ bundle: () throws -> BundleWriter.Prepared) {
    finished(cell, Result { try directory.seal(try bundle(), as: cell, claim) })
  }
}

// MARK: Performing

extension TrajectoryRunner {
  /// The steps that views log.
  private struct Computed {
    var trace: Trace
    var initialSquaredNorm: Double
    /// The run of a view, in the form that is sealed.
    var performed: (RunSpec, Trace, Outcome) throws -> PerformedRun
  }

  /// Takes steps until every view has ended and every fork has its state, or until the trajectory
  /// has diverged. Nil if `took` asked for an end before that.
  private func advance(
    _ spec: RunSpec, until views: [TrainerCell], _ forks: [Int]
  ) throws -> Computed? {
    let name = "every-\(spec.logInterval)"
    let run = RunDirectory(directory.folder(of: claim) + "/" + name)
    func openForks() -> [Int] {
      forks.filter {
        !directory.hasFork(Trajectory.Origin(spec: spec, key: trajectory.key, step: $0))
      }
    }
    func observer() -> TrajectoryObserver {
      TrajectoryObserver(
        views: views, follow: true, forks: openForks(), took: took,
        keep: { [self] (point) throws(TrainingError) in try leave(point, spec) })
    }
    // A run that has gone past the step of a fork can no longer give its state.
    if try !run.takeOver(spec, from: try earlierRuns(name), through: forks.first) {
      let observer = observer()
      let memory = try performInMemory(spec, from: origin, observer)
      if memory.hasEnded { try leave(nil, spec, at: forks) }
      if observer.isDone || memory.hasEnded {
        return Computed(
          trace: memory.trace, initialSquaredNorm: memory.initialSquaredNorm,
          performed: { memory.performed($0, trace: $1, outcome: $2) })
      }
      try memory.write(to: run)
      if memory.ending == .interrupted { return nil }
    }
    if try !isFarEnough(run, spec, views, forks) {
      let observer = observer()
      switch try performer(spec, run).perform(resume: true, observer: observer) {
      case .interrupted: if !observer.isDone { return nil }
      case .finished, .alreadyFinished: try leave(nil, spec, at: forks)
      }
      try run.keepResumeCheckpoints(1)
    }
    return Computed(
      trace: try run.readTracePrefix(of: spec),
      initialSquaredNorm: try RunEngine(spec: spec, threads: 1).initialSquaredNorm,
      performed: { try run.performed($0, trace: $1, outcome: $2) })
  }

  /// The state from which this trajectory forks. Nil if it begins by itself, including when the
  /// other trajectory ended before, or its state is invalid. The result is the same.
  private var origin: ForkPoint? {
    trajectory.origin.flatMap { origin in
      RunDirectory(directory.fork(origin)).readForkPoint(origin.spec, step: origin.step)
    }
  }

  private func leave(_ point: ForkPoint, _ spec: RunSpec) throws(TrainingError) {
    try leave(point, spec, at: [point.step])
    forked(point.step)
  }

  /// Leaves a state for others; or nil, to say that there is none because the run ended before.
  private func leave(_ point: ForkPoint?, _ spec: RunSpec, at steps: [Int]) throws(TrainingError) {
    for step in steps {
      let origin = Trajectory.Origin(spec: spec, key: trajectory.key, step: step)
      _ = try RunDirectory.write(point, of: spec, to: directory.fork(origin))
    }
    if point == nil { forked(nil) }
  }

  private func isFarEnough(
    _ run: RunDirectory, _ spec: RunSpec, _ views: [TrainerCell], _ forks: [Int]
  ) throws(TrainingError) -> Bool {
    guard forks.isEmpty else { return false }
    if try run.readOutcome() != nil { return true }
    let trace = try run.readTracePrefix(of: spec)
    return views.allSatisfy { View.trace(of: $0, in: trace) != nil }
  }

  /// Performs the run of a cell by itself; nil if it was ended early.
  private func performAlone(_ cell: TrainerCell) throws -> BundleWriter.Prepared? {
    let run = RunDirectory(directory.folder(of: claim) + "/" + cell.runID)
    if try !run.takeOver(cell.spec, from: try earlierRuns(cell.runID)) {
      let memory = try performInMemory(
        cell.spec, TrajectoryObserver(views: [cell], follow: false, took: took))
      if case .ended(let outcome) = memory.ending {
        let performed = memory.performed(cell.spec, trace: memory.trace, outcome: outcome)
        return BundleWriter.prepare(performed, thin: true)
      }
      try memory.write(to: run)
      if memory.ending == .interrupted { return nil }
    }
    let observer = TrajectoryObserver(views: [cell], follow: false, took: took)
    if case .interrupted = try performer(cell.spec, run).perform(resume: true, observer: observer) {
      return nil
    }
    try run.recordDays()
    return try BundleWriter.prepare(runDirectory: run.path, thin: true)
  }

  private func earlierRuns(_ name: String) throws -> [RunDirectory] {
    try directory.earlierFolders(of: claim).map { RunDirectory($0 + "/" + name) }
  }

  private func performInMemory(
    _ spec: RunSpec, from point: ForkPoint? = nil, _ observer: TrajectoryObserver
  ) throws(TrainingError) -> MemoryRun {
    try MemoryRun(
      performing: spec, from: point, threads: 1, command: command, before: before,
      patienceSeconds: patienceSeconds, observer: observer)
  }

  private func performer(_ spec: RunSpec, _ run: RunDirectory) -> RunPerformer {
    var performer = RunPerformer(spec: spec, directory: run, threads: 1)
    performer.command = command
    performer.before = before
    return performer
  }
}

/// Ends the performance of a trajectory when all views have ended and all forks have their states.
private final class TrajectoryObserver: RunObserver {
  private var views: [View]
  /// Whether the work ends with the views and forks. Else the run ends by itself.
  private let follow: Bool
  /// The steps whose states have not been left yet, ascending.
  private var forks: ArraySlice<Int>
  /// The step at which a view has just memorised, if others will go on from its state.
  private var memorized: Int?
  private let report: (Int, Int) -> Bool
  private let leave: (ForkPoint) throws(TrainingError) -> Void
  private var start: RunStart?
  private var end = 0

  init(
    views: [TrainerCell], follow: Bool, forks: [Int] = [],
    took: @escaping (Int, Int) -> Bool,
    keep: @escaping (ForkPoint) throws(TrainingError) -> Void = { (_) throws(TrainingError) in }
  ) {
    self.views = views.map { View($0) }
    self.follow = follow
    self.forks = forks[...]
    report = took
    leave = keep
  }

  var isDone: Bool { views.allSatisfy(\.hasEnded) && forks.isEmpty }

  func begins(_ start: RunStart) {
    self.start = start
    for row in start.trace.metrics { see(row) }
    memorized = nil
    estimateEnd()
  }

  func logged(_ row: MetricsRow) {
    see(row)
    estimateEnd()
  }

  private func see(_ row: MetricsRow) {
    for index in views.indices where views[index].see(row) {
      if views[index].cell.cell.isForkedAtMemorization,
        views[index].memorizationStep == row.step
      {
        memorized = row.step
      }
    }
  }

  private func estimateEnd() { end = (views.map(\.expectedEnd) + forks.suffix(1)).max() ?? 0 }

  func wantsState(of step: Int) -> Bool { forks.first == step || memorized == step }

  func keep(_ state: Checkpoint, _ trace: Trace) throws(TrainingError) {
    guard let start else { return }
    try leave(ForkPoint(state, trace, environment: start.environment, started: start.started))
    if forks.first == state.step { forks = forks.dropFirst() }
  }

  func took(step: Int) -> Bool {
    let isAskedToEnd = report(step, end)
    return isAskedToEnd || follow && isDone
  }
}
