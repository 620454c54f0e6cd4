extension CanonicalJSON {
  /// How deep arrays and objects may be nested. Records need three levels.
  public static let greatestDepth = 64

  /// Reads canonical text and nothing else.
  ///
  /// The value that was read is written again and must give the same bytes. So white space, other
  /// spellings of a number or a string, another order of keys and byte order marks are all refused
  /// without a rule for each. The time is linear in the length of any text.
  public init(canonical text: [UInt8]) throws(RecordError) {
    guard String(validating: text, as: UTF8.self) != nil else {
      throw .notJSON(reason: "it is not UTF-8")
    }
    var reader = Reader(text: text)
    guard let value = reader.value(depth: 0), reader.isAtEnd else {
      throw .notJSON(reason: Self.fault(text))
    }
    guard value.utf8 == text else {
      throw .notJSON(reason: "its bytes are not the canonical form of RFC 8785")
    }
    self = value
  }

  /// Why a text is not canonical. Names the change that editors most often make.
  private static func fault(_ text: [UInt8]) -> String {
    guard let end = text.lastIndex(where: { !isSpace($0) }) else {
      return "it is empty, and no JSON"
    }
    if text.starts(with: [0xEF, 0xBB, 0xBF]) {
      return "a byte order mark at its start, as editors add it, is no canonical JSON"
    }
    if end < text.count - 1, (try? Self(canonical: Array(text[...end]))) != nil {
      return "a line break or spaces at its end, as editors add them, are no canonical JSON"
    }
    let dense = withoutSpaces(text)
    if dense.count < text.count, (try? Self(canonical: dense)) != nil {
      return "spaces or line breaks in it, as editors and jq add them, are no canonical JSON"
    }
    return "it cannot be read as canonical JSON"
  }

  private static func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }

  /// A text without the white space outside its strings.
  private static func withoutSpaces(_ text: [UInt8]) -> [UInt8] {
    var (isInString, isEscaped) = (false, false)
    return text.filter { byte in
      guard isInString || !isSpace(byte) else { return false }
      if byte == UInt8(ascii: "\""), !isEscaped { isInString.toggle() }
      isEscaped = isInString && !isEscaped && byte == UInt8(ascii: "\\")
      return true
    }
  }

  /// Reads every canonical text, and some texts that are not canonical. Nil means that the text is
  /// not canonical.
  private struct Reader {
    let text: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == text.count }
    private var next: UInt8? { isAtEnd ? nil : text[position] }

    init(text: [UInt8]) { self.text = text }

    private mutating func take(_ expected: Character) -> Bool {
      guard next == expected.asciiValue else { return false }
      position += 1
      return true
    }

    private mutating func take(word: String, for value: CanonicalJSON) -> CanonicalJSON? {
      guard text[position...].starts(with: word.utf8) else { return nil }
      position += word.utf8.count
      return value
    }

    mutating func value(depth: Int) -> CanonicalJSON? {
      guard depth <= greatestDepth else { return nil }
      switch next {
      case UInt8(ascii: "{"): return object(depth: depth)
      case UInt8(ascii: "["): return array(depth: depth)
      case UInt8(ascii: "\""): return string().map(CanonicalJSON.string)
      case UInt8(ascii: "n"): return take(word: "null", for: .null)
      case UInt8(ascii: "t"): return take(word: "true", for: .bool(true))
      case UInt8(ascii: "f"): return take(word: "false", for: .bool(false))
      default: return number()
      }
    }

    private mutating func object(depth: Int) -> CanonicalJSON? {
      position += 1
      var members: [Key: CanonicalJSON] = [:]
      if take("}") { return .object(members) }
      repeat {
        guard let key = string().map({ Key($0) }), take(":"), let value = value(depth: depth + 1),
          members.updateValue(value, forKey: key) == nil
        else { return nil }
      } while take(",")
      return take("}") ? .object(members) : nil
    }

    private mutating func array(depth: Int) -> CanonicalJSON? {
      position += 1
      var elements: [CanonicalJSON] = []
      if take("]") { return .array(elements) }
      repeat {
        guard let element = value(depth: depth + 1) else { return nil }
        elements.append(element)
      } while take(",")
      return take("]") ? .array(elements) : nil
    }

    private mutating func number() -> CanonicalJSON? {
      let digits = text[position...].prefix {
        "+-.0123456789e".utf8.contains($0)
      }
      position += digits.count
      guard let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite else {
        return nil
      }
      return .number(value)
    }

    private mutating func string() -> String? {
      guard take("\"") else { return nil }
      var content: [UInt8] = []
      while let byte = next {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
        case UInt8(ascii: "\\"):
          guard let escaped = escape() else { return nil }
          content.append(escaped)
        default: content.append(byte)
        }
      }
      return nil
    }

    /// The character after a backslash. Canonical text escapes only ASCII characters.
    private mutating func escape() -> UInt8? {
      guard let byte = next else { return nil }
      position += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): return byte
      case UInt8(ascii: "b"): return 0x8
      case UInt8(ascii: "t"): return 0x9
      case UInt8(ascii: "n"): return 0xa
      case UInt8(ascii: "f"): return 0xc
      case UInt8(ascii: "r"): return 0xd
      case UInt8(ascii: "u"):
        let digits = String(decoding: text[position...].prefix(4), as: UTF8.self)
        position += digits.utf8.count
        return UInt8(digits, radix: 16).flatMap { $0 < 0x20 ? $0 : nil }
      default: return nil
      }
    }
  }
}
