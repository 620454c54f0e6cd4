import Archive
import Bundles
public import Comparison
import Digests
import RunRecords

/// Rows of what differs under a header, for the terminal and for a page.
struct DiffTable {
  var header: [String]
  var rows: [[String]]
  /// What is said below it.
  var note: String?

  var textLines: [String] {
    var table = TextTable(indent: 2)
    table.add(cells: header)
    for row in rows { table.add(cells: ["  " + row[0]] + row.dropFirst()) }
    return table.lines + (note.map { ["    " + $0] } ?? [])
  }
}

extension RunDiff {
  /// One line when the runs are identical and nothing more is to be said; else only what differs.
  public var textLines: [String] {
    let notes = environmentTables.flatMap(\.textLines) + gapLines.map { "  " + $0 }
    guard !isIdentical else { return [verdictLine] + notes }
    return [verdictLine] + sideLines + configTables.flatMap(\.textLines)
      + traceTables.flatMap(\.textLines) + traceLines.map { "  " + $0 }
      + outcomeTables.flatMap(\.textLines) + checkpointLines.map { "  " + $0 }
      + checkpointTables.flatMap(\.textLines) + notes
  }

  /// What is identical, or which kinds of things differ.
  var verdictLine: String {
    isIdentical ? identicalLine : "different: \(kinds.joined(separator: ", "))"
  }

  private var identicalLine: String {
    var parts: [String] = []
    if compared.config { parts.append("the config") }
    if compared.rows > 0 { parts.append(Figures.count(compared.rows, "row")) }
    if compared.outcome { parts.append("the outcome") }
    if !compared.checkpoints.isEmpty {
      parts.append(Figures.count(compared.checkpoints.count, "checkpoint") + " by digest")
    }
    if let checkpoint, compared.tensors > 0 {
      parts.append("\(Figures.count(compared.tensors, "tensor")) of step \(checkpoint.step)")
    }
    var line = "identical: " + parts.joined(separator: ", ")
    if !ignored.isEmpty { line += "; ignored: " + ignored.joined(separator: ", ") }
    if let result = a.identities?.result, result == b.identities?.result {
      line += "; result \(result)"
    }
    return line
  }

  private var kinds: [String] {
    var kinds: [String] = []
    if !config.isEmpty { kinds.append("config") }
    if let first = trace.first.first {
      kinds.append("trace from step \(first.step)")
    } else if !logIntervalsDiffer && !(trace.stepsOnlyInA + trace.stepsOnlyInB).isEmpty {
      kinds.append("length of the trace")
    }
    if !outcome.isEmpty { kinds.append("outcome") }
    if !differingCheckpoints.isEmpty || checkpoint?.isEqual == false { kinds.append("checkpoints") }
    return kinds
  }

  private var sideLines: [String] {
    var table = TextTable(indent: 2)
    for (name, side) in [("A", a), ("B", b)] {
      let result = side.identities.map { "result \($0.result.hex.prefix(16))…" } ?? ""
      table.add(name, side.path, "run \(side.runID)", result)
    }
    return table.lines
  }
}

// MARK: The tables, each empty or one or two

extension RunDiff {
  var configTables: [DiffTable] { Self.table("config", config, showingULPs: false) }

  var outcomeTables: [DiffTable] { Self.table("outcome", outcome, showingULPs: true) }

  var environmentTables: [DiffTable] {
    Self.table("environment (no part of the result)", environment, showingULPs: false)
  }

  private static func table(
    _ title: String, _ keys: [KeyDifference], showingULPs: Bool
  ) -> [DiffTable] {
    guard !keys.isEmpty else { return [] }
    let rows = keys.map { key in
      [
        key.key, key.a?.plainText ?? "none", key.b?.plainText ?? "none",
        showingULPs ? distance(key) : "",
      ]
    }
    return [DiffTable(header: [title, "A", "B", ""], rows: rows)]
  }

  /// Steps are apart by their difference, norms by their ULPs.
  private static func distance(_ key: KeyDifference) -> String {
    if let a = key.a?.intValue, let b = key.b?.intValue { return b > a ? "+\(b - a)" : "\(b - a)" }
    return key.ulps.map(Figures.ulps) ?? ""
  }

  var traceTables: [DiffTable] {
    guard let step = trace.first.first?.step else { return [] }
    let first = DiffTable(
      header: ["trace, step \(step)", "A", "B", "apart"],
      rows: trace.first.map { cell in
        [
          cell.column, cell.a.shortText, cell.b.shortText, cell.ulps.map(Figures.ulps) ?? "",
        ]
      })
    let curves = DiffTable(
      header: ["curves", "from step", "rows", "largest", "at step", "A", "B"],
      rows: trace.curves.map { curve in
        let largest = curve.largest
        return [
          curve.column, "\(curve.first.step)",
          "\(curve.differingRows) of \(trace.commonSteps)",
          largest?.ulps.map(Figures.ulps) ?? "", largest.map { "\($0.step)" } ?? "",
          largest?.a.shortText ?? "", largest?.b.shortText ?? "",
        ]
      })
    return [first, curves]
  }

  /// How far the rows are equal, and those that one run has alone.
  var traceLines: [String] {
    let equal = trace.lastEqualStep.map { step in
      "equal to step \(step)"
        + (firstChange.map { "; what only one of them has in at begins with step \($0)" } ?? "")
    }
    return (equal.map { [$0] } ?? []) + lonelyRowLines
  }

  private var lonelyRowLines: [String] {
    guard !logIntervalsDiffer else { return [] }
    return [("A", trace.stepsOnlyInA), ("B", trace.stepsOnlyInB)].compactMap { name, steps in
      guard let from = steps.first, let to = steps.last else { return nil }
      return "\(Figures.count(steps.count, "row")) only in \(name), steps \(from) to \(to)"
    }
  }

  var checkpointLines: [String] {
    guard !differingCheckpoints.isEmpty else { return [] }
    return [
      "checkpoints of other bytes, or kept by one only: steps "
        + differingCheckpoints.map(String.init).joined(separator: ", ")
    ]
  }

  var checkpointTables: [DiffTable] {
    guard let checkpoint, !checkpoint.isEqual else { return [] }
    // Of many tensors those of the model are shown one by one.
    let shown =
      checkpoint.tensors.count > 30
      ? checkpoint.tensors.filter { !$0.name.hasPrefix("optimizer.") } : checkpoint.tensors
    let rows = shown.map { tensor -> [String] in
      switch tensor.kind {
      case .onlyInA: return [tensor.name, "only in A"]
      case .onlyInB: return [tensor.name, "only in B"]
      case .shape(let a, let b): return [tensor.name, "shape \(a) in A, \(b) in B"]
      case .values(let values):
        let largest = values.largest
        return [
          tensor.name, "\(values.differing) of \(values.count)",
          values.relativeL2.map(Figures.rounded) ?? "", Figures.ulps(largest.ulps), largest.place,
          "\(largest.a)", "\(largest.b)",
        ]
      }
    }
    let rest = checkpoint.tensors.count - shown.count
    return [
      DiffTable(
        header: [
          "checkpoint of step \(checkpoint.step)", "values", "relative L2", "largest", "at", "A",
          "B",
        ], rows: rows,
        note: rest > 0 ? "and \(rest) tensors of the optimizer's state (--json has them)" : nil)
    ]
  }

  var gapLines: [String] { gaps.map { "not compared: \($0.what) (\($0.reason))" } }
}
