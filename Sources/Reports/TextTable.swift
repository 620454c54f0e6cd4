/// Rows of text in aligned columns, the last one ragged.
struct TextTable {
  private var rows: [[String]] = []
  private let indent: String

  init(indent: Int = 0) {
    self.indent = String(repeating: " ", count: indent)
  }

  mutating func add(_ cells: String...) { rows.append(cells) }
  mutating func add(cells: [String]) { rows.append(cells) }

  var lines: [String] { lines(columns: nil) }

  /// The rows, the last cell of each wrapped at spaces where the row is wider than `columns`; a
  /// word that is longer is cut.
  func lines(columns: Int?) -> [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.flatMap { row -> [String] in
      var line = indent
      for (column, cell) in row.enumerated() {
        if column < row.count - 1 {
          line += cell + String(repeating: " ", count: widths[column] - cell.count + 2)
        } else if let columns, line.count + cell.count > columns, columns > line.count + 10 {
          let space = String(repeating: " ", count: line.count)
          let parts = Self.wrapped(cell, to: columns - line.count)
          return [line + parts[0]] + parts.dropFirst().map { space + $0 }
        } else {
          line += cell
        }
      }
      while line.last == " " { line.removeLast() }
      return [line]
    }
  }

  /// At least one line, none longer than `width`.
  private static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      var word = word
      if lines[lines.count - 1].isEmpty {
        lines[lines.count - 1] += word.prefix(width)
        word = word.dropFirst(width)
      } else if lines[lines.count - 1].count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
        continue
      }
      while !word.isEmpty {
        lines.append(String(word.prefix(width)))
        word = word.dropFirst(width)
      }
    }
    return lines
  }
}
