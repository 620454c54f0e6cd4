public import Analysis

extension ClaimsTable {
  /// The verdicts as a Markdown table: each claim with the headline that decides it.
  public var markdown: String {
    var rows = [
      [
        "", "claim", "decided by", "published", "recomputed", "ours, 95 % interval", "n", "band",
        "verdict",
      ]
    ]
    for result in results {
      let line = result.decidingLine
      rows.append(
        [
          "\(result.claim.id)", result.claim.statement, line?.quantity.name ?? "",
          line?.quantity.published?.text ?? "", line?.recomputedText ?? "", Self.cell(line?.ours),
          line?.ours?.countText ?? "", line?.quantity.band?.text ?? "", result.verdictText,
        ].map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") })
    }
    rows = Self.withoutUnpublished(rows)
    rows.insert(rows[0].map { _ in "---" }, at: 1)
    let notes = results.flatMap { result in
      result.notes.map { "- **\(result.claim.id)** \($0)\n" }
    }
    let changes = file.changes.map { "- \($0.text)\n" }
    return rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
      + "\n" + countsText + ".\n\n" + priorText + "\n"
      + (notes.isEmpty ? "" : "\n" + notes.joined())
      + (changes.isEmpty
        ? "" : "\nChanges after the runs were sealed:\n\n" + changes.joined())
  }

  private static func cell(_ estimate: Estimate?) -> String {
    guard let estimate else { return "" }
    return Figures.rounded(estimate.value)
      + (estimate.interval == nil ? "" : ", \(estimate.intervalText)")
  }
}
