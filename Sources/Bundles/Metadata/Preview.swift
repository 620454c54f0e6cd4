import Digests
import RunRecords

/// `data/ro-crate-preview.html`: what the run found, on one page that needs no other file. It has
/// no script, and no address that a browser would open by itself.
enum Preview {
  static func bytes(_ run: FinishedRun, result: Digest) -> [UInt8] {
    let rows = run.trace.metrics
    let steps = rows.map(\.step)
    let marks = [("T_mem", run.outcome.memorizationStep), ("T_grok", run.outcome.grokkingStep)]
      .compactMap { label, step in step.map { Chart.Mark(step: $0, label: label) } }
    let norms = rows.map(\.squaredNorm)
    let charts = [
      Chart(
        title: "Accuracy", steps: steps,
        curves: [
          .init(name: "training", values: rows.map(\.trainAccuracy)),
          .init(name: "validation", values: rows.map(\.validationAccuracy)),
        ], marks: marks, scale: .linear(0...1)),
      Chart(
        title: "Loss", steps: steps,
        curves: [
          .init(name: "training", values: rows.map(\.trainLoss)),
          .init(name: "validation", values: rows.map(\.validationLoss)),
        ], scale: .logarithmic),
      Chart(
        title: "V, the squared norm", steps: steps, curves: [.init(name: "", values: norms)],
        scale: .linear(min(norms.min() ?? 0, 0)...max(norms.max() ?? 0, 1e-300))),
    ]
    return page(
      title: "Run \(run.runID)",
      figures: rows.isEmpty
        ? "<p>The run diverged before its first row.</p>" : charts.map(figure).joined(),
      facts: facts(run, result))
  }

  static func figure(_ chart: Chart) -> String {
    let legend = zip(chart.curves, ["a", "b"]).filter { !$0.0.name.isEmpty }.map {
      " <b class=\"\($1)\">\($0.name)</b>"
    }
    let caption = "<figcaption>\(HTML.escaped(chart.title))\(legend.joined())</figcaption>"
    return "<figure>\(caption)\(chart.svg)</figure>\n"
  }

  /// - Parameters:
  ///   - title: Plain text.
  ///   - figures: HTML.
  ///   - facts: Plain text.
  static func page(title: String, figures: String, facts: [(String, String)]) -> [UInt8] {
    let table = facts.map { "<tr><th>\(HTML.escaped($0))<td>\(HTML.escaped($1))\n" }
    return Array(
      """
      <!doctype html>
      <html lang="en"><meta charset="utf-8">
      <meta name="viewport" content="width=device-width,initial-scale=1">
      <meta http-equiv="Content-Security-Policy" \
      content="default-src 'none';style-src 'unsafe-inline'">
      <title>\(HTML.escaped(title))</title>
      <style>\(style)</style>
      <h1>\(HTML.escaped(title))</h1>
      <div>\(figures)</div>
      <table>
      \(table.joined())</table>
      <p><a href="README.md">README.md</a> says how to check all of this.</p>

      """.utf8)
  }

  private static let style = """
    :root{color-scheme:light dark;--a:#0a5cc2;--b:#b8400a}
    @media(prefers-color-scheme:dark){:root{--a:#74b5ff;--b:#ff9e5e}}
    body{font:1rem/1.5 system-ui,sans-serif;max-width:64rem;margin:auto;padding:1rem}
    h1{font-size:1.4rem}
    div{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(19rem,100%),1fr));gap:1rem}
    figure{margin:0;break-inside:avoid}
    svg{width:100%;overflow:visible;font-size:24px;fill:currentColor}
    path{fill:none;stroke:currentColor;stroke-width:4;stroke-linecap:round;stroke-linejoin:round}
    .a{stroke:var(--a);color:var(--a)}.b{stroke:var(--b);color:var(--b);stroke-dasharray:12 8}
    .g{stroke-width:1;opacity:.3}.m{stroke-width:2;stroke-dasharray:2 8}
    table{border-collapse:collapse;margin:1rem 0}
    th,td{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0;\
    border-top:1px solid #8885;overflow-wrap:anywhere}
    th{overflow-wrap:normal;white-space:nowrap}
    @media print{:root{color-scheme:light;--a:#0a5cc2;--b:#b8400a}}
    """

  // MARK: Facts

  private static func facts(_ run: FinishedRun, _ result: Digest) -> [(String, String)] {
    let (spec, outcome) = (run.spec, run.outcome)
    let config = spec.canonicalJSON
    func step(_ step: Int?, _ curve: String, _ threshold: Double) -> String {
      "\(step.map(String.init) ?? "never") (\(curve) accuracy at least "
        + "\(shortestDecimal(threshold)), logged every \(spec.logInterval) steps)"
    }
    let norms = [
      (outcome.initialSquaredNorm, "at the start"), (outcome.squaredNormAtMemorization, "at T_mem"),
      (outcome.finalSquaredNorm, "at the end"),
    ].compactMap { value, place in value.map { "\(HTML.rounded($0)) \(place)" } }
    let sections: [(String, String)] = ["task", "model", "loss", "optimizer", "schedule", "log"]
      .filter { config[$0] != nil }
      .map { ($0.prefix(1).uppercased() + $0.dropFirst(), section(config[$0])) }
    let changes: [(String, String)] = spec.changes.map { ("At step \($0.step)", $0.what) }
    return [("Result", result.hex)] + sections + changes + [
      ("Seed", "\(spec.seed), batch \(spec.batch), at most \(spec.maxSteps) steps"),
      ("T_mem", step(outcome.memorizationStep, "training", spec.stop.memorized)),
      ("T_grok", step(outcome.grokkingStep, "validation", spec.stop.grokked)),
      ("Delay", outcome.delay.map { "\($0) steps" } ?? "none"),
      ("V", norms.joined(separator: ", ")),
      ("Last step", "\(outcome.lastStep) (\(outcome.stopReason.rawValue))"),
      ("Checkpoints", "\(run.checkpointSteps.count)"),
      ("Performed", "\(run.performance.started) to \(run.performance.ended)"),
      ("With", "\(run.tool), numerics \(spec.numerics)"),
    ]
  }

  /// A section of the config as text, as "transformer: embedding shared, width 128".
  private static func section(_ value: CanonicalJSON?) -> String {
    guard case .object(let members)? = value else { return "" }
    let rest = members.filter { $0.key != "name" }.sorted { $0.key < $1.key }.map {
      "\($0.key.text.replacing("_", with: " ")) \(Self.text($0.value))"
    }
    let name = members["name"]?.stringValue
    return [name, rest.isEmpty ? nil : rest.joined(separator: ", ")].compactMap(\.self)
      .joined(separator: ": ")
  }

  /// A value as text; a list has commas between its items.
  private static func text(_ value: CanonicalJSON) -> String {
    guard case .array(let items) = value else { return value.stringValue ?? value.text }
    return items.map { text($0) }.joined(separator: ", ")
  }
}
