public import Comparison
import Digests
import RunRecords

extension ProgramComparison {
  /// One line when the runs are identical and nothing more is to be said; else what differs, and
  /// what covers it.
  public var textLines: [String] {
    let notes = environmentLines + gapLines
    switch verdict {
    case .identical: return [verdictLine] + notes
    case .notComparable: return [verdictLine] + gapLines
    case .within, .different:
      return [verdictLine] + sideLines + findings.flatMap(\.textLines) + comparedLines + notes
    }
  }

  /// What is identical, what covers what differs, or where the first difference lies.
  var verdictLine: String {
    let onlyBits = onlyBits ? ", by the bits alone" : ""
    switch verdict {
    case .identical: return "identical\(onlyBits): \(comparedWords)"
    case .within:
      let rest = findings.count > 3 ? "; and \(findings.count - 3) more" : ""
      return "within: " + findings.prefix(3).map(\.coverLine).joined(separator: "; ") + rest
    case .different: return "different\(onlyBits): \(firstDifference?.placeWords ?? "")"
    case .notComparable: return "not comparable: nothing is left to compare"
    }
  }

  private var comparedWords: String {
    var parts: [String] = []
    if !compared.columns.isEmpty {
      parts.append(
        Figures.count(compared.rows, "row") + " of "
          + Figures.count(compared.columns.count, "column")
      )
    }
    if !compared.outcome.isEmpty {
      parts.append("\(Figures.count(compared.outcome.count, "value")) of the outcome")
    }
    if compared.ending { parts.append("the ending") }
    if compared.files > 0 {
      let among =
        compared.checkpoints > 0
        ? ", \(Figures.count(compared.checkpoints, "checkpoint")) among them" : ""
      parts.append("\(Figures.count(compared.files, "file")) by digest\(among)")
    }
    if compared.tensors > 0 { parts.append(Figures.count(compared.tensors, "tensor")) }
    return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
  }

  private var comparedLines: [String] {
    let upTo = repeatedSteps.map { ", up to step \($0)" } ?? ""
    let measured =
      onlyBits
      ? "tolerances and repeats left aside, as asked"
      : repeats.map { "its own spread is measured in \(Figures.count($0, "run"))\(upTo)" }
        ?? "its own spread is not measured"
    return ["  compared: \(comparedWords); \(measured)"]
  }

  private var sideLines: [String] {
    var table = TextTable(indent: 2)
    table.add("A", a.name, "run \(a.runID)")
    table.add("B", b.name, "run \(b.runID)")
    return table.lines
  }

  /// What differs between the machines.
  public var environmentLines: [String] {
    guard let environment else {
      return ["  environment: not compared, as one of the two has no record of it"]
    }
    guard !environment.isEmpty else {
      return verdict == .identical ? [] : ["  environment: the same"]
    }
    let rows = Self.shortened(environment)
    return DiffTable(header: ["environment (no part of the result)", "A", "B"], rows: rows)
      .textLines
  }

  /// Lists in which two environments can have hundreds of differences.
  private static let longLists = ["libraries.", "python.packages."]
  private static let mostOfAList = 8

  /// A row for each difference; of a long list those that both have go first, and the rest is
  /// counted.
  private static func shortened(_ environment: [KeyDifference]) -> [[String]] {
    func row(_ key: KeyDifference) -> [String] {
      [key.key, key.a?.plainText ?? "none", key.b?.plainText ?? "none"]
    }
    var rows: [[String]] = []
    var rest = environment[...]
    while let next = rest.first {
      let list = longLists.first(where: next.key.hasPrefix)
      let end = list.flatMap { list in rest.firstIndex { !$0.key.hasPrefix(list) } }
      let part = list == nil ? rest.prefix(1) : rest[..<(end ?? rest.endIndex)]
      rest = rest[part.endIndex...]
      guard let list, part.count > mostOfAList else {
        rows += part.map(row)
        continue
      }
      let both = part.filter { $0.a != nil && $0.b != nil }
      let one = part.filter { $0.a == nil || $0.b == nil }
      rows += (both + one).prefix(mostOfAList).map(row)
      rows.append(["\(list)…", "\(part.count - mostOfAList) more; --json has all", ""])
    }
    return rows
  }

  private var gapLines: [String] {
    gaps.map { "  not compared: \($0.what) (\($0.reason))" }
  }
}

// MARK: One finding

extension ProgramFinding {
  /// What it is and where, with both values.
  public var placeWords: String {
    switch what {
    case .program(let keys):
      return "not the same program: \(keys.map(\.key).joined(separator: ", "))"
    case .rows(let a, let b):
      return [("A", a), ("B", b)].compactMap { name, steps in
        guard let from = steps.first, let to = steps.last else { return nil }
        return "\(Figures.count(steps.count, "row")) only in \(name), steps \(from) to \(to)"
      }.joined(separator: ", ")
    case .columnOnlyInA(let name): return "the column \(name) is only in A"
    case .columnOnlyInB(let name): return "the column \(name) is only in B"
    case .column(let difference, let beyond):
      let cell = beyond ?? difference.first
      return "\(difference.name) at step \(cell.step), \(cell.words)"
    case .outcome(let key):
      let values = "\(key.a?.plainText ?? "none") and \(key.b?.plainText ?? "none")"
      let ulps = key.ulps.map { ", " + Figures.ulps($0) } ?? ""
      return "\(key.key) of the outcome, \(values)\(ulps)"
    case .ending(let a, let b): return "the programs: A \(a), B \(b)"
    case .fileOnlyInA(let path): return "\(path) is only in A"
    case .fileOnlyInB(let path): return "\(path) is only in B"
    case .file(let path, let difference): return path + (difference.map { ", \($0.words)" } ?? "")
    }
  }

  /// In short, what covers it: "loss: as its own repeats did; 1.4 times their largest distance (2
  /// repeats)".
  fileprivate var coverLine: String { "\(subject): \(cover.words)" }

  private var subject: String {
    switch what {
    case .program: "the program"
    case .rows: "rows"
    case .columnOnlyInA(let name), .columnOnlyInB(let name): name
    case .column(let difference, _): difference.name
    case .outcome(let key): "\(key.key) of the outcome"
    case .ending: "the ending"
    case .fileOnlyInA(let path), .fileOnlyInB(let path), .file(let path, _): path
    }
  }

  fileprivate var textLines: [String] {
    let coverLine = "    \(cover.words)"
    switch what {
    case .program(let keys):
      let rows = keys.map { [$0.key, $0.a?.plainText ?? "none", $0.b?.plainText ?? "none"] }
      return DiffTable(header: ["program", "A", "B"], rows: rows).textLines
    case .column(let difference, let beyond):
      var table = TextTable(indent: 4)
      table.add("", "step", "A", "B", "apart")
      let cells: [(String, ColumnDifference.Cell?)] = [
        ("first", difference.first),
        ("largest", difference.largest == difference.first ? nil : difference.largest),
        ("first not covered", beyond == difference.first ? nil : beyond),
      ]
      for case (let name, let cell?) in cells {
        table.add(name, "\(cell.step)", cell.a.words, cell.b.words, cell.distanceWords)
      }
      return [
        "  \(difference.name), \(Figures.count(difference.differingRows, "row")) from step "
          + "\(difference.first.step)"
      ] + table.lines + [coverLine]
    case .file(let path, let difference):
      let lines =
        difference?.textLines ?? ["    the digests differ; the bytes of one are not here"]
      return ["  \(path)"] + lines + [coverLine]
    case .rows, .columnOnlyInA, .columnOnlyInB, .outcome, .ending, .fileOnlyInA, .fileOnlyInB:
      return ["  \(placeWords)", coverLine]
    }
  }
}

extension Cover {
  var words: String {
    switch self {
    case .nothing: "nothing that was declared or measured covers it"
    case .beyondTolerance(let tolerance): "beyond the declared tolerance, \(tolerance)"
    case .tolerance(let tolerance): "within the declared tolerance, \(tolerance)"
    case .repeats(let use): "as its own repeats did\(use.words)"
    case .beyondRepeats(let use): "further than its own repeats\(use.words)"
    }
  }
}

extension Cover.SpreadUse {
  /// "; 1.4 times their largest distance (2 repeats)".
  fileprivate var words: String {
    let count = " (\(Figures.count(count, "repeat")))"
    if let factor { return "; \(Figures.rounded(factor)) times their largest distance\(count)" }
    guard let distance, let largest else { return count }
    return "; its largest distance is \(distance), theirs \(largest)\(count)"
  }
}

extension ColumnDifference.Cell {
  /// "0.5 and 0.25, 0.25 apart".
  fileprivate var words: String { "\(a.words) and \(b.words), \(distanceWords)" }

  fileprivate var distanceWords: String {
    [distance.words, ulps.map(Figures.ulps)].compactMap { $0 }.joined(separator: ", ")
  }
}

extension Distance {
  /// "0.25 apart".
  var words: String {
    switch self {
    case .number(let value): "\(Figures.rounded(value)) apart"
    case .infinite: "infinitely apart"
    case .undefined: "no distance"
    case .text: "not the same"
    }
  }
}

extension TraceTable.Value? {
  fileprivate var words: String {
    switch self {
    case nil: "a gap"
    case .digest(let digest)?: digest.hex.prefix(16) + "…"
    case .text(let text)?: "\"\(text)\""
    case .integer?, .number?: self.map { "\($0)" } ?? ""
    }
  }
}

extension FileDifference {
  /// Where it differs first, with both values.
  fileprivate var words: String {
    if let item = beyond ?? parts.first?.first {
      return "\(item.place), \(item.a) and \(item.b), \(item.distanceWords)"
    }
    return structure.first?.words ?? "written as other bytes, every value the same"
  }

  fileprivate var textLines: [String] {
    var lines: [String] = []
    if let fallback { lines.append("    \(fallback)") }
    if hasSameValues { lines.append("    written as other bytes, every value is the same") }
    lines += structure.prefix(10).map { "    \($0.words)" }
    if structure.count + unlisted > 10 {
      lines.append("    and \(structure.count + unlisted - 10) more (--json has a hundred)")
    }
    guard !parts.isEmpty else { return lines }
    var table = TextTable(indent: 4)
    table.add("where", "values", "A", "B", "apart")
    for part in parts.prefix(10) {
      let share = part.count.map { "\(part.differing) of \($0)" } ?? ""
      table.add(
        "first \(part.first.place)", share, part.first.a, part.first.b, part.first.distanceWords)
      if part.largest != part.first {
        table.add(
          "largest \(part.largest.place)", "", part.largest.a, part.largest.b,
          part.largest.distanceWords)
      }
    }
    lines += table.lines
    if parts.count > 10 { lines.append("    and \(parts.count - 10) more (--json has them)") }
    return lines
  }
}

extension FileDifference.Item {
  fileprivate var distanceWords: String {
    [distance.words, ulps.map(Figures.ulps)].compactMap { $0 }.joined(separator: ", ")
  }
}

extension FileDifference.Structure {
  fileprivate var words: String {
    switch self {
    case .onlyInA(let name): "\(name) only in A"
    case .onlyInB(let name): "\(name) only in B"
    case .unlike(let name, let a, let b): "\(name): \(a) in A, \(b) in B"
    }
  }
}
