public import Comparison
import RunRecords

extension CrossComparison {
  /// First the columns that both have and whether they agree, then those that only one has.
  public var textLines: [String] {
    let common =
      Figures.count(table.commonSteps, "row") + " of "
      + table.comparedColumns.joined(separator: ", ")
    var lines: [String]
    switch verdict {
    case .identicalInWhatBothHave: lines = ["identical in what both have: \(common)"]
    case .nothingInCommon: lines = ["not comparable: no curve and step in common"]
    case .different:
      let first = firstDifference.map { "\($0.name) at step \($0.first.step)" } ?? ""
      var rows = TextTable(indent: 2)
      rows.add("curve", "rows", "first at step", "A", "B", "apart")
      for column in table.columns {
        rows.add(
          column.name, "\(column.differingRows) of \(table.commonSteps)", "\(column.first.step)",
          column.first.a.map { "\($0)" } ?? "a gap", column.first.b.map { "\($0)" } ?? "a gap",
          column.first.ulps.map(Figures.ulps) ?? "")
      }
      lines = ["different in what both have: \(first)", "  compared: \(common)"] + rows.lines
    }
    for (name, path, columns, steps) in [
      ("A", a, table.columnsOnlyInA, table.stepsOnlyInA),
      ("B", b, table.columnsOnlyInB, table.stepsOnlyInB),
    ] {
      lines.append("  \(name)  \(path)")
      if !columns.isEmpty { lines.append("    only here: \(columns.joined(separator: ", "))") }
      if let from = steps.first, let to = steps.last {
        lines.append("    \(Figures.count(steps.count, "row")) only here, steps \(from) to \(to)")
      }
    }
    return lines
  }
}
