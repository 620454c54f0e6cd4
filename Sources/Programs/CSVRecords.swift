/// Parses a CSV file as its bytes come (RFC 4180): a byte order mark, lines that end with CRLF or
/// LF, and quoted cells that hold commas, quotes and line breaks. Empty lines are skipped.
struct CSVRecords {
  /// The cells of one record. Nil is an empty cell, with or without quotes.
  typealias Record = [String?]

  private enum State {
    case startOfCell, plain, quoted
    /// After a quote in a quoted cell: it ends the cell, or is the first of two.
    case quote
  }

  private static let largestCell = 1 << 20

  private var state = State.startOfCell
  private var cell: [UInt8] = []
  private var record: Record = []
  private var line = 1
  /// The line on which the record began.
  private var recordLine = 1
  /// A CR was the last byte; what follows it is not known yet.
  private var hasReturn = false
  private var mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  private var isAtStart = true

  /// Calls `body` with each complete record and the line on which it begins.
  mutating func append(
    _ bytes: ArraySlice<UInt8>, _ body: (Record, Int) throws(MetricsFault) -> Void
  ) throws(MetricsFault) {
    for byte in bytes { try take(byte, body) }
  }

  /// Whether anything follows the last line break.
  var hasRest: Bool {
    !record.isEmpty || !cell.isEmpty || hasReturn
      || { if case .startOfCell = state { false } else { true } }()
  }

  /// Ends the last record, which has no line break.
  mutating func finish(_ body: (Record, Int) throws(MetricsFault) -> Void) throws(MetricsFault) {
    guard hasRest else { return }
    if case .quoted = state {
      throw MetricsFault(line: recordLine, reason: "a quote is never closed")
    }
    try endRecord(body)
  }

  private mutating func take(
    _ byte: UInt8, _ body: (Record, Int) throws(MetricsFault) -> Void
  ) throws(MetricsFault) {
    if isAtStart {
      if byte == mark.first {
        mark.removeFirst()
        isAtStart = !mark.isEmpty
        return
      }
      isAtStart = false
      cell = mark.count == 3 ? [] : Array([0xEF, 0xBB, 0xBF].prefix(3 - mark.count))
    }
    if hasReturn {
      hasReturn = false
      if byte == UInt8(ascii: "\n") { return try endRecord(body) }
      cell.append(UInt8(ascii: "\r"))
    }
    switch (state, byte) {
    case (.quoted, UInt8(ascii: "\"")): state = .quote
    case (.quoted, _): append(byte)
    case (.quote, UInt8(ascii: "\"")):
      cell.append(byte)
      state = .quoted
    case (.startOfCell, UInt8(ascii: "\"")): state = .quoted
    case (_, UInt8(ascii: ",")): try endCell()
    case (_, UInt8(ascii: "\n")): try endRecord(body)
    case (_, UInt8(ascii: "\r")): hasReturn = true
    case (.quote, _):
      throw MetricsFault(line: line, reason: "a cell goes on behind its closing quote")
    case (.startOfCell, _), (.plain, _):
      append(byte)
      state = .plain
    }
    guard cell.count <= Self.largestCell else {
      throw MetricsFault(
        line: recordLine, reason: "a cell has more than \(Self.largestCell) bytes")
    }
  }

  private mutating func append(_ byte: UInt8) {
    if byte == UInt8(ascii: "\n") { line += 1 }
    cell.append(byte)
  }

  private mutating func endCell() throws(MetricsFault) {
    guard let text = String(validating: cell, as: UTF8.self) else {
      throw MetricsFault(line: line, reason: "it is not UTF-8")
    }
    record.append(text.isEmpty ? nil : text)
    cell.removeAll(keepingCapacity: true)
    state = .startOfCell
  }

  private mutating func endRecord(
    _ body: (Record, Int) throws(MetricsFault) -> Void
  ) throws(MetricsFault) {
    try endCell()
    hasReturn = false
    let (whole, start) = (record, recordLine)
    record.removeAll(keepingCapacity: true)
    line += 1
    recordLine = line
    if whole.count == 1 && whole[0] == nil { return }
    try body(whole, start)
  }
}
