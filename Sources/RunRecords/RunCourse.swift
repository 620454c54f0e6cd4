internal import Catalogue

/// How far a run has got, judged by its rows: which row comes next, and whether the run has ended.
public struct RunCourse: Sendable, Hashable {
  public let schedule: Schedule
  /// T_mem: the first logged step with training accuracy at or above the threshold.
  public private(set) var memorizationStep: Int?
  /// T_grok: the first logged step with validation accuracy at or above the threshold.
  public private(set) var grokkingStep: Int?
  /// Why the run ends after the last row; nil while it continues.
  public private(set) var stopReason: Outcome.StopReason?
  /// The step of the last row; −1 before the first.
  public private(set) var lastStep = -1

  public init(_ schedule: Schedule) { self.schedule = schedule }
  public init(_ spec: RunSpec) { self.init(Schedule(spec)) }

  /// The step of the row that the config demands next; nil if the run has ended. If the run
  /// diverges, its loss stops being finite after the last row and no later than at this step.
  public var nextStep: Int? {
    guard stopReason == nil else { return nil }
    return lastStep < 0 ? 0 : lastStep + schedule.logInterval
  }

  /// Goes on by the row of `nextStep`. Any other row does not belong there and changes nothing.
  ///
  /// - Returns: Whether it was that row.
  @discardableResult
  public mutating func advance(by row: MetricsRow) -> Bool {
    guard row.step == nextStep else { return false }
    lastStep = row.step
    if memorizationStep == nil && row.trainAccuracy >= schedule.stop.memorized {
      memorizationStep = row.step
    }
    if grokkingStep == nil && row.validationAccuracy >= schedule.stop.grokked {
      grokkingStep = row.step
    }
    stopReason = schedule.reasonToStop(after: row.step, grokkingStep: grokkingStep)
    return true
  }

  /// The step at which the run will end if nothing changes.
  public var expectedEnd: Int { schedule.expectedEnd(grokkingStep: grokkingStep) }
}

extension Outcome {
  /// The outcome of a finished run whose trace is `trace`. How it ended follows from its rows: if
  /// neither the stop rule nor the last step ended it, it diverged.
  ///
  /// - Parameter initialSquaredNorm: V before the first update, which no trace contains.
  /// - Throws: `RecordError.trace` if a row is not the one that the config demands there, comes
  ///   after the end, or has a value that no such run can have.
  public init(
    of trace: Trace, spec: RunSpec, initialSquaredNorm: Double
  ) throws(RecordError) {
    var course = RunCourse(spec)
    let (training, validation) = (spec.task.trainCount, spec.task.validationCount)
    guard trace.addedHeadings == spec.addedHeadings else {
      throw .trace(
        file: "metrics.csv", line: 1,
        reason: "the header is not \"\(MetricsRow.header(added: spec.addedHeadings))\"")
    }
    let tensors = spec.pairing.tensors.map { $0.name }
    let areShares = spec.logColumns.flatMap { column in
      column.headings(tensors: tensors).map { _ in column.isShare }
    }
    for (index, row) in trace.metrics.enumerated() {
      func fault(_ reason: String) -> RecordError {
        .trace(file: "metrics.csv", line: index + 2, reason: reason)
      }
      guard let next = course.nextStep else {
        throw fault("the run ended with step \(course.lastStep)")
      }
      guard course.advance(by: row) else {
        throw fault("it is of step \(row.step), and the row of step \(next) comes here")
      }
      guard row.trainLoss >= 0, row.validationLoss >= 0, row.squaredNorm >= 0 else {
        throw fault("a loss or a squared norm is below 0")
      }
      guard row.trainAccuracy.isShare(of: training),
        row.validationAccuracy.isShare(of: validation)
      else {
        throw fault(
          "an accuracy is not a number of examples divided by \(training) (training) or "
            + "\(validation) (validation)")
      }
      for (value, isShare) in zip(row.added, areShares) {
        guard isShare ? value.isShare(of: training) : value >= 0 else {
          throw fault(
            isShare
              ? "a share is not a number of examples divided by \(training)"
              : "a squared norm is below 0")
        }
      }
    }
    self.init(
      trace: trace, stop: spec.stop, initialSquaredNorm: initialSquaredNorm,
      lastStep: course.lastStep, stopReason: course.stopReason ?? .diverged)
  }
}

extension Double {
  /// Whether it is k ÷ `count` in binary64 for some k = 0 … `count`.
  fileprivate func isShare(of count: Int) -> Bool {
    guard self >= 0, self <= 1 else { return false }
    return (self * Double(count)).rounded() / Double(count) == self
  }
}
