/// The value of an expression over a run.
public enum Value: Sendable, Hashable {
  case number(Double)
  case text(String)
  case truth(Bool)
  /// The run does not have it: it did not happen, was not measured, or cannot be computed.
  case missing

  /// Nil for anything that is not a finite number.
  public var number: Double? {
    if case .number(let value) = self, value.isFinite { value } else { nil }
  }

  var truth: Bool? { if case .truth(let value) = self { value } else { nil } }

  /// Missing if `number` is nil or not finite.
  init(_ number: Double?) {
    self = number.map { $0.isFinite ? .number($0) : .missing } ?? .missing
  }
}
