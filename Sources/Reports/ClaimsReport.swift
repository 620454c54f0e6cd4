public import Analysis
import Bundles
import Digests
import Files

/// The claims, their figures and the bundles behind them, as one HTML page that needs nothing else.
public struct ClaimsReport {
  private let table: ClaimsTable
  private let runs: Evidence
  private let released: Evidence?
  private let files: [String: String]
  private let page: String?
  private let drawing: ClaimsDrawing

  /// - Parameters:
  ///   - files: The bundles' paths by their identities, as the report is to name them.
  ///   - page: The address of the page that performs runs again, to which each path leads.
  public init(
    table: ClaimsTable, runs: Evidence, released: Evidence?, files: [String: String] = [:],
    page: String? = nil
  ) {
    self.files = files
    self.page = page
    self.table = table
    self.runs = runs
    self.released = released
    drawing = ClaimsDrawing(table.file, runs: runs, released: released)
  }

  public var html: String {
    let file = table.file
    let title = (file.source.isEmpty ? file.title : "\(file.title) (\(file.source))") + ": claims"
    let figures =
      drawing.all.isEmpty
      ? "" : Self.figuresHead(hasReleased: released != nil) + Page.figures(drawing.all)
    return Page.html(
      title: title,
      body: """
        <h1>\(HTML.escaped(title)) held against sealed runs</h1>
        \(file.about.isEmpty ? "" : "<p>\(HTML.escaped(file.about))</p>")
        <p>\(summary) \(HTML.escaped(table.priorText))</p>
        \(overview)
        \(figures)
        <h2>Claim by claim</h2>
        <p>The headline decides, by its 95 % interval: inside the band, the claim is reproduced, \
        and in part where a published value beside it is outside its own; wholly outside, it is \
        not reproduced; across an edge, it is undetermined, with the number of values that would \
        decide. n counts the values used. Under five values there is no interval. Recomputed: \
        what the published runs give.</p>
        \(table.results.map(claim).joined())
        \(changes)
        <h2>Bundles</h2>
        \(bundles)

        """)
  }

  private static func figuresHead(hasReleased: Bool) -> String {
    "<h2>Figures</h2>\n<p>Filled: ours, each point and each curve a link to its bundle below. "
      + "Hollow: it had not come when observation ended. "
      + "\(hasReleased ? "Grey: the published runs. " : "")What stands at one value of the "
      + "abscissa is drawn side by side.</p>\n"
  }

  private var summary: String {
    Verdict.allCases.filter { $0 == .reproduced || table.count(of: $0) > 0 }
      .map { "<b>\(table.count(of: $0))</b> \($0.rawValue)" }.joined(separator: ", ") + "."
  }

  private var overview: String {
    let rows = table.results.map { result in
      [
        "\(result.claim.id)",
        "<a href=\"#claim-\(result.claim.id)\">\(HTML.escaped(result.claim.statement))</a>",
        Self.badge(result.verdict), HTML.escaped(Self.reason(result)),
      ]
    }
    return Page.table(["", "claim", "verdict", "at n = "], rows, class: "overview")
  }

  /// "10", "10, decided at 43".
  private static func reason(_ result: ClaimResult) -> String {
    guard let line = result.decidingLine, line.role == .headline, let ours = line.ours else {
      return ""
    }
    switch line.decision {
    case .open(let needed?): return "\(ours.count), decided at \(needed)"
    case .open(nil): return "\(ours.count), decided above \(Decision.most)"
    case .incomplete: return ours.countText
    default: return "\(ours.count)"
    }
  }

  private static func badge(_ verdict: Verdict) -> String {
    "<span class=\"badge \(verdict.style)\">\(verdict.rawValue)</span>"
  }

  private func claim(_ result: ClaimResult) -> String {
    let rows = result.lines.map { line in
      let ours = line.ours
      let name = HTML.escaped(line.quantity.name)
      let decision = HTML.escaped(line.decisionText ?? "").replacing(" 000", with: "&nbsp;000")
      return [
        line.role == .headline ? "<b>\(name)</b>" : name,
        line.quantity.published.map { HTML.escaped($0.text) } ?? "",
        HTML.escaped(line.recomputedText), ours.map { Figures.rounded($0.value) } ?? "",
        ours?.intervalText ?? "", ours?.interval?.method.rawValue ?? "", ours?.countText ?? "",
        line.quantity.band.map { HTML.escaped("\($0.text) (\($0.source))") } ?? "",
        line.decision == .fails ? "<b>\(decision)</b>" : decision,
      ]
    }
    let header = [
      "quantity", "published", "recomputed", "ours", "95 %", "by", "n", "band", "",
    ]
    let table = ClaimsTable.withoutUnpublished([header] + rows)
    let notes = result.notes.map { "<p class=\"note\">\(HTML.escaped($0))</p>\n" }
    let sources = result.sources.map { "<a href=\"#\(Self.anchor($0))\">\(Self.short($0))</a>" }
    let behind =
      sources.isEmpty
      ? ""
      : "<details><summary>\(Figures.count(sources.count, "bundle"))</summary>"
        + "<p class=\"sources\">\(sources.joined(separator: " "))</p></details>"
    return "<section id=\"claim-\(result.claim.id)\"><h3>\(result.claim.id). "
      + "\(HTML.escaped(result.claim.statement)) \(Self.badge(result.verdict))</h3>"
      + Page.table(table[0], Array(table.dropFirst()), class: "claim") + notes.joined() + behind
      + "</section>\n"
  }

  private var changes: String {
    guard !table.file.changes.isEmpty else { return "" }
    return "<h2>Changes after the runs were sealed</h2>\n<ul>\n"
      + table.file.changes.map { "<li>\(HTML.escaped($0.text))\n" }.joined() + "</ul>\n"
  }

  private var bundles: String {
    var found: [String: (run: Observation, experiments: [String])] = [:]
    for experiment in table.file.experiments {
      for run in runs[experiment.name] {
        found[run.source, default: (run, [])].experiments.append(experiment.name)
      }
    }
    guard !found.isEmpty else { return "<p>None of the runs is among the bundles given.</p>" }
    let rows = found.sorted { $0.key < $1.key }.map { source, entry in
      "<p class=\"source\" id=\"\(Self.anchor(source))\"><code>\(HTML.escaped(source))</code><br>"
        + (files[source].map { name(of: $0) + ": " } ?? "")
        + "\(HTML.escaped(drawing.describe(entry.run)))"
        + " (\(HTML.escaped(entry.experiments.joined(separator: ", "))))</p>\n"
    }
    let intent =
      page == nil ? "" : " A path leads to the page that performs the run again in your browser."
    return "<p>Each by its identity, the SHA-256 that its seal names.\(intent)</p>\n"
      + rows.joined()
  }

  /// A bundle's path; the page that it leads to asks for that file.
  private func name(of file: String) -> String {
    guard let page else { return HTML.escaped(file) }
    let fragment = file.utf8.map { byte in
      let character = Character(Unicode.Scalar(byte))
      let isPlain =
        byte < 0x80 && (character.isLetter || character.isNumber || "/._-".contains(character))
      return isPlain ? String(character) : String(printf: "%%%02X", byte)
    }
    return "<a href=\"\(HTML.escaped(page))#\(fragment.joined())\">\(HTML.escaped(file))</a>"
  }

  /// A source is the digest of a bundle, or the path of a directory.
  static func anchor(_ source: String) -> String {
    let digest = Digest(hex: source) ?? Digest(of: Array(source.utf8))
    return "b-\(digest.hex.prefix(20))"
  }

  private static func short(_ source: String) -> String {
    HTML.escaped(
      Digest(hex: source) == nil ? PathParts.split(source).name : String(source.prefix(12)))
  }
}
