/// The outcome of a run, derived only from its trace and its stop rule.
///
/// Definitions of arXiv 2603.13331: T_mem (T_grok) is the first logged step with training
/// (validation) accuracy at or above the threshold; V_mem is V at T_mem; V_post is V at the end of
/// the run. All of them depend on the log interval.
public struct Outcome: Sendable, Hashable {
  public enum StopReason: String, Sendable, CaseIterable {
    /// More than `stepsAfterGrokking` steps after T_grok were taken.
    case grokked
    /// `maxSteps` were taken.
    case maxSteps = "max-steps"
    /// A loss was not finite.
    case diverged
  }

  public var memorizationStep: Int?
  public var grokkingStep: Int?
  /// V before the first update.
  public var initialSquaredNorm: Double
  public var squaredNormAtMemorization: Double?
  public var finalSquaredNorm: Double?
  public var lastStep: Int
  public var stopReason: StopReason

  /// - Parameter lastStep: The last step taken; −1 if the run diverged at step 0.
  public init(
    trace: Trace, stop: StopRule, initialSquaredNorm: Double, lastStep: Int, stopReason: StopReason
  ) {
    let memorized = trace.metrics.first { $0.trainAccuracy >= stop.memorized }
    memorizationStep = memorized?.step
    squaredNormAtMemorization = memorized?.squaredNorm
    grokkingStep = trace.metrics.first { $0.validationAccuracy >= stop.grokked }?.step
    self.initialSquaredNorm = initialSquaredNorm
    finalSquaredNorm = trace.metrics.last?.squaredNorm
    self.lastStep = lastStep
    self.stopReason = stopReason
  }

  /// T_grok − T_mem, in steps.
  public var delay: Int? {
    guard let grokkingStep, let memorizationStep else { return nil }
    return grokkingStep - memorizationStep
  }
}

extension Outcome {
  /// The content of `outcome.json`.
  public var json: CanonicalJSON {
    func number(_ value: Double?) -> CanonicalJSON { value.map(CanonicalJSON.number) ?? .null }
    func integer(_ value: Int?) -> CanonicalJSON { value.map { CanonicalJSON($0) } ?? .null }
    return [
      "t_mem": integer(memorizationStep),
      "t_grok": integer(grokkingStep),
      "delay": integer(delay),
      "v_initial": .number(initialSquaredNorm),
      "v_mem": number(squaredNormAtMemorization),
      "v_post": number(finalSquaredNorm),
      "last_step": CanonicalJSON(lastStep),
      "stop_reason": .string(stopReason.rawValue),
    ]
  }

  /// Reads what `json` wrote; nil for anything else.
  public init?(json: CanonicalJSON) {
    guard let initial = json["v_initial"]?.doubleValue, initial >= 0,
      let last = json["last_step"]?.intValue,
      let reason = json["stop_reason"]?.stringValue.flatMap(StopReason.init)
    else { return nil }
    memorizationStep = json["t_mem"]?.intValue
    grokkingStep = json["t_grok"]?.intValue
    initialSquaredNorm = initial
    squaredNormAtMemorization = json["v_mem"]?.doubleValue
    finalSquaredNorm = json["v_post"]?.doubleValue
    lastStep = last
    stopReason = reason
    guard self.json == json else { return nil }
  }
}
