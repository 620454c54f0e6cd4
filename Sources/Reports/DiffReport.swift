public import Bundles
public import Comparison

/// A diff as one HTML page that needs nothing else: both runs' curves over each other, and the
/// tables of what differs.
public struct DiffReport {
  private let diff: RunDiff
  private let comparison: RunComparison

  /// - Parameter diff: Of `a` and `b`.
  public init(_ diff: RunDiff, of a: RecordedRun, and b: RecordedRun) {
    self.diff = diff
    guard let comparison = RunComparison([.trainer(a), .trainer(b)], labels: ["A", "B"]) else {
      preconditionFailure("runs can be compared by no key")
    }
    self.comparison = comparison
  }

  public var html: String {
    let tables =
      diff.configTables + diff.outcomeTables + diff.traceTables + diff.checkpointTables
    let lines = diff.traceLines + diff.checkpointLines
    let verdict = diff.isIdentical ? "identical" : "different"
    return Page.html(
      title: "A and B: \(verdict)",
      body: """
        <h1>A and B: \(verdict)</h1>
        <p>\(HTML.escaped(diff.verdictLine))</p>
        \(comparison.intervalNote)\(Page.figures(comparison.figures))
        \(diff.isIdentical ? "" : "<h2>What differs</h2>")
        \(tables.map(Self.html).joined())\(lines.map(Self.paragraph).joined())\
        \(diff.gapLines.map(Self.paragraph).joined())
        <h2>Both runs</h2>
        \(comparison.differenceTable(withConfigs: false))\
        \(comparison.commonTable)\(comparison.sources())
        \(diff.environmentTables.map(Self.html).joined())
        """)
  }

  private static func paragraph(_ text: String) -> String {
    "<p class=\"note\">\(HTML.escaped(text))</p>\n"
  }

  /// The header's first cell names the table.
  private static func html(_ table: DiffTable) -> String {
    let width = max(table.header.count, table.rows.map(\.count).max() ?? 0)
    func padded(_ cells: [String]) -> [String] {
      cells.map(HTML.escaped) + Array(repeating: "", count: width - cells.count)
    }
    return Page.table(padded(table.header), table.rows.map(padded), class: "difference")
      + (table.note.map(paragraph) ?? "")
  }
}
