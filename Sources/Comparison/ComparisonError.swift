/// Why two runs could not be compared.
public enum ComparisonError: Error, Sendable, Hashable {
  /// A key to ignore is in neither run.
  case unknownKey(String)
  /// Everything that both runs have was to be ignored.
  case nothingToCompare(ignored: [String])
}

extension ComparisonError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownKey(let key): "neither run has the key \"\(key)\", so it cannot be ignored"
    case .nothingToCompare(let ignored):
      "nothing is left to compare: ignored are \(ignored.joined(separator: ", "))"
    }
  }
}
