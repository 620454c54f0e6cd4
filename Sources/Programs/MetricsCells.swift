internal import RunRecords

/// The cells of curves, spelt as in the file, by step and column. All bytes lie in one array, so
/// they take little more room than the file.
struct MetricsCells {
  private struct Cell {
    /// Where its bytes begin; a gap has length −1.
    var start: Int
    var length: Int32

    static let gap = Cell(start: 0, length: -1)
  }

  private struct Column {
    var name: String
    /// Fewer than there are rows if the last cells are gaps.
    var cells: [Cell] = []
  }

  private var columns: [Column] = []
  private var indices: [CanonicalJSON.Key: Int] = [:]
  private(set) var steps: [Int] = []
  /// The row of each step.
  private var rows: [Int: Int] = [:]
  private var text: [UInt8] = []

  var names: [String] { columns.map(\.name) }

  /// The index of a column, which is added if it is new; nil if there are too many columns.
  mutating func column(_ name: String) -> Int? {
    if let index = indices[CanonicalJSON.Key(name)] { return index }
    guard columns.count < TraceTable.Limit.columns else { return nil }
    columns.append(Column(name: name))
    indices[CanonicalJSON.Key(name)] = columns.count - 1
    return columns.count - 1
  }

  func has(_ name: String) -> Bool { indices[CanonicalJSON.Key(name)] != nil }

  mutating func appendRow(_ step: Int) -> Int {
    steps.append(step)
    rows[step] = steps.count - 1
    return steps.count - 1
  }

  func row(of step: Int) -> Int? { rows[step] }

  /// Sets a cell. Returns whether it had a different value before.
  mutating func set(_ cell: String, row: Int, column: Int) -> Bool {
    var isNew = true
    if row < columns[column].cells.count, columns[column].cells[row].length >= 0 {
      let old = self.cell(row: row, column: column) ?? ""
      if old.utf8.elementsEqual(cell.utf8) { return false }
      // The same value may be spelt in two ways.
      if let a = TraceTable.Values.number(old), let b = TraceTable.Values.number(cell),
        a.bitPattern == b.bitPattern || a.isNaN && b.isNaN
      {
        return false
      }
      isNew = false
    }
    while columns[column].cells.count <= row { columns[column].cells.append(.gap) }
    columns[column].cells[row] = Cell(start: text.count, length: Int32(cell.utf8.count))
    text += cell.utf8
    return !isNew
  }

  private func cell(row: Int, column: Int) -> String? {
    guard row < columns[column].cells.count else { return nil }
    let cell = columns[column].cells[row]
    guard cell.length >= 0 else { return nil }
    return String(decoding: text[cell.start..<cell.start + Int(cell.length)], as: UTF8.self)
  }

  /// The first `count` rows, in the order of their steps.
  func table(rows count: Int) throws(RecordError) -> TraceTable {
    var order = Array(0..<count)
    if zip(steps, steps.dropFirst()).contains(where: { $0 >= $1 }) {
      order.sort { steps[$0] < steps[$1] }
    }
    let read = columns.indices.map { index in
      TraceTable.Column(
        name: columns[index].name,
        values: TraceTable.Values(cells: order.map { cell(row: $0, column: index) }))
    }
    return try TraceTable(steps: order.map { steps[$0] }, columns: read)
  }
}
