import Analysis
import Bundles

// The texts that all forms of a report on claims share.

extension Band {
  /// "± 15 % of 1000", "430 to 630", "at least 7.5".
  var text: String {
    switch limits {
    case .share(let share, let center):
      "± \(Figures.rounded(share * 100)) % of \(Figures.rounded(center))"
    case .distance(let distance, let center):
      "\(Figures.rounded(center)) ± \(Figures.rounded(distance))"
    case .between(let low, let high): "\(Figures.rounded(low)) to \(Figures.rounded(high))"
    case .atLeast(let bound): "at least \(Figures.rounded(bound))"
    case .atMost(let bound): "at most \(Figures.rounded(bound))"
    case .above(let bound): "above \(Figures.rounded(bound))"
    case .below(let bound): "below \(Figures.rounded(bound))"
    case .exactly(let value): "exactly \(Figures.rounded(value))"
    }
  }
}

extension Decision {
  var text: String {
    switch self {
    case .holds: "within"
    case .fails: "outside"
    case .open(let needed?): "undetermined; n = \(needed) would decide"
    case .open(nil): "undetermined; more than \(Self.most) would decide"
    case .incomplete(let runs, let planned): "undetermined; \(runs) of \(planned) runs are there"
    case .noInterval(let values):
      values < Interval.leastValues
        ? "undetermined; an interval takes \(Interval.leastValues) values" : "no interval"
    case .notTested: "not tested"
    }
  }
}

extension ClaimResult.Line {
  /// The decision, with what the missing values would cost.
  var decisionText: String? {
    guard case .open(let needed?)? = decision, let missingSteps else { return decision?.text }
    return "undetermined; n = \(needed) would decide, \(Self.steps(missingSteps)) more"
  }

  /// How many steps the values that would decide are; nil if that is not known.
  private var missingSteps: Double? {
    guard case .open(let needed?)? = decision, let ours else { return nil }
    return ours.stepsPerValue.map { Double(needed - ours.count) * $0 }
  }

  /// How far the line is from a decision: first the kind of what is missing, then how much of it.
  fileprivate var distance: (kind: Int, size: Double) {
    switch decision {
    case .holds, .fails, nil: (0, 0)
    case .open(let needed?): (1, missingSteps ?? Double(needed))
    case .open(nil): (2, 0)
    case .noInterval: (3, 0)
    case .incomplete(let runs, let planned): (4, Double(planned - runs))
    case .notTested: (5, 0)
    }
  }

  /// "84 000 steps", "1.1 million steps": as a guess deserves.
  private static func steps(_ count: Double) -> String {
    if count < 950_000 {
      let thousands = Int(nearest: (count / 1000).rounded(.up))
      return "\(thousands) 000 steps"
    }
    return "\(Figures.rounded((count / 100_000).rounded(.up) / 10)) million steps"
  }
}

extension Estimate {
  /// "1000 to 1320".
  var intervalText: String {
    interval.map {
      "\(Figures.rounded($0.range.lowerBound)) to \(Figures.rounded($0.range.upperBound))"
    } ?? ""
  }

  /// "10", or "3 of 10 runs".
  var countText: String {
    guard let plannedCount, !isComplete else { return "\(count)" }
    return "\(runCount) of \(plannedCount) runs"
  }
}

extension ClaimResult {
  /// The verdict with its reason in a few words, "undetermined at n = 10; n = 43 would decide", and
  /// what else is open.
  var verdictText: String {
    func open(_ count: Int, _ which: String) -> String {
      count > 0 ? "; \(count) \(which) \(count == 1 ? "is" : "are") open" : ""
    }
    switch verdict {
    case .undetermined:
      guard let line = decidingLine, let decision = line.decisionText else { break }
      return decision.replacing(
        "undetermined;", with: "undetermined at n = \(line.ours?.count ?? 0);")
        + open(decisions(.headline).count { $0 != .holds } - 1, "more of its numbers")
    case .reproduced, .inPart:
      let others = decisions(.published)
      return verdict.rawValue
        + open(
          others.count { $0 != .holds && $0 != .fails },
          "of \(Figures.count(others.count, "published number")) beside it")
    case .notReproduced, .notTestable, .notTested: break
    }
    return verdict.rawValue
  }

  /// The headline that decides: the first that fails, or else the one that is furthest from a
  /// decision.
  var decidingLine: Line? {
    let headlines = lines.filter { $0.role == .headline }
    guard var deciding = headlines.first else { return lines.first }
    if let failing = headlines.first(where: { $0.decision == .fails }) { return failing }
    for line in headlines where line.distance > deciding.distance { deciding = line }
    return deciding
  }

  /// The claim's notes: what was checked for quantities that fail, and remarks on quantities
  /// without a band; then what the runs lack. Quantities with the same note share a line.
  var notes: [String] {
    var notes: [(names: [String], text: String)] = []
    func add(_ text: String, on line: Line) {
      if let place = notes.firstIndex(where: { $0.text == text }) {
        notes[place].names.append(line.quantity.name)
      } else {
        notes.append(([line.quantity.name], text))
      }
    }
    for line in lines where line.ours != nil && line.decision != .holds {
      if let note = line.quantity.note { add(note, on: line) }
    }
    for line in lines {
      for gap in line.gaps { add(gap, on: line) }
      if let ours = line.ours, line.decision != nil, ours.interval != nil,
        ours.trajectoryCount < ours.count
      {
        add(
          "\(ours.count) values are of \(ours.trajectoryCount) trajectories; "
            + "the interval takes them to be independent", on: line)
      }
    }
    return (claim.untestableReason.map { ["Not testable: \($0)"] } ?? []) + claim.notes
      + notes.map { "\($0.names.joined(separator: ", ")): \($0.text)" }
  }
}

extension ClaimResult.Line {
  /// The value from the published results: computed from them if possible, or else as published.
  var recomputedText: String {
    recomputed.map { Figures.rounded($0.value) } ?? quantity.released?.text ?? ""
  }
}

extension ClaimsTable {
  /// "8 reproduced, 5 in part, …"; verdicts that none has are left out, but for the first.
  var countsText: String {
    Verdict.allCases.filter { $0 == .reproduced || count(of: $0) > 0 }
      .map { "\(count(of: $0)) \($0.rawValue)" }.joined(separator: ", ")
  }
}

extension ClaimsFile.Change {
  /// "2026-11-20, claim 15: what: before, then after. Reason."
  var text: String {
    let which =
      claims.isEmpty
      ? ""
      : ", claim\(claims.count == 1 ? "" : "s") \(claims.map(String.init).joined(separator: ", "))"
    let values = [before, after].filter { !$0.isEmpty }.joined(separator: " → ")
    let change = "\(date)\(which): \(what)\(values.isEmpty ? "" : ": " + values)"
    return change + (change.hasSuffix(".") ? " " : ". ") + reason
      + (earlier.map { " Before: \($0.name)." } ?? "")
  }
}

extension ClaimsTable {
  /// `rows`, of which the first is the header, without the columns `published` and `recomputed` if
  /// no row has anything in them.
  static func withoutUnpublished(_ rows: [[String]]) -> [[String]] {
    let columns = rows[0].indices.filter { column in
      !["published", "recomputed"].contains(rows[0][column])
        || rows.dropFirst().contains { !["", "-"].contains($0[column]) }
    }
    return rows.map { row in columns.map { row[$0] } }
  }

  /// How many runs were sealed after this file of claims had its present content, or an earlier one
  /// that it names.
  var priorText: String {
    let (now, all) = runsAfterClaims
    var parts = now == 0 ? [] : [(now, "when this file of claims stood as it is")]
    parts += runsAfterEarlier.filter { $0.count > 0 }.map {
      ($0.count, "when this file of claims was \($0.name)")
    }
    guard let (count, when) = parts.first else {
      return "0 of \(Figures.count(all, "run")) were sealed with the digest of this file of claims."
    }
    return "\(count) of \(Figures.count(all, "run")) began \(when)"
      + parts.dropFirst().map { ", \($0.0) \($0.1)" }.joined()
      + ": its digest is sealed with them."
  }
}

/// Labels of runs, made of the config keys that differ between the runs.
struct RunNames {
  /// Each key with its label: the last part of the key, unless two keys share it. A run that has
  /// the value that more than half of the runs have is not labelled with it.
  private let keys: [(key: String, word: String, usual: Value?)]

  init(_ runs: [Observation]) {
    var values: [String: [Value: Int]] = [:]
    for run in runs {
      for (key, value) in run.config { values[key, default: [:]][value, default: 0] += 1 }
    }
    for (key, counts) in values {
      let missing = runs.count - counts.values.reduce(0, +)
      if missing > 0 { values[key]![.missing, default: 0] += missing }
    }
    let all = values.filter { $0.value.count > 1 && $0.key != "checkpoint_interval" }.keys
    // The seed comes last, because it says least.
    let sorted = all.filter { $0 != "seed" }.sorted() + (all.contains("seed") ? ["seed"] : [])
    func last(_ key: String) -> String { key.split(separator: ".").last.map(String.init) ?? key }
    keys = sorted.map { key in
      let word = last(key)
      let usual = key == "seed" ? nil : values[key]!.first { 2 * $0.value > runs.count }?.key
      return (key, sorted.count { last($0) == word } == 1 ? word : key, usual)
    }
  }

  /// "weight_decay 0.1, seed 42".
  func name(_ run: Observation) -> String {
    keys.compactMap { key, word, usual in
      if let usual, run.config[key] == usual { return nil }
      return switch run.config[key] {
      case .number(let value)?:
        "\(word) \(value.magnitude < 1e6 ? Figures.rounded(value) : String(value))"
      case .text(let text)?: "\(word) \(text)"
      case .truth(let truth)?: "\(word) \(truth)"
      case .missing?, nil: nil
      }
    }.joined(separator: ", ")
  }
}
