/// One key of a config, as data: what it takes, and what it has where a config leaves it out.
public struct Field: Sendable {
  public enum Kind: Sendable {
    /// The name of a section's variant, one of these; it decides what other keys there are.
    case variant([String])
    case integer(IntegerBounds)
    case number(NumberBounds)
    /// One of these names.
    case name([String])
    /// Some of these names, each once.
    case names([String])
    /// An integer from 0 to 2^64 − 1.
    case seed
  }

  public enum Value: Sendable {
    case integer(Int)
    case number(Double)
    case name(String)
    case seed(UInt64)
  }

  /// With the section: `task.modulus`.
  public let key: String
  public let kind: Kind
  /// What the key has where it is left out; nil where it must be given.
  public let defaultValue: Value?

  public init(key: String, kind: Kind, defaultValue: Value?) {
    self.key = key
    self.kind = kind
    self.defaultValue = defaultValue
  }
}
