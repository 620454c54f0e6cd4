import RunRecords

extension FileDifference {
  /// Compares text by its first differing line, and anything else by its first differing byte.
  /// Nothing of either is interpreted.
  init(bytesOf a: FileContent, _ b: FileContent) throws {
    var scan = CommonBeginning()
    try scan.run(a, b)
    guard let offset = scan.differsAt else {
      // The bytes are the same after all: the caller compared other digests.
      self.init(form: .bytes)
      return
    }
    // A long line is shown from shortly before the difference.
    let start = max(scan.lineStart, offset - 60)
    let (x, y) = (try a.excerpt(from: start), try b.excerpt(from: start))
    if scan.mayBeText, let x = Self.line(x), let y = Self.line(y) {
      self.init(form: .text)
      addFirst(Item(place: .line(scan.line), a: x, b: y, distance: .text))
    } else {
      self.init(form: .bytes)
      func byte(_ content: FileContent) throws -> String {
        guard offset < content.size else { return "the file ends" }
        let digits = String(try content.bytes(offset..<offset + 1)[0], radix: 16)
        return "0x" + (digits.count == 1 ? "0" : "") + digits
      }
      addFirst(Item(place: .byte(offset), a: try byte(a), b: try byte(b), distance: .text))
    }
    if a.size != b.size {
      add(.unlike("size", a: "\(a.size) bytes", b: "\(b.size) bytes"))
    }
  }

  private mutating func addFirst(_ item: Item) {
    compared = 1
    parts = [Part(name: "", count: nil, differing: 1, first: item, largest: item)]
    beyond = item
  }

  /// The beginning of a text up to a line break; nil if it is no text.
  private static func line(_ bytes: [UInt8]) -> String? {
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    guard !line.contains(where: CommonBeginning.isBinary) else { return nil }
    // The bytes may begin or end within a character.
    let inner = line.drop { $0 & 0xc0 == 0x80 }
    for cut in 0...3 where cut <= inner.count {
      if let text = String(validating: inner.dropLast(cut), as: UTF8.self) {
        return bytes.isEmpty ? "the file ends" : text.excerpt
      }
    }
    return nil
  }
}

extension FileContent {
  fileprivate func excerpt(from start: Int) throws -> [UInt8] {
    try bytes(min(start, size)..<min(start + 240, size))
  }
}

/// Where two files first differ, and what is known of the lines before.
private struct CommonBeginning {
  /// Nil if they are the same.
  private(set) var differsAt: Int?
  /// The line in which they differ, from 1.
  private(set) var line = 1
  private(set) var lineStart = 0
  private(set) var mayBeText = true

  /// Control characters that no text has.
  static func isBinary(_ byte: UInt8) -> Bool {
    byte < 0x20 && ![0x9, 0xa, 0xc, 0xd, 0x1b].contains(byte)
  }

  mutating func run(_ a: FileContent, _ b: FileContent) throws {
    let size = min(a.size, b.size)
    for start in stride(from: 0, to: size, by: FileContent.piece) {
      let range = start..<min(start + FileContent.piece, size)
      let (x, y) = (try a.bytes(range), try b.bytes(range))
      let end = x == y ? x.count : zip(x, y).prefix { $0 == $1 }.count
      for (index, byte) in x[..<end].enumerated() {
        if byte == UInt8(ascii: "\n") {
          line += 1
          lineStart = start + index + 1
        } else if Self.isBinary(byte) {
          mayBeText = false
        }
      }
      if end < x.count {
        differsAt = start + end
        return
      }
    }
    if a.size != b.size { differsAt = size }
  }
}
