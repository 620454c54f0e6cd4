public import Analysis

extension ClaimsTable {
  /// The verdicts as a Markdown table: each claim with the first quantity that decides it.
  ///
  /// - Parameter hasReleased: The released data were given, so there is a column for what they yield.
  public func markdown(hasReleased: Bool) -> String {
    var header = ["", "claim", "decided by", "published", "ours, 95 % interval", "runs", "verdict"]
    if hasReleased { header.insert("recomputed", at: 4) }
    var rows = [header, header.map { _ in "---" }]
    for result in results {
      let deciding = result.lines.filter { $0.quantity.band != nil }
      let line = deciding.first ?? result.lines.first
      var name = line?.quantity.name ?? ""
      if deciding.count > 1 { name += " (and \(deciding.count - 1) more)" }
      var row = [
        "\(result.claim.id)", result.claim.statement, name, line?.quantity.published?.text ?? "",
        Self.cell(line?.ours), line?.ours.map { "\($0.runCount)" } ?? "", result.verdict.rawValue,
      ]
      if hasReleased {
        row.insert(line?.recomputed.map { Figures.rounded($0.value) } ?? "", at: 4)
      }
      rows.append(row.map { $0.replacing("|", with: "\\|") })
    }
    let counts = Verdict.allCases.map { "\(count(of: $0)) \($0.rawValue)" }
    return rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
      + "\n" + counts.joined(separator: ", ") + ".\n"
  }

  private static func cell(_ estimate: Estimate?) -> String {
    guard let estimate else { return "" }
    let interval = estimate.interval.map {
      ", \(Figures.rounded($0.lowerBound)) to \(Figures.rounded($0.upperBound))"
    }
    return Figures.rounded(estimate.value) + (interval ?? "")
  }
}
