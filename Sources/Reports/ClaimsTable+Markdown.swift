public import Analysis

extension ClaimsTable {
  /// The verdicts as a Markdown table: each claim with the first quantity that decides it, and how many of those that
  /// do are in their bands.
  public var markdown: String {
    let header = [
      "", "claim", "decided by", "published", "recomputed", "ours, 95 % interval", "runs",
      "in band", "verdict",
    ]
    var rows = [header, header.map { _ in "---" }]
    for result in results {
      let deciding = result.lines.filter { $0.quantity.band != nil }
      let line = deciding.first ?? result.lines.first
      let row = [
        "\(result.claim.id)", result.claim.statement, line?.quantity.name ?? "",
        line?.quantity.published?.text ?? "", line?.recomputedText ?? "", Self.cell(line?.ours),
        line?.ours.map { "\($0.runCount)" } ?? "", result.tallyText, result.verdict.rawValue,
      ]
      rows.append(row.map { $0.replacing("|", with: "\\|") })
    }
    let counts = Verdict.allCases.map { "\(count(of: $0)) \($0.rawValue)" }
    let notes = results.flatMap { result in
      result.notes.map { "- **\(result.claim.id)** \($0)\n" }
    }
    return rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
      + "\n" + counts.joined(separator: ", ") + ".\n"
      + (notes.isEmpty ? "" : "\n" + notes.joined())
  }

  private static func cell(_ estimate: Estimate?) -> String {
    guard let estimate else { return "" }
    let interval = estimate.interval.map {
      ", \(Figures.rounded($0.lowerBound)) to \(Figures.rounded($0.upperBound))"
    }
    return Figures.rounded(estimate.value) + (interval ?? "")
  }
}
