package import RunRecords

/// What one execution of a program gave, or what was adopted.
package struct ProgramAttempt: Sendable {
  package struct File: Sendable {
    /// As the record names it: `results/out/plot.png`.
    package var path: String
    package var size: Int
  }

  /// Where `results` and `checkpoints` lie.
  package var folder: String
  package var outcome: ProgramOutcome
  /// The curves that are compared, and those that are not.
  package var metrics: TraceTable
  package var observed: TraceTable
  /// What it found under keys that are not compared.
  package var observedOutcome: [CanonicalJSON.Key: CanonicalJSON]
  /// By path, as bytes sort.
  package var results: [File]
  package var checkpointSteps: [Int]
  /// Inputs that the program changed in place; they are results.
  package var changedInputs: [String]
  /// What was left out, what stands where nobody may expect it, what cannot be sealed: a sentence each.
  package var remarks: [String]
  /// Whether something that cannot be sealed is among the results.
  package var unsealable: [String]
  /// How long the program ran; 0 of what was adopted.
  package var seconds: Double
}
