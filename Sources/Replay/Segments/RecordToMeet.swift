package import Comparison
package import RunRecords

/// What a recorded run of the trainer says of every step, and what it means when the run is
/// performed again and says something else. Whoever performs it decides where steps and checkpoints
/// come from.
package struct RecordToMeet: Sendable {
  package let spec: RunSpec
  package let plan: ReplayPlan
  private let trace: Trace
  private let metrics: [Int: MetricsRow]
  private let hashes: [Int: HashRow]
  private let columns: [TraceDifference.Column]

  package init(spec: RunSpec, plan: ReplayPlan, trace: Trace) {
    self.spec = spec
    self.plan = plan
    self.trace = trace
    columns = TraceDifference.Column.common(trace, trace)
    let logged = Set(plan.loggedSteps)
    metrics = Dictionary(
      uniqueKeysWithValues: trace.metrics.lazy.filter { logged.contains($0.step) }
        .map { ($0.step, $0) })
    hashes = Dictionary(
      uniqueKeysWithValues: trace.hashes.lazy.filter { logged.contains($0.step) }
        .map { ($0.step, $0) })
  }

  /// Whether the record has a row of that step.
  package func hasRow(_ step: Int) -> Bool { metrics[step] != nil && hashes[step] != nil }

  /// The cells of the row of that step that came out otherwise.
  ///
  /// - Precondition: The record has the row.
  package func cells(
    otherThan replayed: (metrics: MetricsRow, hashes: HashRow)
  ) -> [CellDifference] {
    let step = replayed.metrics.step
    return CellDifference.all(
      between: (metrics[step]!, hashes[step]!), and: replayed, in: columns)
  }

  /// What it means that the loss of `step` is not finite: what the record says after its last row,
  /// and a difference before.
  package func divergence(at step: Int) -> ReplayFinding? {
    step > plan.lastStep && plan.stopReason == .diverged ? nil : .diverged(step: step)
  }

  /// How the recorded outcome differs from what follows from the rows and V before the first
  /// update.
  package func finding(outcome: CanonicalJSON, initialSquaredNorm: Double) -> ReplayFinding? {
    let expected = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: initialSquaredNorm,
      lastStep: plan.lastStep, stopReason: plan.stopReason)
    let keys = KeyDifference.all(between: outcome, and: expected.json)
    return keys.isEmpty ? nil : .outcome(step: plan.lastStep, keys)
  }
}
