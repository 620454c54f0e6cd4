/// A number that the paper gives, or an alternative to it, with how it is computed from runs.
public struct Quantity: Sendable {
  /// How far ours may be from the published value.
  public enum Band: Sendable, Hashable {
    /// As a share of the published value.
    case relative(Double)
    case absolute(Double)
    case exact
    case atLeast(Double)
    case atMost(Double)
  }

  /// A number as it is printed.
  public struct Printed: Sendable, Hashable, ExpressibleByStringLiteral {
    public var text: String
    public var value: Double

    public init(stringLiteral text: String) {
      guard let value = Double(text) else { preconditionFailure("\(text) is not a number") }
      self.text = text
      self.value = value
    }
  }

  public var name: String
  /// What the paper says; nil for what it does not have.
  public var published: Printed?
  /// What is known to come out of the released data, where it is known.
  public var released: Printed?
  /// Nil for what is shown beside the others and decides nothing.
  public var band: Band?
  public var experiments: [Experiment]
  /// Selects by what a run is, not by what came of it.
  let includes: @Sendable (Observation) -> Bool
  let computation: Computation
  /// Only runs whose spectra were measured count.
  var needsSpectra = false
  /// What is known of the value before all runs are there.
  var growth = Growth.unknown
  /// What was checked, to be said where ours is outside the band, or where there is none.
  public var note: String?

  /// How runs that are still missing can change a value.
  enum Growth: Sendable {
    case unknown
    /// Each adds one or nothing.
    case count
    /// Each adds one item to those of which this is a share, or none.
    case share
  }

  enum Computation: Sendable {
    /// A figure of runs; its interval comes from resampling runs.
    case ofRuns(@Sendable ([Observation]) -> Double?)
    /// A summary of values, one or none a run; its interval comes from resampling values.
    case ofValues(@Sendable ([Observation]) -> [Double], @Sendable ([Double]) -> Double?)
    /// A count of runs, or what else resampling says nothing of: no interval.
    case plain(@Sendable ([Observation]) -> Double?)
  }
}

/// A quantity computed from what there is.
public struct Estimate: Sendable, Hashable {
  public var value: Double
  /// 95 %, by the bootstrap.
  public var interval: ClosedRange<Double>?
  /// How many runs stand behind it.
  public var runCount: Int
  /// How many there are in the experiments.
  public var plannedCount: Int
  public var isComplete: Bool { runCount >= plannedCount }
  /// What the value can still become; nil where that is not known.
  var reach: ClosedRange<Double>?
  /// Their sources, sorted, each once.
  public var sources: [String]
}

extension Quantity {
  /// Nil where the evidence has no value.
  func estimate(from evidence: Evidence, seed: UInt64, withInterval: Bool = true) -> Estimate? {
    let runs = experiments.flatMap { evidence[$0] }
      .filter { includes($0) && !(needsSpectra && $0.spectra.isEmpty) }
    guard !runs.isEmpty else { return nil }
    let value: Double?
    var itemCount = runs.count
    var interval: ClosedRange<Double>?
    switch computation {
    case .ofRuns(let statistic):
      value = statistic(runs)
      if value != nil && withInterval {
        interval = Bootstrap.interval(of: runs, seed: seed, statistic: statistic)
      }
    case .ofValues(let values, let summary):
      let values = values(runs)
      itemCount = values.count
      value = summary(values)
      if value != nil && withInterval {
        interval = Bootstrap.interval(of: values, seed: seed, statistic: summary)
      }
    case .plain(let statistic): value = statistic(runs)
    }
    guard let value, value.isFinite else { return nil }
    let planned = plannedCount
    return Estimate(
      value: value, interval: interval, runCount: runs.count, plannedCount: planned,
      reach: reach(from: value, items: itemCount, missing: max(planned - runs.count, 0)),
      sources: Set(runs.map(\.source)).sorted())
  }

  /// The runs of the experiments' cells; where any seed counts, the fewest that a conclusion needs.
  private var plannedCount: Int {
    experiments.reduce(0) { sum, experiment in
      let cells = experiment.cells.count { includes(Observation(planned: $0)) }
      return sum + cells * experiment.leastSeeds
    }
  }

  private func reach(from value: Double, items: Int, missing: Int) -> ClosedRange<Double>? {
    if missing == 0 { return value...value }
    switch growth {
    case .unknown: return nil
    case .count: return value...value + Double(missing)
    case .share:
      let (hits, all) = (value * Double(items), Double(items + missing))
      return hits / all...(hits + Double(missing)) / all
    }
  }

  /// Whether all that the value can still become is within the band, or none of it; nil for some of it.
  func decides(_ estimate: Estimate) -> Bool? {
    guard let reach = estimate.reach, let low = accepts(reach.lowerBound),
      let high = accepts(reach.upperBound)
    else { return nil }
    if low || high { return low && high ? true : nil }
    // A band may lie between two ends that are outside of it.
    let nearest = published.map { min(max($0.value, reach.lowerBound), reach.upperBound) }
    return nearest.flatMap(accepts) == true ? nil : false
  }

  /// Whether `value` is within the band; nil where there is none.
  func accepts(_ value: Double) -> Bool? {
    switch (band, published?.value) {
    case (.relative(let share), let published?):
      (value - published).magnitude <= share * published.magnitude
    case (.absolute(let distance), let published?): (value - published).magnitude <= distance
    case (.exact, let published?): value == published
    case (.atLeast(let bound), _): value >= bound
    case (.atMost(let bound), _): value <= bound
    default: nil
    }
  }
}

extension Quantity.Printed {
  /// Whether `value` is printed so: the same to half a unit of the last digit printed, or to three digits.
  public func agrees(with value: Double) -> Bool {
    let digits = text.drop { $0 != "." }.dropFirst().prefix { $0.isNumber }.count
    var unit = 1.0
    for _ in 0..<digits { unit /= 10 }
    if let exponent = text.split(separator: "e").dropFirst().first.flatMap({ Int($0) }) {
      for _ in 0..<exponent.magnitude { unit = exponent < 0 ? unit / 10 : unit * 10 }
    }
    let difference = (value - self.value).magnitude
    return difference <= 0.5 * unit * (1 + 1e-9) || difference <= 0.005 * self.value.magnitude
  }
}
