internal import RunRecords
internal import Training

/// Computes one trajectory as far as its open cells need, and seals them.
///
/// Whoever calls it holds the trajectory's lock.
struct TrajectoryRunner {
  let trajectory: Trajectory
  let directory: SweepDirectory
  let command: [String]
  let before: [CanonicalJSON.Key: CanonicalJSON]
  /// Sees each step: the step, the one at which the work will end as far as is known. True asks for an end.
  let took: (_ step: Int, _ end: Int) -> Bool
  /// A cell has been sealed, or could not be; nil means done.
  let finished: (TrainerCell, (any Error)?) -> Void

  /// Whether the work was ended before it was done, as `took` asked.
  func perform(_ open: [TrainerCell]) -> Bool {
    let views = open.filter { $0.spec.checkpointInterval == 0 }
    var direct = open.filter { $0.spec.checkpointInterval != 0 }
    if let spec = trajectory.spec, !views.isEmpty {
      do {
        guard let trace = try advance(spec, until: views) else { return true }
        let initial = try RunEngine(spec: spec, threads: 1).initialSquaredNorm
        for cell in views {
          if let (own, reason) = View.trace(of: cell, in: trace) {
            let outcome = Outcome(
              trace: own, stop: cell.spec.stop, initialSquaredNorm: initial,
              lastStep: own.metrics.last?.step ?? -1, stopReason: reason)
            do {
              try seal(cell, of: spec, trace: own, outcome: outcome)
              finished(cell, nil)
            } catch {
              finished(cell, error)
            }
          } else {
            // The trajectory diverged before this view's end, at a step that the view may not look at.
            direct.append(cell)
          }
        }
      } catch {
        for cell in views { finished(cell, error) }
      }
    }
    for cell in direct {
      do {
        guard try performAlone(cell) else { return true }
        finished(cell, nil)
      } catch {
        finished(cell, error)
      }
    }
    return false
  }

  private func seal(
    _ cell: TrainerCell, of spec: RunSpec, trace: Trace, outcome: Outcome
  ) throws {
    let view = directory.runDirectory(of: cell, in: trajectory)
    try view.recordView(
      of: directory.runDirectory(of: trajectory, spec), spec: cell.spec, trace: trace,
      outcome: outcome)
    try directory.seal(view, as: cell)
  }

  /// Performs the run of a cell by itself; whether it came to its end.
  private func performAlone(_ cell: TrainerCell) throws -> Bool {
    let run = directory.runDirectory(of: cell, in: trajectory)
    let observer = TrajectoryObserver(views: [cell], follow: false, took: took)
    if case .interrupted = try performer(cell.spec, run).perform(resume: true, observer: observer) {
      return false
    }
    try run.recordDays()
    try directory.seal(run, as: cell)
    return true
  }

  private func performer(_ spec: RunSpec, _ run: RunDirectory) -> RunPerformer {
    var performer = RunPerformer(spec: spec, directory: run, threads: 1)
    performer.command = command
    performer.before = before
    return performer
  }

  /// Takes steps until every view has ended, or the trajectory has diverged; nil when `took` asked for an end before.
  private func advance(_ spec: RunSpec, until views: [TrainerCell]) throws(TrainingError) -> Trace?
  {
    let run = directory.runDirectory(of: trajectory, spec)
    let schedule = Schedule(spec)
    if try run.readSpec() == spec {
      let trace = try run.readTracePrefix(schedule)
      let areDone = views.allSatisfy { View.trace(of: $0, in: trace) != nil }
      let hasDiverged = try run.readOutcome() != nil
      if areDone || hasDiverged { return trace }
    }
    let observer = TrajectoryObserver(views: views, follow: true, took: took)
    let ending = try performer(spec, run).perform(resume: true, observer: observer)
    if case .interrupted = ending, !observer.haveAllEnded { return nil }
    try run.keepResumeCheckpoints(1)
    return try run.readTracePrefix(schedule)
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
