public import Bundles

/// One HTML page that compares runs of any kinds: curves with the same name share a chart, and the
/// text of the comparison stands above them.
public struct AcrossReport {
  private let comparison: RunComparison
  private let title: String
  private let lines: [String]

  /// - Parameter lines: Of the comparison, for people.
  public init(_ runs: [OpenedRun], title: String, lines: [String]) {
    guard let comparison = RunComparison(runs, labels: runs.count == 2 ? ["A", "B"] : nil) else {
      preconditionFailure("runs can be compared by no key")
    }
    self.comparison = comparison
    self.title = title
    self.lines = lines
  }

  public var html: String {
    Page.html(
      title: title,
      body: """
        <h1>\(HTML.escaped(title))</h1>
        <pre>\(HTML.escaped(lines.joined(separator: "\n")))</pre>
        \(Page.figures(comparison.figures))
        <h2>The runs</h2>
        \(comparison.differenceTable())\(comparison.commonTable)\(comparison.sources())
        """)
  }
}
