/// Gives new values to some keys of a spec.
public struct FieldSetter: FieldVisitor {
  private let settings: [Intervention.Setting]

  public init(_ settings: [Intervention.Setting]) { self.settings = settings }

  private func value(of key: String) -> Intervention.Setting.Value? {
    settings.first { $0.key.isSame(as: key) }?.value
  }

  public func variant<Name: FieldName>(_ key: String, _ name: Name, default standard: Name?) {}
  public func addedNames<Name: FieldName>(_ key: String, _ value: inout [Name]) {}
  public func seed(_ key: String, _ value: inout UInt64) {}

  public func integer(_ key: String, _ bounds: IntegerBounds, _ value: inout Int) {
    if case .number(let new)? = self.value(of: key) { value = Int(new) }
  }

  public func number(_ key: String, _ bounds: NumberBounds, _ value: inout Double) {
    if case .number(let new)? = self.value(of: key) { value = new }
  }

  public func name<Name: FieldName>(_ key: String, _ value: inout Name, hasDefault: Bool) {
    guard case .name(let new)? = self.value(of: key) else { return }
    for name in Name.allCases where name.rawValue.isSame(as: new) { value = name }
  }
}
