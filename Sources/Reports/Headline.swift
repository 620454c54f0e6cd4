public import Analysis
import Bundles
import PageSources

/// Claims in one picture, as an SVG file of its own: the figures that stand for them, and the
/// verdicts.
public struct Headline {
  private let table: ClaimsTable
  private let runs: Evidence

  public init(table: ClaimsTable, runs: Evidence) {
    self.table = table
    self.runs = runs
  }

  private static let (width, height) = (1320.0, 726.0)
  private static let panelWidth = Figure.width + 40

  private var title: String { table.file.source.isEmpty ? table.file.title : table.file.source }

  public var svg: String {
    let figures = ClaimsDrawing(table.file, runs: runs, released: nil).headline.prefix(2)
    var body = ""
    for (place, figure) in figures.enumerated() where !figure.isEmpty {
      let x = Int(Double(place) * Self.panelWidth)
      body += "<g transform=\"translate(\(x) 12)\">"
      body += "<text class=\"title\" x=\"8\" y=\"18\">\(HTML.escaped(figure.title))</text>"
      body +=
        "<g transform=\"translate(0 34)\">\(figure.picture(isLinked: false))</g>"
        + "\(Self.legend(figure))</g>\n"
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \
      viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" \
      aria-label="\(HTML.escaped(title + ": claims"))">
      <style>
      \(PageSources.pictureStyle)svg{font-family:system-ui,sans-serif;background:var(--page)}
      svg text{font-size:20px}svg .title{fill:var(--text);font-size:23px;font-weight:600}
      svg .tile text{fill:var(--page);font-weight:600}
      .yes{fill:var(--s2)}.part{fill:var(--s4)}.maybe{fill:var(--s5)}.no{fill:var(--s1)}.open{fill:var(--grey)}
      </style>
      \(body)\(tiles)</svg>

      """
  }

  /// The names of the series in up to three lines.
  private static func legend(_ figure: Figure) -> String {
    var svg = ""
    var (x, line) = (60, 0)
    for series in figure.legend {
      // A letter of this size takes about ten units.
      let width = 40 + 10 * series.name.count
      if x + width > Int(Figure.width) && x > 60 { (x, line) = (60, line + 1) }
      let y = 482 + 28 * line
      let sign =
        switch series.form {
        case .points: "<circle class=\"dot\" cx=\"\(x + 12)\" cy=\"\(y - 6)\" r=\"6\"/>"
        case .bars: "<path class=\"bar\" d=\"M\(x) \(y - 6)h24\"/>"
        case .line: "<path class=\"line\" d=\"M\(x) \(y - 6)h24\"/>"
        case .dashes: "<path class=\"dashes\" d=\"M\(x) \(y - 6)h24\"/>"
        }
      svg += "<g class=\"\(series.color.name)\">\(sign)</g>"
      svg += "<text x=\"\(x + 30)\" y=\"\(y)\">\(HTML.escaped(series.name))</text>"
      x += width + 14
    }
    return svg
  }

  /// One tile a claim, coloured by its verdict, and what the colours mean.
  private var tiles: String {
    let side = 36
    var svg =
      "<g transform=\"translate(8 608)\">\n<text class=\"title\" x=\"0\" y=\"18\">"
      + "\(Figures.count(table.results.count, "claim"))</text>\n"
    for (place, result) in table.results.enumerated() {
      let x = place * (side + 7)
      svg +=
        "<g class=\"tile\"><title>\(result.claim.id). \(HTML.escaped(result.claim.statement)): "
      svg +=
        "\(result.verdict.rawValue)</title>"
        + "<rect class=\"\(result.verdict.style)\" x=\"\(x)\" y=\"32\" "
      svg += "width=\"\(side)\" height=\"\(side)\" rx=\"5\"/><text x=\"\(x + side / 2)\" y=\"57\" "
      svg += "text-anchor=\"middle\">\(result.claim.id)</text></g>\n"
    }
    var x = 0
    for verdict in Verdict.allCases where table.count(of: verdict) > 0 {
      let text = "\(table.count(of: verdict)) \(verdict.rawValue)"
      svg +=
        "<rect class=\"\(verdict.style)\" x=\"\(x)\" y=\"86\" width=\"18\" height=\"18\" rx=\"3\"/>"
      svg += "<text x=\"\(x + 26)\" y=\"102\">\(text)</text>\n"
      x += 26 + text.count * 11 + 34
    }
    return svg + "</g>\n"
  }
}

extension Verdict {
  /// Its class in the style of a page.
  var style: String {
    switch self {
    case .reproduced: "yes"
    case .inPart: "part"
    case .notReproduced: "no"
    case .undetermined: "maybe"
    case .notTestable, .notTested: "open"
    }
  }
}
