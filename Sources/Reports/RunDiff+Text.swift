public import Replay
import RunRecords

extension RunDiff {
  /// One line when the runs are identical and nothing more is to be said; else only what differs.
  public var textLines: [String] {
    let notes = environmentLines + gapLines
    guard !isIdentical else { return [identicalLine] + notes }
    return ["different: \(kinds.joined(separator: ", "))"] + sideLines + configLines + traceLines
      + outcomeLines + checkpointLines + notes
  }

  private var identicalLine: String {
    var parts = ["\(Figures.count(trace.commonSteps, "row")), the outcome"]
    if let checkpoint {
      parts.append(
        "\(Figures.count(checkpoint.comparedTensors, "tensor")) of step \(checkpoint.step)")
    }
    var line = "identical: " + parts.joined(separator: ", ")
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

  private var configLines: [String] {
    keyLines("config", config, showingULPs: false)
  }

  private var outcomeLines: [String] {
    keyLines("outcome", outcome, showingULPs: true)
  }

  private var environmentLines: [String] {
    keyLines("environment (no part of the result)", environment, showingULPs: false)
  }

  private func keyLines(
    _ title: String, _ keys: [KeyDifference], showingULPs: Bool
  ) -> [String] {
    guard !keys.isEmpty else { return [] }
    var table = TextTable(indent: 2)
    table.add(title, "A", "B", "")
    for key in keys {
      table.add(
        "  " + key.key, key.a?.plainText ?? "none", key.b?.plainText ?? "none",
        showingULPs ? Self.distance(key) : "")
    }
    return table.lines
  }

  /// Steps are apart by their difference, norms by their ULPs.
  private static func distance(_ key: KeyDifference) -> String {
    if let a = key.a?.intValue, let b = key.b?.intValue { return b > a ? "+\(b - a)" : "\(b - a)" }
    return key.ulps.map(Figures.ulps) ?? ""
  }

  private var traceLines: [String] {
    var lines: [String] = []
    if let step = trace.first.first?.step {
      var first = TextTable(indent: 2)
      first.add("trace, step \(step)", "A", "B", "apart")
      for cell in trace.first {
        first.add(
          "  " + cell.column, cell.a.shortText, cell.b.shortText,
          cell.ulps.map(Figures.ulps) ?? "")
      }
      var curves = TextTable(indent: 2)
      curves.add("curves", "from step", "rows", "largest", "at step", "A", "B")
      for curve in trace.curves {
        let largest = curve.largest
        curves.add(
          "  " + curve.column, "\(curve.first.step)",
          "\(curve.differingRows) of \(trace.commonSteps)",
          largest?.ulps.map(Figures.ulps) ?? "", largest.map { "\($0.step)" } ?? "",
          largest?.a.shortText ?? "", largest?.b.shortText ?? "")
      }
      lines += first.lines + curves.lines
    }
    if !logIntervalsDiffer {
      for (name, steps) in [("A", trace.stepsOnlyInA), ("B", trace.stepsOnlyInB)] {
        guard let from = steps.first, let to = steps.last else { continue }
        lines.append(
          "  \(Figures.count(steps.count, "row")) only in \(name), steps \(from) to \(to)")
      }
    }
    return lines
  }

  private var checkpointLines: [String] {
    var lines: [String] = []
    if !differingCheckpoints.isEmpty {
      lines.append(
        "  checkpoints of other bytes, or kept by one only: steps "
          + differingCheckpoints.map(String.init).joined(separator: ", "))
    }
    guard let checkpoint, !checkpoint.isEqual else { return lines }
    var table = TextTable(indent: 2)
    table.add(
      "checkpoint of step \(checkpoint.step)", "values", "relative L2", "largest", "at", "A", "B")
    // Of many tensors those of the model are shown one by one.
    let shown =
      checkpoint.tensors.count > 30
      ? checkpoint.tensors.filter { !$0.name.hasPrefix("optimizer.") } : checkpoint.tensors
    for tensor in shown {
      switch tensor.kind {
      case .onlyInA: table.add("  " + tensor.name, "only in A")
      case .onlyInB: table.add("  " + tensor.name, "only in B")
      case .shape(let a, let b): table.add("  " + tensor.name, "shape \(a) in A, \(b) in B")
      case .values(let values):
        let largest = values.largest
        table.add(
          "  " + tensor.name, "\(values.differing) of \(values.count)",
          values.relativeL2.map(Figures.rounded) ?? "", Figures.ulps(largest.ulps), largest.place,
          "\(largest.a)", "\(largest.b)")
      }
    }
    let rest = checkpoint.tensors.count - shown.count
    return lines + table.lines
      + (rest > 0 ? ["    and \(rest) tensors of the optimizer's state (--json has them)"] : [])
  }

  private var gapLines: [String] {
    gaps.map { "  not compared: \($0.what) (\($0.reason))" }
  }
}
