/// One key of a config, as data: the values that it takes, and its default.
public struct Field: Sendable {
  public enum Kind: Sendable {
    /// The name of a section's variant, one of these. It decides which other keys the section has.
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

  /// The key with its section: `task.modulus`.
  public let key: String
  public let kind: Kind
  /// The value of the key where a config leaves it out. Nil if it must be given, and for `names`,
  /// whose default is no name at all.
  public let defaultValue: Value?

  public init(key: String, kind: Kind, defaultValue: Value?) {
    self.key = key
    self.kind = kind
    self.defaultValue = defaultValue
  }
}
