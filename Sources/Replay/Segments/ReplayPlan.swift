package import RunRecords

/// Which rows and checkpoints the config demands, as far as a recorded trace follows it.
///
/// Through the stop rule, a trace decides its own end. As long as a replay agrees with every row,
/// the stop rule gives it the same end as the recorded rows give. If a row disagrees, the replay
/// ends anyway.
package struct ReplayPlan: Sendable {
  /// Steps with a row that the config demands and that the trace has, up to the first departure.
  package var loggedSteps: [Int] = []
  /// Steps with a checkpoint that the config demands, up to the first departure.
  package var checkpointSteps: [Int] = []
  /// Why the run ends after `loggedSteps`.
  package var stopReason = Outcome.StopReason.maxSteps
  /// The first place where the trace or the list of checkpoints departs from what the config
  /// demands.
  package var departure: ReplayFinding?

  /// The step of the last row; −1 if there is none.
  package var lastStep: Int { loggedSteps.last ?? -1 }
  /// The last step that is taken: the step of the last row. If the record says that the loss
  /// stopped being finite after that row, it is the step of the next row that the config demands.
  package private(set) var lastStepTaken = -1

  /// - Parameters:
  ///   - steps: The steps of the kept checkpoints, ascending.
  ///   - diverged: Whether the record says that a loss was not finite after the last row.
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
      // The end is not known, so no final checkpoint is demanded.
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
