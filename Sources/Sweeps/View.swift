internal import RunRecords
internal import Training

/// The rows of a trajectory that one config logs, as they come.
struct View {
  let cell: TrainerCell
  private var course: RunCourse

  init(_ cell: TrainerCell) {
    self.cell = cell
    course = RunCourse(cell.spec)
  }

  /// Why the run of this config ends, once it has ended.
  var stopReason: Outcome.StopReason? { course.stopReason }
  var hasEnded: Bool { stopReason != nil }

  /// T_mem, once it is known.
  var memorizationStep: Int? { course.memorizationStep }

  /// The step at which the run will end, as far as is known.
  var expectedEnd: Int {
    if course.grokkingStep == nil, let expected = cell.expectedSteps, expected > course.lastStep {
      return min(expected, course.schedule.lastStep)
    }
    return course.expectedEnd
  }

  /// Takes the next row of the trajectory. Returns whether it is one of the view's own rows.
  mutating func see(_ row: MetricsRow) -> Bool { course.advance(by: row) }

  /// The trace that a direct run of the cell's config records; nil if `trace` does not go far
  /// enough.
  static func trace(of cell: TrainerCell, in trace: Trace) -> (trace: Trace, Outcome.StopReason)? {
    var view = View(cell)
    var own = Trace(addedHeadings: trace.addedHeadings)
    for (row, hashes) in zip(trace.metrics, trace.hashes) where view.see(row) {
      own.metrics.append(row)
      own.hashes.append(hashes)
    }
    return view.stopReason.map { (own, $0) }
  }
}
