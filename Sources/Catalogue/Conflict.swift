/// Values that are each within their bounds but do not go together.
public struct Conflict: Error, Sendable {
  /// The key that is named in the error.
  public let key: String
  /// What is wrong with it, as in "`key` must be at most 5".
  public let reason: String

  public init(key: String, reason: String) {
    self.key = key
    self.reason = reason
  }
}
