package import RunRecords

/// Which rows and checkpoints the config demands, as far as a recorded trace follows it.
///
/// A trace decides its own end through the stop rule. As long as a replay agrees with every row,
/// the stop rule read from the recorded rows is the one the replay itself would obey; where a row
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
  /// The last step that is taken: that of the last row or, where the record says that a loss stops
  /// being finite after it, that of the row which the config demands next.
  package private(set) var lastStepTaken = -1

  /// - Parameters:
  ///   - steps: Steps of the kept checkpoints, ascending.
  ///   - diverged: The record says that a loss was not finite after the last row.
  package init(spec: RunSpec, trace: Trace, checkpointSteps steps: [Int], diverged: Bool) {
    var course = RunCourse(spec)
    var rows = trace.metrics[...]
    while let row = rows.first, course.advance(by: row) {
      rows.removeFirst()
      loggedSteps.append(row.step)
    }
    lastStepTaken = course.lastStep
    switch (course.nextStep, rows.first) {
    case (nil, let row):
      stopReason = course.stopReason ?? .maxSteps
      departure = row.map { .unexpectedRow(step: $0.step) }
    case (let next?, nil) where diverged:
      stopReason = .diverged
      lastStepTaken = next
    case (let next?, let row?) where row.step < next:
      departure = .unexpectedRow(step: row.step)
    case (let next?, _):
      departure = .noRow(step: next)
    }
    planCheckpoints(course.schedule, kept: steps)
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
    lastStepTaken = lastStep
  }
}
