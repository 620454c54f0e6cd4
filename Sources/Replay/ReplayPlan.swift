package import RunRecords
import Training

/// Which rows and checkpoints the config demands, as far as a recorded trace follows it.
///
/// A trace decides its own end through the stop rule. As long as a replay agrees with every row, the
/// stop rule read from the recorded rows is the one the replay itself would obey; where a row
/// disagrees, the replay ends anyway.
package struct ReplayPlan: Sendable {
  /// Steps with a row that the config demands and the trace has, up to the first departure.
  package var loggedSteps: [Int] = []
  /// Steps with a checkpoint that the config demands, up to the first departure.
  package var checkpointSteps: [Int] = []
  /// Why the run ends after `loggedSteps`.
  package var stopReason = Outcome.StopReason.maxSteps
  /// The first place where the trace or the list of checkpoints is not as the config demands.
  package var departure: ReplayFinding?

  /// The step of the last row; −1 when there is none.
  package var lastStep: Int { loggedSteps.last ?? -1 }

  /// - Parameters:
  ///   - steps: Steps of the kept checkpoints, ascending.
  ///   - diverged: The record says that a loss was not finite after the last row.
  package init(spec: RunSpec, trace: Trace, checkpointSteps steps: [Int], diverged: Bool) {
    let schedule = Schedule(spec)
    var rows = trace.metrics[...]
    var grokkingStep: Int?
    var end: Outcome.StopReason?
    var next = 0
    while end == nil, let row = rows.first, row.step == next {
      rows.removeFirst()
      loggedSteps.append(next)
      if grokkingStep == nil && row.validationAccuracy >= spec.stop.grokked { grokkingStep = next }
      end = schedule.reasonToStop(after: next, grokkingStep: grokkingStep)
      next += spec.logInterval
    }
    if end == nil && rows.isEmpty && diverged { end = .diverged }
    if let end {
      stopReason = end
      departure = rows.first.map { .unexpectedRow(step: $0.step) }
    } else if let row = rows.first, row.step < next {
      departure = .unexpectedRow(step: row.step)
    } else {
      departure = .noRow(step: next)
    }
    planCheckpoints(schedule, kept: steps)
  }

  private mutating func planCheckpoints(_ schedule: Schedule, kept: [Int]) {
    checkpointSteps = schedule.checkpointSteps(lastStep: lastStep, stopReason: stopReason)
    guard departure == nil else {
      // Nothing is known of the end, so no final checkpoint is demanded.
      checkpointSteps.removeAll { !schedule.isCheckpointed($0) }
      return
    }
    let (demanded, kept) = (Set(checkpointSteps), Set(kept))
    guard let step = demanded.symmetricDifference(kept).min() else { return }
    departure =
      demanded.contains(step) ? .noCheckpoint(step: step) : .unexpectedCheckpoint(step: step)
    loggedSteps.removeAll { $0 > step }
    checkpointSteps.removeAll { $0 >= step }
  }
}
