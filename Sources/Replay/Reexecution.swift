public import RunRecords

/// Performs recorded runs of our trainer again. Tests use another implementation.
public protocol Reexecutor: Sendable {
  /// Whether it implements this version of the arithmetic.
  func supports(numerics: Int) -> Bool

  /// Prepares a run for its first step, or for the step after `checkpoint`.
  ///
  /// Several threads may call it at once. Each uses its own result alone.
  func start(
    _ spec: RunSpec, from checkpoint: Checkpoint?, threads: Int
  ) throws -> any Reexecution
}

/// A run that is being performed again, one step at a time.
public protocol Reexecution {
  /// V before the first update.
  var initialSquaredNorm: Double { get }
  /// The last step taken; −1 before the first.
  var step: Int { get }
  /// Takes the next step. Returns false if the loss is not finite, which ends the run.
  mutating func advance() throws -> Bool
  /// The row of metrics at the current step; nil if a value is not finite, which ends the run.
  func metrics() throws -> MetricsRow?
  /// The state after the current step.
  func checkpoint() -> Checkpoint
  /// The logits of every pair of operands after the current step: that of class c for (a, b) is at
  /// (a·p + b)·p + c. Nil if the run has no such logits.
  func pairLogits() -> [Float]?
}

extension Reexecution {
  public func pairLogits() -> [Float]? { nil }
}
