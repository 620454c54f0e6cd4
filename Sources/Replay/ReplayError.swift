/// Why a stored run could not be performed again.
public enum ReplayError: Error, Sendable, Hashable {
  /// What was asked cannot be done with the run at this path: a sample of a run that no bundle
  /// seals, so that no identity chooses its part.
  case unreadable(path: String, reason: String)
  /// A record is not in the form that the format requires.
  case record(path: String, member: String, reason: String)
}

extension ReplayError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .record(let path, let member, let reason): "\(path): \(member): \(reason)"
    }
  }
}
