package import RunRecords

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
    var rows = trace.metrics[...]
    var grokkingStep: Int?
    var next = 0
    while next < spec.maxSteps {
      guard let row = rows.first, row.step <= next else {
        if rows.isEmpty && diverged {
          stopReason = .diverged
        } else {
          departure = .noRow(step: next)
        }
        break
      }
      guard row.step == next else { break }
      rows.removeFirst()
      loggedSteps.append(next)
      if grokkingStep == nil && row.validationAccuracy >= spec.stop.grokked { grokkingStep = next }
      if let grokkingStep, next > grokkingStep + spec.stop.stepsAfterGrokking {
        stopReason = .grokked
        break
      }
      next += spec.logInterval
    }
    if departure == nil, let row = rows.first { departure = .unexpectedRow(step: row.step) }
    planCheckpoints(spec: spec, kept: steps)
  }

  private mutating func planCheckpoints(spec: RunSpec, kept: [Int]) {
    if spec.checkpointInterval > 0, let last = loggedSteps.last {
      checkpointSteps = loggedSteps.filter { $0 % spec.checkpointInterval == 0 }
      // A run that diverges has lost the state of its last row, and after a departure nothing is known of the end.
      let endsOnRow = departure == nil && stopReason != .diverged
      if endsOnRow && checkpointSteps.last != last { checkpointSteps.append(last) }
    }
    guard departure == nil else { return }
    let (demanded, kept) = (Set(checkpointSteps), Set(kept))
    guard let step = demanded.symmetricDifference(kept).min() else { return }
    departure =
      demanded.contains(step) ? .noCheckpoint(step: step) : .unexpectedCheckpoint(step: step)
    loggedSteps.removeAll { $0 > step }
    checkpointSteps.removeAll { $0 >= step }
  }
}
