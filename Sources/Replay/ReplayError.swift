/// Why a stored run could not be compared or performed again.
public enum ReplayError: Error, Sendable, Hashable {
  /// A file or directory cannot be read, or is not that of a finished run.
  case unreadable(path: String, reason: String)
  /// A record is not what the format asks.
  case record(path: String, member: String, reason: String)
  /// A key to ignore is in neither run.
  case unknownKey(String)
  /// Of two runs everything that both have was to be ignored.
  case nothingToCompare(ignored: [String])
}

extension ReplayError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .record(let path, let member, let reason): "\(path): \(member): \(reason)"
    case .unknownKey(let key): "neither run has the key \"\(key)\", so it cannot be ignored"
    case .nothingToCompare(let ignored):
      "nothing is left to compare: ignored are \(ignored.joined(separator: ", "))"
    }
  }
}
