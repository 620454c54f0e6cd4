/// A JSON value whose only text is the canonical one of RFC 8785 (JCS).
public enum CanonicalJSON: Sendable, Hashable {
  case null
  case bool(Bool)
  /// Finite; integers beyond 2^53 are written as strings by those who have them.
  case number(Double)
  case string(String)
  case array([CanonicalJSON])
  case object([String: CanonicalJSON])
}

extension CanonicalJSON {
  /// The canonical text: keys sorted by UTF-16 code units, no white space, shortest numbers.
  public var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  /// The canonical text as UTF-8.
  public var utf8: [UInt8] { Array(text.utf8) }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += shortestDecimal(value)
    case .string(let value): Self.write(string: value, to: &text)
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        value.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, key) in Self.sorted(members.keys).enumerated() {
        if index > 0 { text += "," }
        Self.write(string: key, to: &text)
        text += ":"
        members[key]?.write(to: &text)
      }
      text += "}"
    }
  }

  /// In the order of UTF-16 code units, which of ASCII is that of strings, and then found faster.
  private static func sorted(_ keys: some Collection<String>) -> [String] {
    keys.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }
      ? keys.sorted() : keys.sorted { $0.utf16.lexicographicallyPrecedes($1.utf16) }
  }

  private static func write(string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\u{8}": text += "\\b"
      case "\u{9}": text += "\\t"
      case "\u{A}": text += "\\n"
      case "\u{C}": text += "\\f"
      case "\u{D}": text += "\\r"
      case "\u{0}"..."\u{1F}":
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

// MARK: Access by key

extension CanonicalJSON {
  public subscript(key: String) -> CanonicalJSON? {
    if case .object(let members) = self { members[key] } else { nil }
  }
  public var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }
  public var doubleValue: Double? {
    if case .number(let value) = self { value } else { nil }
  }
  /// The value if it is a number without a fraction and below 2^53 in magnitude.
  public var intValue: Int? {
    guard case .number(let value) = self, value.magnitude <= 0x1p53 else { return nil }
    return Int(exactly: value)
  }
}

extension CanonicalJSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: CanonicalJSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, CanonicalJSON)...) {
    self = .object(Dictionary(uniqueKeysWithValues: elements))
  }
  public init(_ value: Int) { self = .number(Double(value)) }
}
