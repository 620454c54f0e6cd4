internal import Catalogue
import Digests

extension RunSpec {
  /// The content of `config.json`: every key, including those that have a default.
  public var canonicalJSON: CanonicalJSON {
    var writer = CanonicalWriter()
    var spec = self
    spec.visitFields(&writer)
    if !interventions.isEmpty {
      writer.set(Self.interventionsKey, .array(interventions.map { $0.json }))
    }
    return writer.json
  }

  /// The first 16 hexadecimal digits of the SHA-256 of the canonical config.
  public var runID: String { String(Digest(of: canonicalJSON.utf8).hex.prefix(16)) }

  /// Reads what `canonicalJSON` could have written: every key is present, there is no other, and
  /// each has its type and is within its bounds.
  public init(json: CanonicalJSON) throws(RecordError) {
    guard case .object(let members) = json else {
      throw .config(place: "", key: "", reason: "a config is a JSON object")
    }
    var fields = ConfigFields(form: .canonicalJSON, place: "")
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      if case .object(let section) = value {
        fields.set(section, of: key.text)
      } else if case .array(let items) = value, key.text == Self.interventionsKey {
        for item in items {
          guard case .object(let members) = item else {
            throw .config(place: "", key: key.text, reason: "has an item that is no object")
          }
          var item = fields.newItem(place: "")
          for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            if case .object(let section) = value {
              item.set(section, of: key.text)
            } else {
              item.set(key.text, ConfigFields.Value(value), place: "")
            }
          }
          fields.add(item)
        }
      } else {
        fields.set(key.text, ConfigFields.Value(value), place: "")
      }
    }
    try self.init(fields: fields, base: nil)
    // A key with a dot in it would pass as a key of a section. Only the canonical form may pass.
    guard canonicalJSON == json else {
      throw .config(place: "", key: "", reason: "the config is not in its canonical form")
    }
  }
}

extension ConfigFields {
  fileprivate mutating func set(_ section: [CanonicalJSON.Key: CanonicalJSON], of key: String) {
    if section.isEmpty { set(key, .other("an empty section"), place: "") }
    for (inner, value) in section.sorted(by: { $0.key < $1.key }) {
      set(key + "." + inner.text, Value(value), place: "")
    }
  }
}

extension ConfigFields.Value {
  fileprivate init(_ json: CanonicalJSON) {
    self =
      switch json {
      case .string(let text): .text(text)
      case .number(let value): .number(value)
      case .bool(let value): .other(value ? "true" : "false")
      case .null: .other("null")
      case .array(let values): .list(values.map(Self.init))
      case .object: .other("a section")
      }
  }
}

/// Writes the values of a spec's keys. The keys of a section come one after another.
private struct CanonicalWriter: FieldVisitor {
  private typealias Member = (CanonicalJSON.Key, CanonicalJSON)
  private var members: [Member] = []
  private var sections: [(name: String, members: [Member])] = []

  var json: CanonicalJSON {
    let sections = sections.map { section in
      (
        CanonicalJSON.Key(section.name),
        CanonicalJSON.object(Dictionary(uniqueKeysWithValues: section.members))
      )
    }
    return .object(Dictionary(uniqueKeysWithValues: members + sections))
  }

  mutating func variant<Name: FieldName>(_ key: String, _ name: Name, default standard: Name?) {
    set(key, .string(name.rawValue))
  }

  mutating func integer(_ key: String, _ bounds: IntegerBounds, _ value: inout Int) {
    set(key, CanonicalJSON(value))
  }

  mutating func number(_ key: String, _ bounds: NumberBounds, _ value: inout Double) {
    set(key, .number(value))
  }

  mutating func name<Name: FieldName>(_ key: String, _ value: inout Name, hasDefault: Bool) {
    set(key, .string(value.rawValue))
  }

  mutating func addedVariant<Name: FieldName>(_ key: String, _ name: Name, absent: Name) {
    if name != absent { set(key, .string(name.rawValue)) }
  }

  mutating func addedName<Name: FieldName>(_ key: String, _ value: inout Name, absent: Name) {
    if value != absent { set(key, .string(value.rawValue)) }
  }

  mutating func addedInteger(
    _ key: String, _ bounds: IntegerBounds, _ value: inout Int, absent: Int
  ) {
    if value != absent { set(key, CanonicalJSON(value)) }
  }

  mutating func addedNumber(
    _ key: String, _ bounds: NumberBounds, _ value: inout Double, absent: Double
  ) {
    if value != absent { set(key, .number(value)) }
  }

  mutating func addedNames<Name: FieldName>(_ key: String, _ value: inout [Name]) {
    if !value.isEmpty { set(key, .array(value.map { .string($0.rawValue) })) }
  }

  mutating func seed(_ key: String, _ value: inout UInt64) { set(key, .string(String(value))) }

  mutating func set(_ key: String, _ value: CanonicalJSON) {
    guard let dot = key.utf8.firstIndex(of: UInt8(ascii: ".")) else {
      members.append((.init(key), value))
      return
    }
    let section = String(key[..<dot])
    if sections.last?.name != section { sections.append((section, [])) }
    let inner = CanonicalJSON.Key(String(key[key.utf8.index(after: dot)...]))
    sections[sections.count - 1].members.append((inner, value))
  }
}
