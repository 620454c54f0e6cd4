package import RunRecords

/// Reads the curves that a program writes, all at once or as they come.
///
/// The form is CSV or JSON lines. A step has one row, or several whose cells do not contradict each
/// other: those are merged, because some loggers write one row for training and one for validation.
/// After a fault nothing more can be appended.
package struct MetricsReader {
  package enum Form: Sendable, Hashable {
    case csv, jsonLines

    /// Chosen by the extension of a file's name; CSV by default.
    package init(fileName: String) {
      let name = fileName.lowercased()
      self = name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") ? .jsonLines : .csv
    }
  }

  /// How to treat a row whose step came before with other values, or is below the step before it.
  package enum Repetition: Sendable, Hashable {
    case refused
    /// The last row counts, as when a run was continued from a checkpoint.
    case lastWins
  }

  private let form: Form
  private let step: String
  private let repetition: Repetition
  private var cells = MetricsCells()
  private var records = CSVRecords()
  /// The column of each place in the header; nil is the column of the steps.
  private var header: [Int?] = []
  private var hasHeader = false
  /// The beginning of a line of JSON, and the line's number.
  private var partialLine: [UInt8] = []
  private var line = 1
  private var bytesRead = 0
  private var replaced = 0
  private var hasTornLine = false

  /// - Parameter step: The column or key that holds the step.
  package init(form: Form, step: String, repetition: Repetition = .refused) {
    self.form = form
    self.step = step
    self.repetition = repetition
  }

  package static let largestFile = 256 << 20

  /// The names under which a program may have written the file, in order of preference. A program
  /// that writes JSON lines need not declare it.
  package static func names(of file: String) -> [String] {
    file == "metrics.csv" ? [file, "metrics.jsonl"] : [file]
  }

  /// The number of rows.
  package var rows: Int { cells.steps.count }
  package var lastStep: Int? { cells.steps.last }

  /// What to report about the file, a sentence each.
  package var remarks: [String] {
    var remarks: [String] = []
    if replaced > 0 {
      remarks.append(
        "of steps that stand twice the last row holds; \(replaced) "
          + (replaced == 1 ? "cell differs" : "cells differ"))
    }
    if hasTornLine { remarks.append("its last line is torn, and was left out") }
    return remarks
  }
}

// MARK: Reading

extension MetricsReader {
  package mutating func append(_ bytes: ArraySlice<UInt8>) throws(MetricsFault) {
    bytesRead += bytes.count
    guard bytesRead <= Self.largestFile else {
      throw MetricsFault(line: 0, reason: "it has more than \(Self.largestFile) bytes")
    }
    switch form {
    case .csv:
      var taken: [(CSVRecords.Record, Int)] = []
      var fault: MetricsFault?
      do throws(MetricsFault) {
        try records.append(bytes) { record, line in taken.append((record, line)) }
      } catch {
        fault = error
      }
      // The records before the fault may have a fault of their own.
      for (record, line) in taken { try take(record, line: line) }
      if let fault { throw fault }
    case .jsonLines:
      var rest = bytes
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        partialLine += rest[..<end]
        rest = rest[(end + 1)...]
        try takeLine()
      }
      partialLine += rest
      guard partialLine.count <= Self.longestLine else {
        throw MetricsFault(line: line, reason: "it has more than \(Self.longestLine) bytes")
      }
    }
  }

  private static let longestLine = 1 << 24

  /// Reads what follows the last line break.
  ///
  /// - Parameter isWhole: Whether the program ended by itself. If not, this last line is torn, and
  ///   is left out.
  package mutating func finish(isWhole: Bool) throws(MetricsFault) {
    switch form {
    case .csv:
      guard records.hasRest else { return }
      guard isWhole else {
        hasTornLine = true
        return
      }
      var last: (CSVRecords.Record, Int)?
      try records.finish { record, line in last = (record, line) }
      if let last { try take(last.0, line: last.1) }
    case .jsonLines:
      guard !partialLine.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) else { return }
      guard isWhole else {
        hasTornLine = true
        return
      }
      try takeLine()
    }
  }

  private mutating func takeLine() throws(MetricsFault) {
    defer {
      partialLine.removeAll(keepingCapacity: true)
      line += 1
    }
    var bytes = partialLine[...]
    if line == 1 && bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return }
    let members = try JSONLine.members(of: bytes, line: line)
    let counts = members.filter { $0.key == step }
    let row = try row(of: counts.first?.cell.content, line: line)
    for member in members where member.key != step {
      let column = try column(named: member.key, line: line)
      if let cell = member.cell.content { try set(cell, row: row, column: column, line: line) }
    }
  }

  private mutating func take(_ record: CSVRecords.Record, line: Int) throws(MetricsFault) {
    guard hasHeader else { return try takeHeader(record, line: line) }
    guard record.count == header.count else {
      throw MetricsFault(
        line: line, reason: "it has \(record.count) cells, and the header \(header.count)")
    }
    let place = header.firstIndex(of: nil)
    let row = try row(of: place.flatMap { record[$0] }, line: line)
    for (column, cell) in zip(header, record) {
      if let column, let cell { try set(cell, row: row, column: column, line: line) }
    }
  }

  private mutating func takeHeader(
    _ record: CSVRecords.Record, line: Int
  ) throws(MetricsFault) {
    hasHeader = true
    let names = record.map { $0 ?? "" }
    guard let place = names.firstIndex(of: step) else {
      let near = Spelling.nearest(to: step, among: names)
      throw MetricsFault(
        line: line,
        reason: "it has no column \(step)" + (near.map { "; did you mean \($0)?" } ?? "")
          + "; its columns are \(names.prefix(20).joined(separator: ", ")), and the one of the "
          + "steps can be named")
    }
    for (index, name) in names.enumerated() {
      if index == place {
        header.append(nil)
        continue
      }
      // pandas gives no name to the column of row numbers.
      let name = name.isEmpty ? "column \(index + 1)" : name
      guard name != step, !cells.has(Self.recorded(name)) else {
        throw MetricsFault(line: line, reason: "two of its columns are named \(name)")
      }
      header.append(try column(named: name, line: line))
    }
  }

  /// The name of a column in the record, where `step` is the column of the steps.
  private static func recorded(_ name: String) -> String { name == "step" ? "file.step" : name }

  private mutating func column(named name: String, line: Int) throws(MetricsFault) -> Int {
    let name = Self.recorded(name)
    if let fault = TraceTable.fault(inName: name) {
      throw MetricsFault(line: line, reason: fault)
    }
    guard let column = cells.column(name) else {
      throw MetricsFault(
        line: line, reason: "it has more than \(TraceTable.Limit.columns) columns")
    }
    return column
  }

  private mutating func row(of cell: String?, line: Int) throws(MetricsFault) -> Int {
    guard let cell else { throw MetricsFault(line: line, reason: "it has no \(step)") }
    // pandas writes 10.0 if a column of integers has gaps.
    let value = TraceTable.Values.number(cell)
    guard let value, (0...0x1p53).contains(value), let number = Int(exactly: value) else {
      throw MetricsFault(
        line: line, reason: "its \(step) is \(cell.prefix(40)), not an integer from 0 to 2^53")
    }
    guard let last = cells.steps.last else { return cells.appendRow(number) }
    if number == last { return cells.steps.count - 1 }
    if number > last, repetition == .refused || cells.row(of: number) == nil {
      return cells.appendRow(number)
    }
    switch repetition {
    case .refused:
      throw MetricsFault(line: line, reason: "its \(step) is \(number), after \(last)")
    case .lastWins: return cells.row(of: number) ?? cells.appendRow(number)
    }
  }

  private mutating func set(
    _ cell: String, row: Int, column: Int, line: Int
  ) throws(MetricsFault) {
    if let fault = TraceTable.fault(inText: cell) {
      throw MetricsFault(line: line, reason: "\(cells.names[column]): \(fault)")
    }
    guard cells.set(cell, row: row, column: column) else { return }
    switch repetition {
    case .refused:
      throw MetricsFault(
        line: line,
        reason: "\(step) \(cells.steps[row]) stands twice, with another \(cells.names[column])")
    case .lastWins: replaced += 1
    }
  }
}

// MARK: The table

extension MetricsReader {
  /// All rows; with `settledOnly`, all but the last, which can still change.
  package func table(settledOnly: Bool = false) throws(MetricsFault) -> TraceTable {
    do {
      return try cells.table(rows: settledOnly ? max(0, rows - 1) : rows)
    } catch {
      throw MetricsFault(line: 0, reason: "\(error)")
    }
  }
}
