public import Analysis

extension ClaimsTable {
  /// The table for people: each claim with its verdict, the numbers below it, and what was checked.
  /// Recomputed is what the published runs give: computed from them, or else what is known of them.
  public var textLines: [String] {
    var lines: [String] = []
    for result in results {
      lines.append("\(result.claim.id). \(result.claim.statement): \(result.verdictText)")
      var rows = [["", "", "published", "recomputed", "ours", "95 %", "n", "band", ""]]
      rows += result.lines.map { line in
        let recomputed = line.recomputedText
        return [
          line.role == .headline ? "*" : "", line.quantity.name,
          line.quantity.published?.text ?? "-", recomputed.isEmpty ? "-" : recomputed,
          line.ours.map { Figures.rounded($0.value) } ?? "-", line.ours?.intervalText ?? "",
          line.ours?.countText ?? "", line.quantity.band?.text ?? "", line.decisionText ?? "",
        ]
      }
      var table = TextTable(indent: 2)
      for row in Self.withoutUnpublished(rows) { table.add(cells: row) }
      lines += table.lines + result.notes.map { "    " + $0 }
      lines.append("")
    }
    if !file.changes.isEmpty {
      lines.append("Changes after the runs were sealed:")
      lines += file.changes.map { "    " + $0.text } + [""]
    }
    lines += [priorText, countsText]
    return lines
  }

  /// How the verdict on one claim came about, in about ten lines; nil where there is no such claim.
  public func explanation(of id: Int) -> [String]? {
    guard let result = results.first(where: { $0.claim.id == id }) else { return nil }
    var lines = ["\(id). \(result.claim.statement)", "verdict: \(result.verdictText)"]
    if let reason = result.claim.untestableReason { lines.append("not testable: \(reason)") }
    for line in result.lines where line.role != .beside && line.quantity.band != nil {
      guard line.role == .headline || line.decision == .fails else { continue }
      lines.append("\(line.role.rawValue): \(line.quantity.name)")
      var table = TextTable(indent: 2)
      if let band = line.quantity.band { table.add("band", "\(band.text); source: \(band.source)") }
      if let published = line.quantity.published { table.add("published", published.text) }
      if !line.recomputedText.isEmpty { table.add("recomputed", line.recomputedText) }
      if let ours = line.ours {
        table.add(
          "ours",
          Figures.rounded(ours.value) + ", n = \(ours.countText)"
            + (ours.interval.map {
              ", 95 % from \(ours.intervalText) by \($0.method.rawValue)"
            } ?? ""))
      }
      table.add("so", line.decisionText ?? "")
      lines += table.lines
    }
    let open = result.decisions(.published).count { $0 != .holds && $0 != .fails }
    if open > 0 {
      lines.append("\(Figures.count(open, "published value")) beside it undetermined")
    }
    lines += file.changes.filter { $0.claims.contains(id) }.map { "changed: \($0.text)" }
    return lines
  }
}
