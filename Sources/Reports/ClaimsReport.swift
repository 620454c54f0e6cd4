public import Analysis
import Bundles

/// The claims, their figures and the bundles behind them, as one HTML page that needs nothing else.
public struct ClaimsReport {
  private let table: ClaimsTable
  private let runs: Evidence
  private let released: Evidence?
  private let files: [String: String]

  /// - Parameter files: The bundles' paths by their identities, as the page is to name them.
  public init(
    table: ClaimsTable, runs: Evidence, released: Evidence?, files: [String: String] = [:]
  ) {
    self.files = files
    self.table = table
    self.runs = runs
    self.released = released
  }

  public var html: String {
    let figures = ClaimsFigures(runs: runs, released: released).all
    return Page.html(
      title: "The claims of arXiv 2603.13331",
      body: """
        <h1>The claims of arXiv 2603.13331, held against sealed runs</h1>
        <p>\(summary)</p>
        \(overview)
        <h2>Figures</h2>
        <p>Filled: ours, each point and each curve a link to its bundle below. Hollow: not grokked when observation \
        ended. \(released == nil ? "" : "Grey: the authors’ released runs. ")What stands at one value of the abscissa is \
        drawn side by side.</p>
        \(Page.figures(figures))
        <h2>Claim by claim</h2>
        <p>The interval is the bootstrap’s 95 % (2000 resamples). A quantity with a band decides, once its \
        runs are there or the missing ones cannot change it; the others show what another convention would have given. \
        Recomputed: what the authors’ released runs give.</p>
        \(table.results.map(claim).joined())
        <h2>Bundles</h2>
        \(bundles)

        """)
  }

  private var summary: String {
    Verdict.allCases.map { "<b>\(table.count(of: $0))</b> \($0.rawValue)" }.joined(separator: ", ")
      + "."
  }

  private var overview: String {
    let rows = table.results.map { result in
      [
        "\(result.claim.id)",
        "<a href=\"#claim-\(result.claim.id)\">\(HTML.escaped(result.claim.statement))</a>",
        Self.badge(result.verdict), result.tallyText,
      ]
    }
    return Page.table(["", "claim", "verdict", "in band"], rows, class: "overview")
  }

  private static func badge(_ verdict: Verdict) -> String {
    "<span class=\"badge \(verdict.style)\">\(verdict.rawValue)</span>"
  }

  private func claim(_ result: ClaimResult) -> String {
    let rows = result.lines.map { line in
      let ours = line.ours
      let count = ours.map {
        $0.isComplete ? "\($0.runCount)" : "\($0.runCount) of \($0.plannedCount)"
      }
      let within = line.isWithinBand.map { $0 ? "within" : "<b>outside</b>" }
      return [
        HTML.escaped(line.quantity.name), line.quantity.published?.text ?? "",
        line.recomputedText, ours.map { Figures.rounded($0.value) } ?? "",
        ours?.interval.map {
          "\(Figures.rounded($0.lowerBound)) to \(Figures.rounded($0.upperBound))"
        } ?? "",
        count ?? "", line.quantity.band?.description ?? "",
        within ?? (line.quantity.band == nil ? "" : "open"),
      ]
    }
    let header = ["quantity", "published", "recomputed", "ours", "95 %", "runs", "band", ""]
    let notes = result.notes.map { "<p class=\"note\">\(HTML.escaped($0))</p>\n" }
    let sources = result.sources.map { "<a href=\"#\(Self.anchor($0))\">\(Self.short($0))</a>" }
    let behind =
      sources.isEmpty
      ? ""
      : "<details><summary>\(Figures.count(sources.count, "bundle"))</summary>"
        + "<p class=\"sources\">\(sources.joined(separator: " "))</p></details>"
    return "<section id=\"claim-\(result.claim.id)\"><h3>\(result.claim.id). "
      + "\(HTML.escaped(result.claim.statement)) \(Self.badge(result.verdict))</h3>"
      + Page.table(header, rows, class: "claim") + notes.joined() + behind + "</section>\n"
  }

  private var bundles: String {
    var found: [String: (run: Observation, experiments: [String])] = [:]
    for experiment in Experiment.allCases {
      for run in runs[experiment] {
        found[run.source, default: (run, [])].experiments.append(experiment.rawValue)
      }
    }
    guard !found.isEmpty else {
      return "<p>None of the paper’s runs is among the bundles given.</p>"
    }
    let rows = found.sorted { $0.key < $1.key }.map { source, entry in
      "<p class=\"source\" id=\"\(Self.anchor(source))\"><code>\(HTML.escaped(source))</code><br>"
        + (files[source].map { HTML.escaped($0) + ": " } ?? "")
        + "\(HTML.escaped(ClaimsFigures.describe(entry.run)))"
        + " (\(HTML.escaped(entry.experiments.joined(separator: ", "))))</p>\n"
    }
    return "<p>Each by its identity, the SHA-256 that its seal names.</p>\n\(rows.joined())"
  }

  static func anchor(_ source: String) -> String {
    "b-"
      + String(
        source.unicodeScalars.prefix(20).map {
          $0.properties.isAlphabetic || $0.properties.numericType != nil ? Character($0) : "-"
        })
  }

  private static func short(_ source: String) -> String { HTML.escaped(String(source.prefix(12))) }
}
