public import Analysis

extension ClaimsTable {
  /// The table for people: each claim with its verdict, the numbers below it, and what was checked of those outside
  /// their bands. Recomputed is what the released runs give: computed from them, or else what is known of them.
  public var textLines: [String] {
    var lines: [String] = []
    for result in results {
      lines.append("\(result.claim.id). \(result.claim.statement): \(result.verdict.rawValue)")
      var table = TextTable(indent: 4)
      table.add("", "published", "recomputed", "ours", "95 %", "n", "band", "")
      for line in result.lines {
        let quantity = line.quantity
        let recomputed = line.recomputedText
        table.add(
          quantity.name, quantity.published?.text ?? "-", recomputed.isEmpty ? "-" : recomputed,
          line.ours.map { Figures.rounded($0.value) } ?? "-", Self.interval(line.ours),
          Self.count(line.ours), quantity.band?.description ?? "",
          line.isWithinBand.map { $0 ? "yes" : "no" } ?? "")
      }
      lines += table.lines + result.notes.map { "    " + $0 }
      lines.append("")
    }
    let counts = Verdict.allCases.map { "\(count(of: $0)) \($0.rawValue)" }
    lines.append(counts.joined(separator: ", "))
    return lines
  }

  /// "10", or "3 of 10".
  private static func count(_ estimate: Estimate?) -> String {
    guard let estimate else { return "" }
    return estimate.isComplete
      ? "\(estimate.runCount)" : "\(estimate.runCount) of \(estimate.plannedCount)"
  }

  private static func interval(_ estimate: Estimate?) -> String {
    estimate?.interval.map {
      "[\(Figures.rounded($0.lowerBound)), \(Figures.rounded($0.upperBound))]"
    } ?? ""
  }
}
