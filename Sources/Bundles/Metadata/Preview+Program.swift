import Digests
import RunRecords

extension Preview {
  /// At most this many curves are drawn.
  private static let mostCharts = 12

  /// The page of a program's run.
  static func bytes(_ run: FinishedProgram, result: Digest) -> [UInt8] {
    let record = run.record
    let drawn = record.metrics.columns.compactMap { chart(of: $0, steps: record.metrics.steps) }
    let rest = drawn.count - mostCharts
    let remark = rest > 0 ? "<p>\(rest) more columns are in trace/metrics.csv." : ""
    return page(
      title: "Run \(record.runID) of \(run.name)",
      figures: drawn.isEmpty
        ? "<p>It has no curves." : drawn.prefix(mostCharts).map(figure).joined() + remark,
      facts: facts(run, result))
  }

  /// A chart of the finite values of a column over their steps. Nil if there are none, and for
  /// texts and digests.
  private static func chart(of column: TraceTable.Column, steps: [Int]) -> Chart? {
    let values: [Double?]
    switch column.values {
    case .integers(let integers): values = integers.map { $0.map(Double.init) }
    case .numbers(let numbers): values = numbers
    case .texts, .digests: return nil
    }
    let points = zip(steps, values).compactMap { step, value in
      value.flatMap { $0.isFinite ? (step: step, value: $0) : nil }
    }
    guard let least = points.map(\.value).min(), let greatest = points.map(\.value).max() else {
      return nil
    }
    // Losses fall over several powers of ten.
    let isLogarithmic = least > 0 && greatest / least > 100
    return Chart(
      title: column.name, steps: points.map(\.step),
      curves: [.init(name: "", values: points.map(\.value))],
      scale: isLogarithmic
        ? .logarithmic : .linear(min(least, 0)...max(greatest, least, min(least, 0) + 1e-300)))
  }

  private static func facts(_ run: FinishedProgram, _ result: Digest) -> [(String, String)] {
    let record = run.record
    let measured: String =
      switch record.repeats {
      case .notMeasured: "not measured"
      case .measured(let measured): "\(measured.count) runs were compared (repeats.json)"
      }
    let found = record.outcome.found.sorted { $0.key < $1.key }.map {
      ($0.key.text, $0.value.stringValue ?? $0.value.text)
    }
    return [
      ("Result", result.hex), ("Program", run.command),
      ("Ended", record.outcome.ending.description),
      ("Rows", "\(record.metrics.steps.count)"),
      ("Results", "\(record.files.count) files"),
      ("Inputs", "\(record.inputs.entries.count) files"),
      ("Differs from itself", measured),
      ("Performed", "\(run.performance.started) to \(run.performance.ended)"),
    ] + found
  }
}
