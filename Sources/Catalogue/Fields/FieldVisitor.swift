/// The names that a key takes as its value.
public protocol FieldName: CaseIterable, RawRepresentable, Sendable where RawValue == String {}

/// Visits the keys of a spec: to read a config into it, to write it down, or to list its keys.
///
/// Each variant has one `visitFields`, which is its table: a line for each key, with the values
/// that the key takes and the property that holds its value. A visitor may set values within their
/// bounds.
public protocol FieldVisitor {
  associatedtype Failure: Error

  /// The name of a section's variant. The variant is chosen before its keys are visited.
  ///
  /// - Parameter standard: The variant where a config names none; nil if a config must name one.
  mutating func variant<Name: FieldName>(
    _ key: String, _ name: Name, default standard: Name?) throws(Failure)
  mutating func integer(
    _ key: String, _ bounds: IntegerBounds, _ value: inout Int) throws(Failure)
  mutating func number(
    _ key: String, _ bounds: NumberBounds, _ value: inout Double) throws(Failure)
  /// - Parameter hasDefault: If false, `value` means nothing until a config or a preset has set it.
  mutating func name<Name: FieldName>(
    _ key: String, _ value: inout Name, hasDefault: Bool) throws(Failure)
  mutating func seed(_ key: String, _ value: inout UInt64) throws(Failure)
  /// The name of a section's variant, under a key that older configs did not have. The variant
  /// `absent` is written without the key.
  mutating func addedVariant<Name: FieldName>(
    _ key: String, _ name: Name, absent: Name) throws(Failure)
  /// A name under a key that older configs did not have. The value `absent` is written without the
  /// key, whatever the preset.
  mutating func addedName<Name: FieldName>(
    _ key: String, _ value: inout Name, absent: Name) throws(Failure)
  /// The same for an integer.
  mutating func addedInteger(
    _ key: String, _ bounds: IntegerBounds, _ value: inout Int, absent: Int) throws(Failure)
  /// The same for a number.
  mutating func addedNumber(
    _ key: String, _ bounds: NumberBounds, _ value: inout Double, absent: Double) throws(Failure)
  /// Some of the names that a key takes, in their order. If there are none, the key is not written.
  mutating func addedNames<Name: FieldName>(
    _ key: String, _ value: inout [Name]) throws(Failure)
}

extension FieldVisitor {
  public mutating func addedVariant<Name: FieldName>(
    _ key: String, _ name: Name, absent: Name
  ) throws(Failure) {
    try variant(key, name, default: absent)
  }

  public mutating func addedName<Name: FieldName>(
    _ key: String, _ value: inout Name, absent: Name
  ) throws(Failure) {
    try name(key, &value, hasDefault: true)
  }

  public mutating func addedInteger(
    _ key: String, _ bounds: IntegerBounds, _ value: inout Int, absent: Int
  ) throws(Failure) {
    try integer(key, bounds, &value)
  }

  public mutating func addedNumber(
    _ key: String, _ bounds: NumberBounds, _ value: inout Double, absent: Double
  ) throws(Failure) {
    try number(key, bounds, &value)
  }

  /// A name that may be left out.
  public mutating func name<Name: FieldName>(_ key: String, _ value: inout Name) throws(Failure) {
    try name(key, &value, hasDefault: true)
  }
}
