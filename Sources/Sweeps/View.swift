internal import RunRecords
internal import Training

/// The rows of a trajectory that one config looks at, as they come.
struct View {
  let cell: SweepCell
  private let schedule: Schedule
  private(set) var grokkingStep: Int?
  /// Why the run of this config ends, once it has.
  private(set) var stopReason: Outcome.StopReason?
  /// The step of its last row so far; −1 without rows.
  private(set) var lastStep = -1

  init(_ cell: SweepCell) {
    self.cell = cell
    schedule = Schedule(cell.spec)
  }

  var hasEnded: Bool { stopReason != nil }

  /// The step at which it will end, as far as is known.
  var expectedEnd: Int {
    if grokkingStep == nil, let expected = cell.expectedSteps, expected > lastStep {
      return min(expected, schedule.lastStep)
    }
    return schedule.expectedEnd(grokkingStep: grokkingStep)
  }

  /// Looks at the next row of the trajectory; whether it is one of the view's own.
  mutating func see(_ row: MetricsRow) -> Bool {
    guard !hasEnded, schedule.isLogged(row.step) else { return false }
    lastStep = row.step
    if grokkingStep == nil && row.validationAccuracy >= cell.spec.stop.grokked {
      grokkingStep = row.step
    }
    stopReason = schedule.reasonToStop(after: row.step, grokkingStep: grokkingStep)
    return true
  }

  /// The trace that a direct run of the cell's config records; nil when `trace` does not go far enough.
  static func trace(of cell: SweepCell, in trace: Trace) -> (trace: Trace, Outcome.StopReason)? {
    var view = View(cell)
    var own = Trace()
    for (row, hashes) in zip(trace.metrics, trace.hashes) where view.see(row) {
      own.metrics.append(row)
      own.hashes.append(hashes)
    }
    return view.stopReason.map { (own, $0) }
  }
}
