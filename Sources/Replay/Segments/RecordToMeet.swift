package import Comparison
package import RunRecords

/// What a recorded run of the trainer says about every step, and what it means if a replay says
/// something else. It does not matter where the replayed steps and checkpoints come from.
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

  /// Whether the record has a row for that step.
  package func hasRow(_ step: Int) -> Bool { metrics[step] != nil && hashes[step] != nil }

  /// The cells of that step's row that differ from the replay.
  ///
  /// - Precondition: The record has the row.
  package func cells(
    otherThan replayed: (metrics: MetricsRow, hashes: HashRow)
  ) -> [CellDifference] {
    let step = replayed.metrics.step
    return CellDifference.all(
      between: (metrics[step]!, hashes[step]!), and: replayed, in: columns)
  }

  /// What it means if the loss of `step` is not finite. After the last row of a run that diverged
  /// it agrees with the record (nil); otherwise it is a difference.
  package func divergence(at step: Int) -> ReplayFinding? {
    step > plan.lastStep && plan.stopReason == .diverged ? nil : .diverged(step: step)
  }

  /// How the recorded outcome differs from the one that follows from the rows and from V before the
  /// first update; nil if it does not.
  package func finding(outcome: CanonicalJSON, initialSquaredNorm: Double) -> ReplayFinding? {
    let expected = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: initialSquaredNorm,
      lastStep: plan.lastStep, stopReason: plan.stopReason)
    let keys = KeyDifference.all(between: outcome, and: expected.json)
    return keys.isEmpty ? nil : .outcome(step: plan.lastStep, keys)
  }
}
