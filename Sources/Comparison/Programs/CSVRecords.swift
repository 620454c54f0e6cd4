/// The records of a CSV text (RFC 4180), one after the other. Lines end in LF or CRLF; a byte order
/// mark may come first.
struct CSVRecords {
  static let largestSize = 16 << 20
  static let mostCells = 10_001

  private let text: [UInt8]
  private var position = 0
  /// Whether what follows is no CSV: a quote is never closed, something follows a closing quote, a
  /// CR has no LF, or a record has too many cells.
  private(set) var isBroken = false

  init(_ text: [UInt8]) {
    self.text = text
    if text.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
  }

  /// The cells of the next record; nil at the end, and if the text is broken.
  mutating func next() -> [String]? {
    guard position < text.count, !isBroken else { return nil }
    var cells: [String] = []
    while true {
      guard cells.count < Self.mostCells, let cell = cell() else {
        isBroken = true
        return nil
      }
      cells.append(cell)
      guard position < text.count else { return cells }
      let byte = text[position]
      position += 1
      if byte == newline { return cells }
      if byte == UInt8(ascii: "\r") {
        guard position < text.count, text[position] == newline else {
          isBroken = true
          return nil
        }
        position += 1
        return cells
      }
    }
  }

  private let newline = UInt8(ascii: "\n")

  /// The content up to a comma, a line break or the end; nil if it is broken.
  private mutating func cell() -> String? {
    let quote = UInt8(ascii: "\"")
    guard position < text.count, text[position] == quote else {
      let rest = text[position...].prefix { !",\n\r".utf8.contains($0) }
      position += rest.count
      return String(decoding: rest, as: UTF8.self)
    }
    position += 1
    var content: [UInt8] = []
    while position < text.count {
      let byte = text[position]
      position += 1
      if byte != quote {
        content.append(byte)
      } else if position < text.count, text[position] == quote {
        content.append(quote)
        position += 1
      } else {
        let isEnd = position == text.count || ",\n\r".utf8.contains(text[position])
        return isEnd ? String(decoding: content, as: UTF8.self) : nil
      }
    }
    return nil
  }
}
