/// The keys of a section or a whole config, in order. The values that it finds become the defaults.
///
///     var list = FieldList()
///     var task = TaskSpec(.sparseParity)
///     task.visitFields(&list)
///     list.fields.map(\.key)  // task.name, task.bits, …
public struct FieldList: FieldVisitor {
  public private(set) var fields: [Field] = []

  public init() {}

  public mutating func variant<Name: FieldName>(
    _ key: String, _ name: Name, default standard: Name?
  ) {
    let value = standard.map { Field.Value.name($0.rawValue) }
    fields.append(
      Field(key: key, kind: .variant(Self.spellings(of: Name.self)), defaultValue: value))
  }

  public mutating func integer(_ key: String, _ bounds: IntegerBounds, _ value: inout Int) {
    add(key, .integer(bounds), .integer(value), true)
  }

  public mutating func number(_ key: String, _ bounds: NumberBounds, _ value: inout Double) {
    add(key, .number(bounds), .number(value), true)
  }

  public mutating func name<Name: FieldName>(
    _ key: String, _ value: inout Name, hasDefault: Bool
  ) {
    add(key, .name(Self.spellings(of: Name.self)), .name(value.rawValue), hasDefault)
  }

  public mutating func addedNames<Name: FieldName>(_ key: String, _ value: inout [Name]) {
    fields.append(Field(key: key, kind: .names(Self.spellings(of: Name.self)), defaultValue: nil))
  }

  public mutating func seed(_ key: String, _ value: inout UInt64) {
    add(key, .seed, .seed(value), true)
  }

  private mutating func add(
    _ key: String, _ kind: Field.Kind, _ value: Field.Value, _ hasDefault: Bool
  ) {
    fields.append(Field(key: key, kind: kind, defaultValue: hasDefault ? value : nil))
  }

  private static func spellings<Name: FieldName>(of: Name.Type) -> [String] {
    Name.allCases.map { $0.rawValue }
  }
}
