public import Analysis

extension ClaimsTable {
  /// The table for people: each claim with its verdict, and the numbers below it.
  ///
  /// - Parameter hasReleased: The released data were given, so there is a column for what they yield.
  public func textLines(hasReleased: Bool) -> [String] {
    var lines: [String] = []
    for result in results {
      lines.append("\(result.claim.id). \(result.claim.statement): \(result.verdict.rawValue)")
      var table = TextTable(indent: 4)
      if hasReleased {
        table.add("", "published", "recomputed", "ours", "95 %", "n", "band", "")
      } else {
        table.add("", "published", "ours", "95 %", "n", "band", "")
      }
      for line in result.lines {
        let quantity = line.quantity
        let start = [quantity.name, quantity.published?.text ?? "-"]
        let end = [
          line.ours.map { Figures.rounded($0.value) } ?? "-", Self.interval(line.ours),
          Self.count(line.ours), quantity.band?.description ?? "",
          line.isWithinBand.map { $0 ? "yes" : "no" } ?? "",
        ]
        let recomputed = line.recomputed.map { Figures.rounded($0.value) } ?? "-"
        table.add(cells: start + (hasReleased ? [recomputed] : []) + end)
      }
      lines += table.lines
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
