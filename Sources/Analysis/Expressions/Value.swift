/// What an expression over a run has as its value.
public enum Value: Sendable, Hashable {
  case number(Double)
  case text(String)
  case truth(Bool)
  /// The run does not have it: it did not happen, was not measured, or cannot be computed.
  case missing

  /// Nil for what is no number, and for one that is not finite.
  public var number: Double? {
    if case .number(let value) = self, value.isFinite { value } else { nil }
  }

  var truth: Bool? { if case .truth(let value) = self { value } else { nil } }

  /// Missing where there is none, or where it is not finite.
  init(_ number: Double?) {
    self = number.map { $0.isFinite ? .number($0) : .missing } ?? .missing
  }
}
