import Analysis

extension ClaimResult {
  /// "12 of 13", "3 of 5, 2 open": how many deciding quantities are in their bands.
  var tallyText: String {
    let tally = tally
    let all = tally.within + tally.outside + tally.open
    return "\(tally.within) of \(all)" + (tally.open > 0 ? ", \(tally.open) open" : "")
  }

  /// What was checked of the quantities outside their bands, and what is to be known of others; those with one note
  /// together.
  var notes: [String] {
    var notes: [(names: [String], text: String)] = []
    for line in lines where line.ours != nil {
      let isSaid = line.quantity.band == nil || line.isWithinBand == false
      guard isSaid, let note = line.quantity.note else { continue }
      let name = line.quantity.name + (line.quantity.band == nil ? "" : " (outside)")
      if let place = notes.firstIndex(where: { $0.text == note }) {
        notes[place].names.append(name)
      } else {
        notes.append(([name], note))
      }
    }
    return notes.map { "\($0.names.joined(separator: ", ")): \($0.text)" }
  }
}

extension ClaimResult.Line {
  /// What the released runs give: computed from them, or else what is known of them.
  var recomputedText: String {
    recomputed.map { Figures.rounded($0.value) } ?? quantity.released?.text ?? ""
  }
}
