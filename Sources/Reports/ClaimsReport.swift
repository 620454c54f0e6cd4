public import Analysis

/// The claims, their figures and the bundles behind them, as one HTML page that needs nothing else.
public struct ClaimsReport {
  private let table: ClaimsTable
  private let runs: Evidence
  private let released: Evidence?

  public init(table: ClaimsTable, runs: Evidence, released: Evidence?) {
    self.table = table
    self.runs = runs
    self.released = released
  }

  public var html: String {
    let figures = ClaimsFigures(runs: runs, released: released).all.filter { !$0.isEmpty }
    return """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>The claims of arXiv 2603.13331</title>
      <style>\(Self.style)</style>
      <main>
      <h1>The claims of arXiv 2603.13331, held against sealed runs</h1>
      <p>\(summary)</p>
      \(overview)
      <h2>Figures</h2>
      <p>Filled: ours, each point a link to its bundle below. Grey: the authors’ released runs\
      \(released == nil ? " (not given)" : ""). Hollow: not grokked when observation ended.</p>
      <div class="figures">\(figures.map(\.html).joined())</div>
      <h2>Claim by claim</h2>
      <p>The interval is the bootstrap’s 95 % (2000 resamples). A quantity with a band decides, once all of its \
      runs are there; the others show what another convention would have given.</p>
      \(table.results.map(claim).joined())
      <h2>Bundles</h2>
      \(bundles)
      </main>
      </html>

      """
  }

  private var summary: String {
    Verdict.allCases.map { "<b>\(table.count(of: $0))</b> \($0.rawValue)" }.joined(separator: ", ")
      + "."
  }

  private var overview: String {
    let rows = table.results.map { result in
      "<tr><td>\(result.claim.id)<td><a href=\"#claim-\(result.claim.id)\">"
        + "\(HTML.escape(result.claim.statement))</a><td>\(Self.badge(result.verdict))\n"
    }
    return "<div class=\"wide\"><table class=\"overview\">\(rows.joined())</table></div>"
  }

  private static func badge(_ verdict: Verdict) -> String {
    let name =
      switch verdict {
      case .reproduced: "yes"
      case .inPart: "part"
      case .notReproduced: "no"
      case .notTested: "open"
      }
    return "<span class=\"badge \(name)\">\(verdict.rawValue)</span>"
  }

  private func claim(_ result: ClaimResult) -> String {
    var rows = "<tr><th>quantity<th>published"
    if released != nil { rows += "<th>recomputed" }
    rows += "<th>ours<th>95 %<th>n<th>band<th>\n"
    for line in result.lines {
      rows += "<tr><td>\(HTML.escape(line.quantity.name))<td>\(line.quantity.published?.text ?? "")"
      if released != nil {
        rows += "<td>\(line.recomputed.map { Figures.rounded($0.value) } ?? "")"
      }
      let interval = line.ours?.interval.map {
        "\(Figures.rounded($0.lowerBound)) to \(Figures.rounded($0.upperBound))"
      }
      let count = line.ours.map {
        $0.isComplete ? "\($0.runCount)" : "\($0.runCount) of \($0.plannedCount)"
      }
      let within = line.isWithinBand.map { $0 ? "within" : "<b>outside</b>" }
      rows += "<td>\(line.ours.map { Figures.rounded($0.value) } ?? "")<td>\(interval ?? "")"
      rows += "<td>\(count ?? "")<td>\(line.quantity.band?.description ?? "")<td>\(within ?? "")\n"
    }
    let sources = result.sources.map { "<a href=\"#\(Self.anchor($0))\">\(Self.short($0))</a>" }
    let behind =
      sources.isEmpty
      ? ""
      : "<details><summary>\(Figures.count(sources.count, "bundle"))</summary>"
        + "<p class=\"sources\">\(sources.joined(separator: " "))</p></details>"
    return "<section id=\"claim-\(result.claim.id)\"><h3>\(result.claim.id). "
      + "\(HTML.escape(result.claim.statement)) \(Self.badge(result.verdict))</h3>"
      + "<div class=\"wide\"><table>\(rows)</table></div>\(behind)</section>\n"
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
      let run = entry.run
      return "<tr id=\"\(Self.anchor(source))\"><td><code>\(HTML.escape(source))</code>"
        + "<td>\(HTML.escape(ClaimsFigures.describe(run)))<td>\(entry.experiments.joined(separator: ", "))\n"
    }
    return "<div class=\"wide\"><table><tr><th>identity<th>run<th>experiments\n"
      + "\(rows.joined())</table></div>"
  }

  static func anchor(_ source: String) -> String {
    "b-"
      + String(
        source.unicodeScalars.map {
          $0.properties.isAlphabetic || $0.properties.numericType != nil ? Character($0) : "-"
        })
  }

  private static func short(_ source: String) -> String { HTML.escape(String(source.prefix(12))) }

  /// Colours after Okabe and Ito, which the colour-blind tell apart; lighter on a dark page.
  private static let style = """
    :root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--faint:#667;--line:#d8dce2;--s0:#0072b2;--s1:#c24e00;\
    --s2:#00805d;--s3:#a8517f;--s4:#a87400;--s5:#2a86b8;--s6:#444c56;--s7:#9aa0a8}\
    @media(prefers-color-scheme:dark){:root{--page:#14171b;--text:#e6e8eb;--faint:#9aa3ad;--line:#333a43;--s0:#5ab4ea;\
    --s1:#ff8a3c;--s2:#2ec79b;--s3:#e59cc4;--s4:#f0b429;--s5:#8fd0f5;--s6:#c9d1d9;--s7:#6b737c}}\
    body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}\
    main{max-width:72rem;margin:0 auto;padding:1rem}h1{font-size:1.6rem;line-height:1.2}h2{margin-top:2.5rem}\
    h3{font-size:1.05rem;margin:1.2rem 0 .4rem}a{color:inherit}\
    .wide{overflow-x:auto}table{border-collapse:collapse;font-size:.875rem}\
    td,th{padding:.2rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}\
    th{color:var(--faint);font-weight:500;white-space:nowrap}code{font-size:.75rem;overflow-wrap:anywhere}\
    .overview{font-size:1rem}.badge{white-space:nowrap;font-size:.8rem;font-weight:600;padding:.1rem .5rem;border-radius:1rem;\
    border:1px solid currentColor}.yes{color:var(--s2)}.part{color:var(--s4)}.no{color:var(--s1)}.open{color:var(--faint)}\
    .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem}\
    figure{margin:0;break-inside:avoid}svg{width:100%;height:auto;display:block}svg text{fill:var(--faint);font-size:13px}\
    figcaption,.keys,.sources{font-size:.875rem;color:var(--faint);margin:.3rem 0}.sources{font-family:monospace}\
    .grid{stroke:var(--line);fill:none}.line,.dashes{fill:none;stroke-width:1.8}.dashes{stroke-dasharray:6 4}\
    .dot{fill:currentColor;fill-opacity:.75}.hollow{fill:var(--page);stroke-width:1.6}.line,.dashes,.hollow{stroke:currentColor}\
    .s0{color:var(--s0)}.s1{color:var(--s1)}.s2{color:var(--s2)}.s3{color:var(--s3)}.s4{color:var(--s4)}.s5{color:var(--s5)}\
    .s6{color:var(--s6)}.s7{color:var(--s7)}.key{white-space:nowrap;margin-right:.8rem}\
    .key i{display:inline-block;width:.7rem;height:.7rem;border-radius:1rem;background:currentColor;margin-right:.3rem}\
    .key i.line,.key i.dashes{height:0;width:1.2rem;border-radius:0;border-top:2px solid;background:none;vertical-align:middle}\
    .key i.dashes{border-top-style:dashed}:target{background:color-mix(in srgb,var(--s4) 25%,transparent)}\
    @media(max-width:34rem){svg text{font-size:19px}}@media print{:root{--page:#fff;--text:#000}.figures{grid-template-columns:1fr 1fr}details{display:none}}
    """
}
