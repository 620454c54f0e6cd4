import Digests

// The canonical text of a table, `trace/metrics.csv`: RFC 4180 with LF, and one spelling for every
// value.
//
// - The header is `step,NAME,…`. A name is in double quotes exactly if it has a comma or a quote,
//   or begins or ends with a space.
// - An integer is plain decimal digits. A number is its shortest decimal. If that is digits alone,
//   `.0` follows, and −0 is `-0.0`, so no number reads as an integer. The others are spelt NaN,
//   Infinity and -Infinity.
// - A text is always in double quotes, and quotes in it are doubled. A gap is empty.

extension TraceTable {
  /// The canonical text.
  ///
  /// - Precondition: No column has digests.
  public var canonicalText: [UInt8] {
    var text = Array("step".utf8)
    for column in columns {
      text.append(comma)
      if Self.isQuoted(name: column.name) {
        Self.append(quoted: column.name, to: &text)
      } else {
        text += column.name.utf8
      }
    }
    text.append(newline)
    for (row, step) in steps.enumerated() {
      text += String(step).utf8
      for column in columns {
        text.append(comma)
        switch column.values {
        case .integers(let values): if let value = values[row] { text += String(value).utf8 }
        case .numbers(let values): if let value = values[row] { text += Self.text(of: value).utf8 }
        case .texts(let values):
          if let value = values[row] { Self.append(quoted: value, to: &text) }
        case .digests: preconditionFailure("\(column.name) has digests, which have no text here")
        }
      }
      text.append(newline)
    }
    return text
  }

  /// The spelling of a number in a cell.
  public static func text(of value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
    let text = shortestDecimal(value)
    return text.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e") }
      ? text : text + ".0"
  }

  private static func isQuoted(name: String) -> Bool {
    let space = UInt8(ascii: " ")
    return name.utf8.contains { $0 == comma || $0 == quote }
      || name.utf8.first == space || name.utf8.last == space
  }

  private static func append(quoted text: String, to bytes: inout [UInt8]) {
    bytes.append(quote)
    for byte in text.utf8 {
      if byte == quote { bytes.append(quote) }
      bytes.append(byte)
    }
    bytes.append(quote)
  }
}

private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")
private let newline = UInt8(ascii: "\n")

extension TraceTable.Value: CustomStringConvertible {
  /// The spelling in a cell, but a text without its quotes.
  public var description: String {
    switch self {
    case .integer(let value): String(value)
    case .number(let value): TraceTable.text(of: value)
    case .text(let value): value
    case .digest(let value): value.hex
    }
  }
}

// MARK: Reading

extension TraceTable {
  /// Reads bytes that `canonicalText` could have written, and nothing else.
  ///
  /// - Parameter file: The file's name, for errors.
  /// - Complexity: Linear in the bytes, in time and memory.
  public init(canonical text: [UInt8], file: String = "metrics.csv") throws(RecordError) {
    guard text.count <= Limit.bytes else {
      throw .trace(file: file, line: 1, reason: "a table has at most \(Limit.bytes) bytes")
    }
    guard String(validating: text, as: UTF8.self) != nil else {
      throw .trace(file: file, line: 1, reason: "it is not UTF-8")
    }
    guard text.last == newline else {
      throw .trace(file: file, line: 1, reason: "not text that ends in a newline")
    }
    var reader = Reader(text: text, file: file)
    let names = try reader.header()
    var steps: [Int] = []
    var cells = Array(repeating: Cells(), count: names.count)
    while !reader.isAtEnd {
      steps.append(try reader.step(after: steps.last))
      for index in names.indices { try cells[index].append(try reader.cell(), reader) }
      try reader.endLine()
    }
    let columns = zip(names, cells).map { Column(name: $0, values: $1.values) }
    do throws(RecordError) {
      try self.init(steps: steps, columns: columns)
    } catch {
      throw .trace(file: file, line: 1, reason: error.description)
    }
  }

  /// The cells of one column as they are read. The first value decides their type.
  private struct Cells {
    private enum Kind { case integers, numbers, texts }
    private var kind: Kind?
    private var count = 0
    private var integers: [Int?] = []
    private var numbers: [Double?] = []
    private var texts: [String?] = []

    var values: Values {
      switch kind {
      case nil: .integers(Array(repeating: nil, count: count))
      case .integers: .integers(integers)
      case .numbers: .numbers(numbers)
      case .texts: .texts(texts)
      }
    }

    mutating func append(_ value: Value?, _ reader: Reader) throws(RecordError) {
      switch (kind, value) {
      case (nil, nil): break
      case (.integers, nil): integers.append(nil)
      case (.numbers, nil): numbers.append(nil)
      case (.texts, nil): texts.append(nil)
      case (nil, .integer(let value)):
        kind = .integers
        integers = Array(repeating: nil, count: count) + [value]
      case (nil, .number(let value)):
        kind = .numbers
        numbers = Array(repeating: nil, count: count) + [value]
      case (nil, .text(let value)):
        kind = .texts
        texts = Array(repeating: nil, count: count) + [value]
      case (.integers, .integer(let value)): integers.append(value)
      case (.numbers, .number(let value)): numbers.append(value)
      case (.texts, .text(let value)): texts.append(value)
      case (_, .integer), (_, .number), (_, .text), (_, .digest):
        throw reader.refusal("a column has values of two types")
      }
      count += 1
    }
  }

  private struct Reader {
    private let text: [UInt8]
    private let file: String
    private var position = 0
    private var line = 1

    /// - Precondition: The text is UTF-8 and ends in a newline.
    init(text: [UInt8], file: String) {
      self.text = text
      self.file = file
    }

    var isAtEnd: Bool { position == text.count }

    func refusal(_ reason: String) -> RecordError {
      .trace(file: file, line: line, reason: reason)
    }

    mutating func header() throws(RecordError) -> [String] {
      guard takePlain().elementsEqual("step".utf8) else {
        throw refusal("the first column is not \"step\"")
      }
      var names: [String] = []
      while text[position] == comma {
        position += 1
        let wasQuoted = text[position] == quote
        let name = wasQuoted ? try takeQuoted() : String(decoding: takePlain(), as: UTF8.self)
        guard isQuoted(name: name) == wasQuoted else {
          throw refusal("a name in the header has quotes that it does not need, or lacks them")
        }
        names.append(name)
        guard names.count <= Limit.columns else {
          throw refusal("it has more than \(Limit.columns) columns")
        }
      }
      try endLine()
      return names
    }

    mutating func step(after last: Int?) throws(RecordError) -> Int {
      let cell = String(decoding: takePlain(), as: UTF8.self)
      guard let step = Int(cell), String(step) == cell, (0...Limit.step).contains(step) else {
        throw refusal("its step is not an integer from 0 to 2^53")
      }
      guard last.map({ $0 < step }) ?? true else { throw refusal("its step does not rise") }
      return step
    }

    /// The cell after the next comma; nil is a gap.
    mutating func cell() throws(RecordError) -> Value? {
      guard text[position] == comma else { throw refusal("it has fewer cells than the header") }
      position += 1
      if text[position] == quote {
        let text = try takeQuoted()
        if let fault = fault(inText: text) { throw refusal(fault) }
        return .text(text)
      }
      let cell = takePlain()
      if cell.isEmpty { return nil }
      let spelling = String(decoding: cell, as: UTF8.self)
      if let integer = Int(spelling), String(integer) == spelling { return .integer(integer) }
      // Each value has one spelling, including infinities and NaN.
      guard let number = Double(spelling), TraceTable.text(of: number) == spelling else {
        throw refusal("a cell is not an integer, a number or a text in their one spelling")
      }
      return .number(number)
    }

    mutating func endLine() throws(RecordError) {
      guard text[position] == newline else {
        throw refusal("it has more cells than the header, or something after a quote")
      }
      position += 1
      line += 1
    }

    /// The bytes up to the next comma or line break.
    private mutating func takePlain() -> ArraySlice<UInt8> {
      let start = position
      while text[position] != comma && text[position] != newline { position += 1 }
      return text[start..<position]
    }

    private mutating func takeQuoted() throws(RecordError) -> String {
      position += 1
      var content: [UInt8] = []
      while position < text.count {
        let byte = text[position]
        position += 1
        if byte != quote {
          if byte == newline { line += 1 }
          content.append(byte)
        } else if text[position] == quote {
          position += 1
          content.append(quote)
        } else {
          return String(decoding: content, as: UTF8.self)
        }
      }
      throw refusal("a quote is not closed")
    }
  }
}
