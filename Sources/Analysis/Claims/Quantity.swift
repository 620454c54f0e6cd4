import Digests
private import RunRecords

/// A number that a claim is about, and how it is computed from runs.
public struct Quantity: Sendable {
  /// A number as it is printed.
  public struct Printed: Sendable, Hashable {
    public var text: String
    public var value: Double

    /// Nil if `text` is no finite number as JSON writes them, or one that is not 0 becomes 0.
    public init?(_ text: String) {
      guard Spelling.isJSONNumber(text), let value = Double(text), value.isFinite,
        value != 0
          || !text.prefix(while: { $0 != "e" && $0 != "E" }).contains(where: "123456789".contains)
      else { return nil }
      self.text = text
      self.value = value
    }
  }

  /// Where the quantity stands, as "file:line".
  public var place: String
  public var name: String
  public var experiments: [String]
  /// The published value; nil if none is published.
  public var published: Printed?
  /// The value that is known to come out of the published data; nil if none is known.
  public var released: Printed?
  /// Nil for a quantity that is shown and decides nothing.
  public var band: Band?
  /// What was checked; nil if the file does not say.
  public var note: String?
  let condition: Expression?
  let statistic: Statistic
  /// The statistic is computed for each group of runs, and `then` makes one number of the results.
  let grouping: (by: Expression, then: Statistic.Combination)?
  let join: (experiments: [String], by: Expression)?
  /// Whether its values are positive and spread in proportion.
  let isLogarithmic: Bool

  /// Whether it is compared without an interval: its band is exact, or it has no interval.
  var isComparedAsItIs: Bool { band?.isExact ?? false || !hasInterval }

  /// Whether it can have an interval.
  var hasInterval: Bool {
    if grouping == nil { return statistic.hasInterval }
    return isOfGroups ? statistic.hasInterval : statistic.isNumeric
  }

  /// Whether its values are those of the groups, each of which is a sample of its own. The bins of
  /// a regression of gaps grow with the number of runs, so runs cannot be resampled among groups.
  private var isOfGroups: Bool {
    if case .gap = statistic { grouping?.then == .mean } else { false }
  }
}

extension Statistic {
  /// Whether the numbers of groups can be resampled: a group of which all or none are hits would
  /// seem to have no spread.
  fileprivate var isNumeric: Bool {
    switch self {
    case .summary(.min, _), .summary(.max, _), .count, .share, .distinct, .gap: false
    default: true
    }
  }
}

/// A quantity computed from the runs at hand.
public struct Estimate: Sendable, Hashable {
  public var value: Double
  /// The 95 % interval; nil if there is none.
  public var interval: Interval?
  /// How many values it is computed from.
  public var count: Int
  /// How many different trajectories these values are of. It is less than `count` where runs belong
  /// to several of the experiments, or are views of one trajectory.
  public var trajectoryCount: Int
  /// How many runs were asked for; nil if that is not known in advance. Where the quantity is about
  /// runs by what came of them and some are missing, it counts all runs, and so does `runCount`.
  public var plannedCount: Int?
  /// The sources of the runs behind it, sorted, each once.
  public var sources: [String]

  /// Whether all runs that were asked for are there; true if their number is not known in advance.
  public var isComplete: Bool { plannedCount.map { $0 <= runCount } ?? true }
  /// How many runs the quantity is about.
  public var runCount: Int
  /// How many steps the runs took for each value; nil if that is not known.
  public var stepsPerValue: Double?
}

extension Quantity {
  /// Nil if the evidence gives no value.
  func estimate(from evidence: Evidence) -> Estimate? {
    let runs = runs(in: evidence)
    let items = items(of: runs, in: evidence)
    func value(_ items: [SampleItem]) -> Double? { self.value(of: items, runs) }
    guard !runs.isEmpty, let result = value(items), result.isFinite else { return nil }
    let counts = counts(of: runs, in: evidence)
    return Estimate(
      value: result, interval: interval(items, runs, value)?.including(result),
      count: items.count, trajectoryCount: Set(items.map { runs[$0.run].trajectory }).count,
      plannedCount: counts.planned, sources: Set(runs.map(\.source)).sorted(),
      runCount: counts.there, stepsPerValue: stepsPerValue(of: runs, items.count, in: evidence))
  }

  /// The runs of the experiments that the quantity is about.
  ///
  /// - Parameter isMeasured: Whether only runs with spectra are taken, if it needs them.
  private func runs(in evidence: Evidence, isMeasured: Bool = true) -> [Observation] {
    let all = evidence.runs(of: experiments)
    let selecting = ExpressionContext(all)
    let needsSpectra = isMeasured && self.needsSpectra
    return all.indices.filter { index in
      if needsSpectra && all[index].spectra.isEmpty { return false }
      return condition.map { selecting.value(of: $0, run: index) == .truth(true) } ?? true
    }.map { all[$0] }
  }

  private var needsSpectra: Bool { statistic.usesSpectra || condition?.usesSpectra ?? false }

  private func items(of runs: [Observation], in evidence: Evidence) -> [SampleItem] {
    let context = ExpressionContext(
      runs, joining: join.map { evidence.runs(of: $0.experiments) } ?? [], by: join?.by)
    let cells = Cell.numbers(of: runs)
    return runs.indices.compactMap { index in
      statistic.item(run: index, cell: cells[index], key: grouping?.by, in: context)
    }
  }

  private func value(of items: [SampleItem], _ runs: [Observation]) -> Double? {
    guard let grouping else { return statistic.value(of: items, runs) }
    return grouping.then.value(of: groups(of: items, runs))
  }

  private func groups(
    of items: [SampleItem], _ runs: [Observation]
  ) -> [(key: Value, value: Double)] {
    items.grouped(by: \.key).compactMap { group in
      statistic.value(of: group.items, runs).map { (key: group.key, value: $0) }
    }
  }

  /// What the runs lack: columns that the quantity uses and none of them has, mistyped or never
  /// logged, and where they give no value, why. Nothing while there are no runs.
  ///
  /// - Parameter hasValue: Whether `estimate(from:)` gives one.
  func gaps(in evidence: Evidence, hasValue: Bool) -> [String] {
    let all = evidence.runs(of: experiments)
    guard !all.isEmpty else { return [] }
    let joined = join.map { evidence.runs(of: $0.experiments) } ?? []
    let used = (statistic.expressions + [condition, grouping?.by, join?.by].compactMap { $0 })
      .reduce(into: Set()) { $0.formUnion($1.addedColumns) }
    let unknown = (all + joined).reduce(used) { $0.subtracting($1.addedHeadings) }.sorted()
    guard unknown.isEmpty else { return unknown.map { "no run has the column \($0)" } }
    if hasValue { return [] }
    if needsSpectra && all.allSatisfy(\.spectra.isEmpty) {
      return ["no value: none of \(all.count) runs has spectra of its logits"]
    }
    let runs = runs(in: evidence)
    guard !runs.isEmpty else { return ["no value: none of \(all.count) runs is of this kind"] }
    let count = items(of: runs, in: evidence).count
    return count == 0
      ? ["no value: none of \(runs.count) runs has what it is computed from"]
      : ["no value: it is not defined for what \(count) runs have"]
  }

  /// How many steps each of the `count` values took, with those of runs whose results keep them out
  /// and of the joined runs. Nil if that is not known.
  private func stepsPerValue(
    of runs: [Observation], _ count: Int, in evidence: Evidence
  ) -> Double? {
    func steps(_ runs: [Observation]) -> Double? {
      let steps = runs.compactMap { $0.rows.last?.step }
      return steps.count == runs.count ? steps.reduce(0) { $0 + Double($1 + 1) } : nil
    }
    let performed = condition?.usesResult ?? false ? evidence.runs(of: experiments) : runs
    guard count > 0, let own = steps(performed) else { return nil }
    guard let join else { return own / Double(count) }
    let joined = evidence.runs(of: join.experiments)
    guard !joined.isEmpty, let others = steps(joined) else { return nil }
    return own / Double(count) + others / Double(joined.count)
  }

  /// The indices of the items, one stratum for each cell. Items that are alone in their cell form
  /// one stratum together.
  private static func strata(_ items: [SampleItem]) -> [[Int]] {
    let cells = Dictionary(grouping: items.indices) { items[$0].cell }
      .sorted { $0.key < $1.key }.map(\.value)
    let alone = cells.filter { $0.count == 1 }.flatMap { $0 }
    return cells.filter { $0.count > 1 } + (alone.isEmpty ? [] : [alone])
  }

  private func interval(
    _ items: [SampleItem], _ runs: [Observation], _ value: ([SampleItem]) -> Double?
  ) -> Interval? {
    guard hasInterval, items.count >= Interval.leastValues else { return nil }
    if isOfGroups {
      let values = groups(of: items, runs).map(\.value)
      return .byJackknife(
        values, strata: [Array(values.indices)], scale: .plain, isMean: true, of: \.mean)
    }
    let strata = Self.strata(items)
    var isFew = items.count < Interval.bootstrapValues
    if grouping == nil {
      switch statistic {
      case .share:
        return .ofShare(hits: items.reduce(0) { $0 + $1.x }, of: items.count)
      case .summary(.mean, _) where isLogarithmic && strata.count == 1:
        return .ofLogNormalMean(items.map(\.x))
          ?? .byJackknife(items, strata: strata, scale: .plain, isMean: true, of: value)
      case .summary(.median, _) where isFew: return .ofMedian(items.map(\.x))
      case .censoredMedian where isFew: return nil
      // With 20 values, the bootstrap's interval of a spread holds in 85 of 100 samples
      // (CoverageTests).
      case .summary(.deviation, _), .summary(.variation, _): isFew = true
      default: break
      }
    }
    if isFew {
      let isMean: Bool
      if case .summary(.mean, _) = statistic { isMean = grouping == nil } else { isMean = false }
      return .byJackknife(items, strata: strata, scale: scale, isMean: isMean, of: value)
    }
    return .byBootstrap(items, strata: strata, seed: seed(runs), of: value)
  }

  private var scale: IntervalScale {
    if let grouping {
      return switch grouping.then {
      case .ratio, .variation: .logarithmic
      case .correlation: .correlation
      case .rSquared: .squaredCorrelation
      case .range, .relativeRange, .exponent, .slope: .plain
      case .min, .max, .mean: isLogarithmic ? .logarithmic : .plain
      }
    }
    return switch statistic {
    case .summary(.deviation, _), .summary(.variation, _), .ratio: .logarithmic
    case .line(.correlation, _, _, _): .correlation
    case .line(.rSquared, _, _, _), .gap(.rSquared, _): .squaredCorrelation
    default: .plain
    }
  }

  /// The seed of the bootstrap, from the quantity's name and its runs. A change of one quantity
  /// therefore changes no other's interval.
  private func seed(_ runs: [Observation]) -> UInt64 {
    let text = ([name] + runs.map(\.source)).joined(separator: "\n")
    return Digest(of: Array(text.utf8)).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// How many runs are asked for, and how many of them are there. Where the condition depends on
  /// results, it is open which of the missing runs will meet it: while some are missing, all runs
  /// count; once all are there, no number is planned. Nor is one where an experiment does not say
  /// how many runs it needs.
  private func counts(
    of runs: [Observation], in evidence: Evidence
  ) -> (planned: Int?, there: Int) {
    let isOpen = condition?.usesResult ?? false
    var missing = 0
    for name in experiments {
      guard let asked = evidence.planned(name) else { return (nil, runs.count) }
      let context = ExpressionContext(asked.cells)
      for (index, lacking) in asked.missing.enumerated() {
        if !isOpen, let condition, context.value(of: condition, run: index) != .truth(true) {
          continue
        }
        missing += lacking
      }
    }
    // Runs whose spectra are not measured yet are asked for, but not there.
    guard isOpen else {
      return (self.runs(in: evidence, isMeasured: false).count + missing, runs.count)
    }
    let all = evidence.runs(of: experiments).count
    return missing > 0 ? (all + missing, all) : (nil, runs.count)
  }
}

extension Quantity.Printed {
  /// Whether `value` agrees with the printed number: to half a unit of the last digit printed, or
  /// to 0.5 %.
  public func agrees(with value: Double) -> Bool {
    let digits = text.drop { $0 != "." }.dropFirst().prefix { $0.isNumber }.count
    var unit = 1.0
    for _ in 0..<digits { unit /= 10 }
    let exponent = text.lowercased().split(separator: "e").dropFirst().first.flatMap { Int($0) }
    if let exponent {
      for _ in 0..<min(exponent.magnitude, 400) { unit = exponent < 0 ? unit / 10 : unit * 10 }
    }
    let difference = (value - self.value).magnitude
    return difference <= 0.5 * unit * (1 + 1e-9) || difference <= 0.005 * self.value.magnitude
  }
}
