import RunRecords

/// Anybody's JSON (RFC 8259, and also NaN and infinities as Python writes them), read without
/// losing a digit.
///
/// Nodes are ranges of the text, so a text of n bytes takes memory in proportion to n, whatever it
/// holds.
struct JSONText {
  enum Scalar { case null, bool, number, string }

  enum Node {
    /// Its range in the text; for a string, the range between its quotes.
    case scalar(Scalar, Range<Int32>)
    case array([Node])
    case object([Member])
  }

  struct Member {
    /// Its range in the text, between its quotes.
    var name: Range<Int32>
    var value: Node
  }

  /// How deep arrays and objects may nest.
  static let greatestDepth = 256
  static let largestSize = 16 << 20

  private let text: [UInt8]
  let root: Node

  /// Nil if the text is no JSON, has a key twice in one object, nests too deep, or is too large.
  init?(_ text: [UInt8]) {
    guard text.count <= Self.largestSize, String(validating: text, as: UTF8.self) != nil else {
      return nil
    }
    var reader = Reader(text: text)
    guard let root = reader.document() else { return nil }
    self.text = text
    self.root = root
    guard hasUniqueKeys(root) else { return nil }
  }

  private func hasUniqueKeys(_ node: Node) -> Bool {
    switch node {
    case .scalar: true
    case .array(let items): items.allSatisfy(hasUniqueKeys)
    case .object(let members):
      Set(members.map { Array(string($0.name).utf8) }).count == members.count
        && members.allSatisfy { hasUniqueKeys($0.value) }
    }
  }
}

// MARK: Access

extension JSONText {
  /// Nil for anything but an object.
  func members(of node: Node) -> [Member]? {
    switch node {
    case .object(let members): members
    case .scalar, .array: nil
    }
  }

  func spelling(_ range: Range<Int32>) -> ArraySlice<UInt8> {
    text[Int(range.lowerBound)..<Int(range.upperBound)]
  }

  /// A string with its escapes resolved. Lone surrogates become U+FFFD.
  func string(_ range: Range<Int32>) -> String {
    let spelling = spelling(range)
    let backslash = UInt8(ascii: "\\")
    guard spelling.contains(backslash) else { return String(decoding: spelling, as: UTF8.self) }
    var units: [UInt16] = []
    var rest = spelling
    while let byte = rest.first {
      guard byte == backslash else {
        let plain = rest.prefix { $0 != backslash }
        units += Array(String(decoding: plain, as: UTF8.self).utf16)
        rest = rest.dropFirst(plain.count)
        continue
      }
      let mark = rest.dropFirst().first ?? backslash
      rest = rest.dropFirst(2)
      switch mark {
      case UInt8(ascii: "b"): units.append(0x8)
      case UInt8(ascii: "f"): units.append(0xc)
      case UInt8(ascii: "n"): units.append(0xa)
      case UInt8(ascii: "r"): units.append(0xd)
      case UInt8(ascii: "t"): units.append(0x9)
      case UInt8(ascii: "u"):
        units.append(UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) ?? 0xfffd)
        rest = rest.dropFirst(4)
      default: units.append(UInt16(mark))
      }
    }
    return String(decoding: units, as: UTF16.self)
  }

  /// Nil for anything but an integer of plain digits that fits Int.
  func integer(_ node: Node) -> Int? {
    guard case .scalar(.number, let range) = node else { return nil }
    return Int(String(decoding: spelling(range), as: UTF8.self))
  }
}

// MARK: Reading

extension JSONText {
  private struct Reader {
    private let text: [UInt8]
    private var position = 0

    init(text: [UInt8]) { self.text = text }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    mutating func document() -> Node? {
      // A byte order mark means nothing.
      if text.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
      guard let root = value(depth: 0) else { return nil }
      skipSpace()
      return position == text.count ? root : nil
    }

    private mutating func skipSpace() {
      while let byte = next, [0x20, 0x9, 0xa, 0xd].contains(byte) { position += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
      skipSpace()
      guard next == character.asciiValue else { return false }
      position += 1
      return true
    }

    private mutating func value(depth: Int) -> Node? {
      guard depth <= greatestDepth else { return nil }
      if take("{") { return object(depth: depth) }
      if take("[") { return array(depth: depth) }
      if next == UInt8(ascii: "\"") { return string().map { .scalar(.string, $0) } }
      let start = position
      while let byte = next, Self.isWord(byte) { position += 1 }
      let range = Int32(start)..<Int32(position)
      switch String(decoding: text[start..<position], as: UTF8.self) {
      case "null": return .scalar(.null, range)
      case "true", "false": return .scalar(.bool, range)
      case "NaN", "Infinity", "-Infinity": return .scalar(.number, range)
      case let word: return Spelling.isJSONNumber(word) ? .scalar(.number, range) : nil
      }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }

    private mutating func object(depth: Int) -> Node? {
      var members: [Member] = []
      if take("}") { return .object(members) }
      repeat {
        skipSpace()
        guard let name = string(), take(":"), let value = value(depth: depth + 1) else {
          return nil
        }
        members.append(Member(name: name, value: value))
      } while take(",")
      return take("}") ? .object(members) : nil
    }

    private mutating func array(depth: Int) -> Node? {
      var items: [Node] = []
      if take("]") { return .array(items) }
      repeat {
        guard let item = value(depth: depth + 1) else { return nil }
        items.append(item)
      } while take(",")
      return take("]") ? .array(items) : nil
    }

    private mutating func string() -> Range<Int32>? {
      guard next == UInt8(ascii: "\"") else { return nil }
      position += 1
      let start = position
      while let byte = next {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return Int32(start)..<Int32(position - 1)
        case UInt8(ascii: "\\"):
          guard let mark = next, #""\/bfnrtu"#.utf8.contains(mark) else { return nil }
          position += 1
          if mark == UInt8(ascii: "u") {
            let digits = text[position...].prefix(4)
            guard digits.count == 4, digits.allSatisfy(Self.isHexDigit) else { return nil }
            position += 4
          }
        case 0..<0x20: return nil
        default: break
        }
      }
      return nil
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
      default: false
      }
    }
  }
}
