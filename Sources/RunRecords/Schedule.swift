/// Which steps of a run have a row, which checkpoints are kept, and where the run ends (SPEC.md 2.2
/// to 2.5). Everything that performs, reads, compares or derives a run uses these rules.
public struct Schedule: Sendable, Hashable {
  public let maxSteps: Int
  public let logInterval: Int
  public let checkpointInterval: Int
  public let stop: StopRule

  public init(_ spec: RunSpec) {
    maxSteps = spec.maxSteps
    logInterval = spec.logInterval
    checkpointInterval = spec.checkpointInterval
    stop = spec.stop
  }

  /// The last step that may be taken. Steps after it would leave no record.
  public var lastStep: Int { (maxSteps - 1) / logInterval * logInterval }

  public func isLogged(_ step: Int) -> Bool { step % logInterval == 0 }

  /// Whether the checkpoint of `step` is kept because of the interval. The checkpoint of the last
  /// step is kept, too.
  public func isCheckpointed(_ step: Int) -> Bool {
    checkpointInterval > 0 && step % checkpointInterval == 0
  }

  /// The steps whose checkpoints are kept by a run that ended like this. A run that diverged has
  /// lost its last logged state, so it keeps only those of the interval; none if it has no row
  /// (last step −1).
  public func checkpointSteps(lastStep: Int, stopReason: Outcome.StopReason) -> [Int] {
    guard checkpointInterval > 0 else { return [] }
    var steps = Array(stride(from: 0, through: lastStep, by: checkpointInterval))
    if stopReason != .diverged, steps.last != lastStep { steps.append(lastStep) }
    return steps
  }

  /// The reason to end after the logged step `step`, if there is one.
  public func reasonToStop(after step: Int, grokkingStep: Int?) -> Outcome.StopReason? {
    if let grokkingStep, step - grokkingStep > stop.stepsAfterGrokking { return .grokked }
    return step >= lastStep ? .maxSteps : nil
  }

  /// The step at which the run will end if nothing changes: after grokking, or at the last step.
  public func expectedEnd(grokkingStep: Int?) -> Int {
    guard let grokkingStep else { return lastStep }
    let first = (grokkingStep + stop.stepsAfterGrokking) / logInterval * logInterval + logInterval
    return min(first, lastStep)
  }
}

extension RunSpec {
  /// 16 hexadecimal digits that are equal for runs that take the same steps and log the same
  /// columns, however long they are and however often they are logged (SPEC.md 2.8).
  public var trajectoryKey: String {
    var spec = self
    spec.maxSteps = 1
    spec.logInterval = 1
    spec.checkpointInterval = 0
    spec.stop = StopRule(memorized: 1, grokked: 1, stepsAfterGrokking: 0)
    return spec.runID
  }
}
