public import RunRecords

/// Performs recorded runs of our trainer again; tests put another in its place.
public protocol Reexecutor: Sendable {
  /// Whether it has this version of the arithmetic.
  func supports(numerics: Int) -> Bool

  /// Prepares a run for its first step, or for the step after `checkpoint`.
  ///
  /// May be called on several threads at once; each uses what it gets alone.
  func start(
    _ spec: RunSpec, from checkpoint: Checkpoint?, threads: Int
  ) throws -> any Reexecution
}

/// A run being performed again, a step at a time.
public protocol Reexecution {
  /// V before the first update.
  var initialSquaredNorm: Double { get }
  /// The last step taken; −1 before the first.
  var step: Int { get }
  /// Takes the next step; false when its loss is not finite, which ends the run.
  mutating func advance() throws -> Bool
  /// The row of metrics at the current step; nil when a value is not finite, which ends the run.
  func metrics() throws -> MetricsRow?
  /// The state after the current step.
  func checkpoint() -> Checkpoint
  /// The logits of every pair of operands after the current step, that of class c for (a, b) at
  /// (a·p + b)·p + c; nil where the run has none.
  func pairLogits() -> [Float]?
}

extension Reexecution {
  public func pairLogits() -> [Float]? { nil }
}
