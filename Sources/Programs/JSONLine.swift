/// One line of JSON as programs log it: an object. Inner objects are flattened into dotted keys.
/// NaN, Infinity and -Infinity count as numbers, as Python writes them.
struct JSONLine {
  enum Cell: Hashable {
    case null
    /// A string.
    case text(String)
    /// A number, true, false or a list, as it is spelt.
    case spelled(String)

    /// The content as a cell of a table; nil is a gap.
    var content: String? {
      switch self {
      case .null, .text(""): nil
      case .text(let text), .spelled(let text): text
      }
    }
  }

  typealias Member = (key: String, cell: Cell)

  private static let mostLevels = 64

  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var members: [Member] = []

  /// The members of the object in the order of the line. Numbers and lists are as they are spelt;
  /// strings are decoded.
  static func members(of bytes: ArraySlice<UInt8>, line: Int) throws(MetricsFault) -> [Member] {
    var reader = JSONLine(bytes: bytes)
    guard reader.object(below: "", level: 0), reader.isAtEnd else {
      let found = reader.duplicate
      throw MetricsFault(
        line: line,
        reason: found.map { "the key \($0) stands twice in one object" }
          ?? "it is not an object in JSON")
    }
    return reader.members
  }

  private var duplicate: String?

  private init(bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == bytes.endIndex
    }
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      position += 1
    }
  }

  private mutating func take(_ expected: UInt8) -> Bool {
    skipSpace()
    guard next == expected else { return false }
    position += 1
    return true
  }

  private mutating func take(word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func object(below path: String, level: Int) -> Bool {
    guard level <= Self.mostLevels, take(UInt8(ascii: "{")) else { return false }
    if take(UInt8(ascii: "}")) { return true }
    var keys: Set<[UInt8]> = []
    repeat {
      skipSpace()
      guard let key = string() else { return false }
      guard keys.insert(Array(key.utf8)).inserted else {
        duplicate = key
        return false
      }
      guard take(UInt8(ascii: ":")), value(path.isEmpty ? key : path + "." + key, level: level)
      else { return false }
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "}"))
  }

  private mutating func value(_ path: String, level: Int) -> Bool {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return object(below: path, level: level + 1)
    case UInt8(ascii: "\""):
      guard let text = string() else { return false }
      members.append((path, .text(text)))
      return true
    default:
      let start = position
      guard skipValue(level: level + 1) else { return false }
      guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
        return false
      }
      members.append((path, text == "null" ? .null : .spelled(text)))
      return true
    }
  }

  /// Skips a value, of which only the extent matters.
  private mutating func skipValue(level: Int) -> Bool {
    guard level <= Self.mostLevels else { return false }
    skipSpace()
    switch next {
    case UInt8(ascii: "\""): return string() != nil
    case UInt8(ascii: "["):
      position += 1
      if take(UInt8(ascii: "]")) { return true }
      repeat {
        guard skipValue(level: level + 1) else { return false }
      } while take(
        UInt8(ascii: ","))
      return take(UInt8(ascii: "]"))
    case UInt8(ascii: "{"):
      position += 1
      if take(UInt8(ascii: "}")) { return true }
      repeat {
        skipSpace()
        guard string() != nil, take(UInt8(ascii: ":")), skipValue(level: level + 1) else {
          return false
        }
      } while take(UInt8(ascii: ","))
      return take(UInt8(ascii: "}"))
    default:
      for word in ["true", "false", "null", "NaN", "Infinity", "-Infinity"]
      where take(word: word) { return true }
      return number()
    }
  }

  private mutating func number() -> Bool {
    func isDigit(_ byte: UInt8?) -> Bool {
      byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }
    func digits(_ reader: inout JSONLine) -> Bool {
      let start = reader.position
      while isDigit(reader.next) { reader.position += 1 }
      return reader.position > start
    }
    if next == UInt8(ascii: "-") { position += 1 }
    let start = position
    guard digits(&self), bytes[start] != UInt8(ascii: "0") || position == start + 1 else {
      return false
    }
    if next == UInt8(ascii: ".") {
      position += 1
      guard digits(&self) else { return false }
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { position += 1 }
      return digits(&self)
    }
    return true
  }

  /// A string with its escapes decoded; nil if there is none.
  private mutating func string() -> String? {
    guard next == UInt8(ascii: "\"") else { return nil }
    position += 1
    var units: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: units, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let scalar = escape() else { return nil }
        units += Array(String(scalar).utf8)
      case 0..<0x20: return nil
      default: units.append(byte)
      }
    }
    return nil
  }

  private mutating func escape() -> Unicode.Scalar? {
    guard let byte = next else { return nil }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      guard let unit = hexadecimal() else { return nil }
      guard (0xD800...0xDFFF).contains(unit) else { return Unicode.Scalar(unit) }
      guard unit < 0xDC00, take(word: "\\u"), let low = hexadecimal(),
        (0xDC00...0xDFFF).contains(low)
      else { return nil }
      return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    default: return nil
    }
  }

  private mutating func hexadecimal() -> UInt32? {
    guard bytes.endIndex - position >= 4 else { return nil }
    let text = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    guard text.utf8.count == 4, text.allSatisfy(\.isHexDigit) else { return nil }
    position += 4
    return UInt32(text, radix: 16)
  }
}
