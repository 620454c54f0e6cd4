import RunRecords

/// What the records of a run must say of each other.
enum RunConsistency {
  /// The steps whose checkpoints a run keeps: of the logged ones those that the interval divides, and the last, whose
  /// state only a run that diverged has lost.
  static func checkpointSteps(spec: RunSpec, trace: Trace) -> [Int] {
    guard spec.checkpointInterval > 0, let last = trace.metrics.last?.step else { return [] }
    let final = stopReason(of: trace, spec: spec) == .diverged ? nil : last
    return trace.metrics.map(\.step).filter { $0 % spec.checkpointInterval == 0 || $0 == final }
  }

  /// Why a run ended whose trace is `trace`.
  private static func stopReason(of trace: Trace, spec: RunSpec) -> Outcome.StopReason {
    if stopRuleEnd(of: trace, spec: spec) != nil { return .grokked }
    let last = trace.metrics.last?.step ?? -1
    return spec.maxSteps - last <= spec.logInterval && last >= 0 ? .maxSteps : .diverged
  }

  /// The step after which the stop rule ends the run, if it does.
  private static func stopRuleEnd(of trace: Trace, spec: RunSpec) -> Int? {
    let grokking = trace.metrics.first { $0.validationAccuracy >= spec.stop.grokked }?.step
    return grokking.flatMap { grokking in
      trace.metrics.first { $0.step - grokking > spec.stop.stepsAfterGrokking }?.step
    }
  }

  /// The outcome that the trace of a finished run gives.
  ///
  /// The norm before the first update is not in the trace, and is taken as given.
  static func outcome(
    of trace: Trace, spec: RunSpec, initialSquaredNorm: Double
  ) throws(BundleError) -> Outcome {
    func damaged(_ detail: String) -> BundleError {
      .damaged(.trace, member: MemberName.metrics.path, detail: detail)
    }
    for (index, row) in trace.metrics.enumerated() where row.step != index * spec.logInterval {
      throw damaged("row \(index + 1) is not of step \(index * spec.logInterval)")
    }
    let last = trace.metrics.last?.step ?? -1
    guard last < spec.maxSteps else { throw damaged("it goes on after the last step") }
    if let end = stopRuleEnd(of: trace, spec: spec), end < last {
      throw damaged("it goes on after the stop rule's end, step \(end)")
    }
    return Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: initialSquaredNorm, lastStep: last,
      stopReason: stopReason(of: trace, spec: spec))
  }
}
