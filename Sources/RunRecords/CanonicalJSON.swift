/// A JSON value that has only one text: the canonical one of RFC 8785 (JCS).
public enum CanonicalJSON: Sendable, Hashable {
  case null
  case bool(Bool)
  /// Finite. An integer beyond 2^53 has to be written as a string.
  case number(Double)
  case string(String)
  case array([CanonicalJSON])
  case object([Key: CanonicalJSON])

  /// A key of an object. Two keys are equal if they have the same bytes. Swift's strings are also
  /// equal if only their code points differ, as with é in one and in two parts.
  public struct Key: Sendable, ExpressibleByStringLiteral {
    public let text: String

    public init(_ text: String) { self.text = text }
    public init(stringLiteral text: String) { self.text = text }
  }
}

extension CanonicalJSON.Key: Hashable {
  public static func == (a: Self, b: Self) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
    hasher.combine(0xff as UInt8)
  }
}

extension CanonicalJSON.Key: CustomStringConvertible {
  public var description: String { text }
}

extension CanonicalJSON.Key: Comparable {
  /// In the order of UTF-16 code units (RFC 8785 §3.2.3), found in UTF-8. This is the order of the
  /// bytes, with one exception: a character of four bytes is a surrogate pair in UTF-16, which
  /// sorts before U+E000 and everything after it, whose first bytes are 0xEE and 0xEF.
  public static func < (a: Self, b: Self) -> Bool {
    var (x, y) = (a.text.utf8.makeIterator(), b.text.utf8.makeIterator())
    while true {
      guard let q = y.next() else { return false }
      guard let p = x.next() else { return true }
      if p == q { continue }
      let isPair = (p >= 0xF0, q >= 0xF0)
      return min(p, q) >= 0xEE && isPair.0 != isPair.1 ? isPair.0 : p < q
    }
  }
}

extension CanonicalJSON {
  /// The canonical text: keys sorted by UTF-16 code units, no white space, shortest numbers.
  public var text: String { String(decoding: utf8, as: UTF8.self) }

  /// The canonical text as UTF-8.
  public var utf8: [UInt8] {
    var text: [UInt8] = []
    write(to: &text)
    return text
  }

  private func write(to text: inout [UInt8]) {
    switch self {
    case .null: text += "null".utf8
    case .bool(let value): text += (value ? "true" : "false").utf8
    case .number(let value): text += shortestDecimal(value).utf8
    case .string(let value): Self.write(string: value, to: &text)
    case .array(let values):
      text.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        value.write(to: &text)
      }
      text.append(UInt8(ascii: "]"))
    case .object(let members):
      text.append(UInt8(ascii: "{"))
      for (index, key) in Self.sorted(members.keys).enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        Self.write(string: key.text, to: &text)
        text.append(UInt8(ascii: ":"))
        members[key]?.write(to: &text)
      }
      text.append(UInt8(ascii: "}"))
    }
  }

  /// In the order of keys. For ASCII this is the order of strings, which is found faster.
  private static func sorted(_ keys: some Collection<Key>) -> [Key] {
    keys.allSatisfy { $0.text.utf8.allSatisfy { $0 < 0x80 } }
      ? keys.sorted { $0.text < $1.text } : keys.sorted()
  }

  /// Equal values have equal texts. Swift's strings are also equal if only their code points
  /// differ, as with é in one and in two parts.
  public static func == (a: CanonicalJSON, b: CanonicalJSON) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _): false
    }
  }

  private static func write(string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): text += "\\\"".utf8
      case UInt8(ascii: "\\"): text += "\\\\".utf8
      case 0x8: text += "\\b".utf8
      case 0x9: text += "\\t".utf8
      case 0xa: text += "\\n".utf8
      case 0xc: text += "\\f".utf8
      case 0xd: text += "\\r".utf8
      case 0..<0x20:
        let hex = String(byte, radix: 16)
        text += ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}

// MARK: Access by key

extension CanonicalJSON {
  public subscript(key: String) -> CanonicalJSON? {
    if case .object(let members) = self { members[Key(key)] } else { nil }
  }
  public var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }
  public var doubleValue: Double? {
    if case .number(let value) = self { value } else { nil }
  }
  /// The value if it is a number without a fraction and at most 2^53 in magnitude.
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
  public init(dictionaryLiteral elements: (Key, CanonicalJSON)...) {
    self = .object(Dictionary(uniqueKeysWithValues: elements))
  }
  public init(_ value: Int) { self = .number(Double(value)) }
  /// A number; null if there is none, or if it is not finite.
  public init(finite value: Double?) {
    self = value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null
  }
}

// MARK: Dotted keys

extension CanonicalJSON {
  /// Every value that is not an object with members, by its dotted key.
  package var leaves: [String: CanonicalJSON] {
    var leaves: [String: CanonicalJSON] = [:]
    func collect(_ value: CanonicalJSON, at key: String) {
      guard case .object(let members) = value, !members.isEmpty else {
        leaves[key] = value
        return
      }
      for (name, member) in members {
        collect(member, at: key.isEmpty ? name.text : key + "." + name.text)
      }
    }
    collect(self, at: "")
    return leaves
  }
}
