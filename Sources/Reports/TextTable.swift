/// Rows of text in aligned columns, the last one ragged.
struct TextTable {
  private var rows: [[String]] = []
  private let indent: String

  init(indent: Int = 0) {
    self.indent = String(repeating: " ", count: indent)
  }

  mutating func add(_ cells: String...) { rows.append(cells) }
  mutating func add(cells: [String]) { rows.append(cells) }

  var lines: [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      var line = indent
      for (column, cell) in row.enumerated() {
        line += cell
        if column < row.count - 1 {
          line += String(repeating: " ", count: widths[column] - cell.count + 2)
        }
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
