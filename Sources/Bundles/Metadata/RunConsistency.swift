import RunRecords

/// What the records of a run must say of each other.
enum RunConsistency {
  /// The steps whose checkpoints a run keeps: of the logged ones those that the interval divides, and the last.
  static func checkpointSteps(spec: RunSpec, trace: Trace) -> [Int] {
    guard spec.checkpointInterval > 0, let last = trace.metrics.last?.step else { return [] }
    return trace.metrics.map(\.step).filter { $0 % spec.checkpointInterval == 0 || $0 == last }
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
    let grokking = trace.metrics.first { $0.validationAccuracy >= spec.stop.grokked }?.step
    let end = grokking.flatMap { grokking in
      trace.metrics.first { $0.step - grokking > spec.stop.stepsAfterGrokking }?.step
    }
    if let end, end < last { throw damaged("it goes on after the stop rule's end, step \(end)") }
    let reason: Outcome.StopReason =
      if end != nil {
        .grokked
      } else if spec.maxSteps - last <= spec.logInterval && last >= 0 {
        .maxSteps
      } else {
        .diverged
      }
    return Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: initialSquaredNorm, lastStep: last,
      stopReason: reason)
  }
}
