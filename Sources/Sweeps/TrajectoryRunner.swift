internal import Bundles
internal import RunRecords
internal import Training

/// Computes one trajectory as far as its open cells need, and seals them.
///
/// It is performed in memory first, and goes into a directory when it takes longer than may be lost. Whoever calls it
/// has the trajectory's claim.
struct TrajectoryRunner {
  let trajectory: Trajectory
  let directory: SweepDirectory
  let claim: Claim
  let command: [String]
  let before: [CanonicalJSON.Key: CanonicalJSON]
  /// How long a run is performed in memory.
  let patienceSeconds: Double
  /// Sees each step: the step, the one at which the work will end as far as is known. True asks for an end.
  let took: (_ step: Int, _ end: Int) -> Bool
  /// What has become of a cell.
  let finished: (TrainerCell, Result<SweepSealing, any Error>) -> Void

  /// Whether the work was ended before it was done, as `took` asked.
  func perform(_ open: [TrainerCell]) -> Bool {
    let views = open.filter { $0.spec.checkpointInterval == 0 }
    var direct = open.filter { $0.spec.checkpointInterval != 0 }
    if let spec = trajectory.spec, !views.isEmpty {
      do {
        guard let computed = try advance(spec, until: views) else { return true }
        for cell in views {
          guard let (own, reason) = View.trace(of: cell, in: computed.trace) else {
            // The trajectory diverged before this view's end, at a step that the view may not look at.
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
  /// The steps that views look at.
  private struct Computed {
    var trace: Trace
    var initialSquaredNorm: Double
    /// The run of a view, as it is sealed.
    var performed: (RunSpec, Trace, Outcome) throws -> PerformedRun
  }

  /// Takes steps until every view has ended, or the trajectory has diverged; nil when `took` asked for an end before.
  private func advance(_ spec: RunSpec, until views: [TrainerCell]) throws -> Computed? {
    let name = "every-\(spec.logInterval)"
    let run = RunDirectory(directory.folder(of: claim) + "/" + name)
    if try !run.takeOver(spec, from: try earlierRuns(name)) {
      let observer = TrajectoryObserver(views: views, follow: true, took: took)
      let memory = try performInMemory(spec, observer)
      if observer.haveAllEnded || memory.hasEnded {
        return Computed(
          trace: memory.trace, initialSquaredNorm: memory.initialSquaredNorm,
          performed: { memory.performed($0, trace: $1, outcome: $2) })
      }
      try memory.write(to: run)
      if memory.ending == .interrupted { return nil }
    }
    if try !isFarEnough(run, spec, views) {
      let observer = TrajectoryObserver(views: views, follow: true, took: took)
      let ending = try performer(spec, run).perform(resume: true, observer: observer)
      if case .interrupted = ending, !observer.haveAllEnded { return nil }
      try run.keepResumeCheckpoints(1)
    }
    return Computed(
      trace: try run.readTracePrefix(Schedule(spec)),
      initialSquaredNorm: try RunEngine(spec: spec, threads: 1).initialSquaredNorm,
      performed: { try run.performed($0, trace: $1, outcome: $2) })
  }

  private func isFarEnough(
    _ run: RunDirectory, _ spec: RunSpec, _ views: [TrainerCell]
  ) throws(TrainingError) -> Bool {
    if try run.readOutcome() != nil { return true }
    let trace = try run.readTracePrefix(Schedule(spec))
    return views.allSatisfy { View.trace(of: $0, in: trace) != nil }
  }

  /// Performs the run of a cell by itself; nil when it was ended before.
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
    _ spec: RunSpec, _ observer: TrajectoryObserver
  ) throws(TrainingError) -> MemoryRun {
    try MemoryRun(
      performing: spec, threads: 1, command: command, before: before,
      patienceSeconds: patienceSeconds, observer: observer)
  }

  private func performer(_ spec: RunSpec, _ run: RunDirectory) -> RunPerformer {
    var performer = RunPerformer(spec: spec, directory: run, threads: 1)
    performer.command = command
    performer.before = before
    return performer
  }
}

/// Ends the performing of a trajectory when all views have ended.
private final class TrajectoryObserver: RunObserver {
  private var views: [View]
  /// Whether the end of the views is the end of the work; else the run ends by itself.
  private let follow: Bool
  private let report: (Int, Int) -> Bool
  private var end = 0

  init(views: [TrainerCell], follow: Bool, took: @escaping (Int, Int) -> Bool) {
    self.views = views.map { View($0) }
    self.follow = follow
    report = took
  }

  var haveAllEnded: Bool { views.allSatisfy(\.hasEnded) }

  func begins(_ start: RunStart) {
    for row in start.trace.metrics { see(row) }
    end = views.map(\.expectedEnd).max() ?? 0
  }

  func logged(_ row: MetricsRow) {
    see(row)
    end = views.map(\.expectedEnd).max() ?? 0
  }

  private func see(_ row: MetricsRow) {
    for index in views.indices { _ = views[index].see(row) }
  }

  func took(step: Int) -> Bool {
    let isAskedToEnd = report(step, end)
    return isAskedToEnd || follow && haveAllEnded
  }
}
