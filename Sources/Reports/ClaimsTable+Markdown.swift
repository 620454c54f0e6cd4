public import Analysis
import Files

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
        ].map(Self.escaped))
    }
    rows = Self.withoutUnpublished(rows)
    rows.insert(rows[0].map { _ in "---" }, at: 1)
    let notes = results.flatMap { result in
      result.notes.map { "- **\(result.claim.id)** \(Self.escaped($0))\n" }
    }
    let changes = file.changes.map { "- \(Self.escaped($0.text))\n" }
    return rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
      + "\n" + countsText + ".\n\n" + priorText + "\n"
      + (notes.isEmpty ? "" : "\n" + notes.joined())
      + (changes.isEmpty
        ? "" : "\nChanges after the runs were sealed:\n\n" + changes.joined())
  }

  /// Text that stays in its line and its cell, and in which no element of HTML begins.
  private static func escaped(_ text: String) -> String {
    text.escaping { scalar in
      switch scalar {
      case "|": "\\|"
      case "<": "&lt;"
      case "\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}": " "
      default: nil
      }
    }
  }

  private static func cell(_ estimate: Estimate?) -> String {
    guard let estimate else { return "" }
    return Figures.rounded(estimate.value)
      + (estimate.interval == nil ? "" : ", \(estimate.intervalText)")
  }
}
