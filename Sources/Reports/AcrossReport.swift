public import Bundles

/// Runs of any kinds beside each other as one HTML page: the curves of one name over each other,
/// and what a comparison says.
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
