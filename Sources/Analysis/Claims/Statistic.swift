/// One number computed from several runs.
package enum Statistic: Sendable {
  case summary(Summary, Expression)
  /// How many runs satisfy a condition.
  case count(Expression)
  /// The share of runs that satisfy a condition, among those where it has a value.
  case share(Expression)
  /// How many different values there are.
  case distinct(Expression)
  /// The mean of `of` divided by the mean of `to`.
  case ratio(of: Expression, to: Expression)
  case line(LineFigure, x: Expression, y: Expression, Points)
  /// The median time to an event, by Kaplan and Meier.
  case censoredMedian(time: Expression, observed: Expression)
  /// A figure of the regression of the generalisation gap on the spread of the spectrum.
  case gap(GapFigure, SpectralGap.Convention)

  package enum Summary: String, Sendable, CaseIterable {
    case mean, median, deviation, variation, min, max
  }

  package enum LineFigure: String, Sendable, CaseIterable {
    case slope, intercept, correlation
    case rSquared = "r_squared"
    /// The slope of the line of log y on log x.
    case exponent
  }

  /// The points that a line is fitted to.
  package enum Points: Sendable {
    case runs
    /// The means of the groups of runs that share a value.
    case between(Expression)
    /// Each run's distances to the means of its group.
    case within(Expression)
  }

  package enum GapFigure: String, Sendable, CaseIterable {
    case slope, intercept
    case rSquared = "r_squared"
    case points, bins
    case leastGap = "least_gap"
    case ransacLeast = "ransac_least"
    case ransacMedian = "ransac_median"
    case ransacMost = "ransac_most"
  }

  /// How the groups' numbers become one number.
  package enum Combination: String, Sendable, CaseIterable {
    case range
    case relativeRange = "relative_range"
    /// The last over the first, in ascending order of the groups' keys.
    case ratio
    case min, max, mean, variation, exponent, slope, correlation
    case rSquared = "r_squared"
  }
}

/// What one run contributes to a statistic.
package struct SampleItem: Sendable {
  /// The run's index among the quantity's runs.
  package var run: Int
  /// The same number for all runs of one cell.
  package var cell: Int
  var x = 0.0
  var y = 0.0
  /// The group in `between` or `within`, or the value that `distinct` counts.
  var group = Value.missing
  /// The group in `by`.
  var key = Value.missing
}

extension Statistic {
  /// The expressions that are computed once for each run.
  var expressions: [Expression] {
    switch self {
    case .summary(_, let value), .count(let value), .share(let value), .distinct(let value):
      [value]
    case .ratio(let of, let to): [of, to]
    case .line(_, let x, let y, .runs): [x, y]
    case .line(_, let x, let y, .between(let group)), .line(_, let x, let y, .within(let group)):
      [x, y, group]
    case .censoredMedian(let time, let observed): [time, observed]
    case .gap: []
    }
  }

  var usesSpectra: Bool {
    if case .gap = self { return true }
    return expressions.contains(where: \.usesSpectra)
  }

  /// Whether resampling gives a meaningful interval.
  var hasInterval: Bool {
    switch self {
    case .summary(.min, _), .summary(.max, _), .count, .distinct: false
    case .gap(let figure, _):
      switch figure {
      case .slope, .intercept, .rSquared, .bins: true
      case .points, .leastGap, .ransacLeast, .ransacMedian, .ransacMost: false
      }
    default: true
    }
  }

  /// A run's contribution; nil if the run lacks a value that is needed.
  func item(run: Int, cell: Int, key: Expression?, in context: ExpressionContext) -> SampleItem? {
    var item = SampleItem(run: run, cell: cell)
    func number(_ expression: Expression) -> Double? {
      context.value(of: expression, run: run).number
    }
    if let key {
      item.key = context.value(of: key, run: run)
      if item.key == .missing { return nil }
    }
    switch self {
    case .summary(_, let value):
      guard let x = number(value) else { return nil }
      item.x = x
    case .count(let condition):
      item.x = context.value(of: condition, run: run) == .truth(true) ? 1 : 0
    case .share(let condition):
      guard let isTrue = context.value(of: condition, run: run).truth else { return nil }
      item.x = isTrue ? 1 : 0
    case .distinct(let value):
      item.group = context.value(of: value, run: run)
      if item.group == .missing { return nil }
    case .ratio(let of, let to):
      guard let x = number(to), let y = number(of) else { return nil }
      (item.x, item.y) = (x, y)
    case .line(let figure, let xValue, let yValue, let points):
      guard let x = number(xValue), let y = number(yValue) else { return nil }
      if figure == .exponent && (x <= 0 || y <= 0) { return nil }
      (item.x, item.y) = (x, y)
      switch points {
      case .runs: break
      case .between(let group), .within(let group):
        item.group = context.value(of: group, run: run)
        if item.group == .missing { return nil }
      }
    case .censoredMedian(let time, let observed):
      guard let x = number(time), let isObserved = context.value(of: observed, run: run).truth
      else { return nil }
      (item.x, item.y) = (x, isObserved ? 1 : 0)
    case .gap:
      if context.runs[run].spectra.isEmpty { return nil }
    }
    return item
  }

  /// The statistic of the items; nil if they have none.
  func value(of items: [SampleItem], _ runs: [Observation]) -> Double? {
    switch self {
    case .summary(let summary, _):
      let values = items.map(\.x)
      return switch summary {
      case .mean: values.mean
      case .median: values.median
      case .deviation: values.standardDeviation
      case .variation: values.variationCoefficient
      case .min: values.min()
      case .max: values.max()
      }
    case .count: return items.reduce(0) { $0 + $1.x }
    case .share: return items.map(\.x).mean
    case .distinct: return Double(Set(items.map(\.group)).count)
    case .ratio:
      guard let below = items.map(\.x).mean, let above = items.map(\.y).mean, below != 0 else {
        return nil
      }
      return above / below
    case .line(let figure, _, _, let points):
      let (x, y) = Self.points(of: items, points)
      return Self.figure(figure, x, y)
    case .censoredMedian:
      return KaplanMeier.median(items.map { .init(time: $0.x, isObserved: $0.y == 1) })
    case .gap(let figure, let convention):
      return SpectralGap(items.map { runs[$0.run] }, outside: convention)
        .flatMap { Self.figure(figure, $0) }
    }
  }

  private static func points(of items: [SampleItem], _ points: Points) -> ([Double], [Double]) {
    if case .runs = points { return (items.map(\.x), items.map(\.y)) }
    var (allX, allY): ([Double], [Double]) = ([], [])
    for group in items.grouped(by: \.group) {
      let (x, y) = (group.items.map(\.x), group.items.map(\.y))
      guard let meanX = x.mean, let meanY = y.mean else { continue }
      if case .between = points {
        allX.append(meanX)
        allY.append(meanY)
      } else {
        allX += x.map { $0 - meanX }
        allY += y.map { $0 - meanY }
      }
    }
    return (allX, allY)
  }

  private static func figure(_ figure: LineFigure, _ x: [Double], _ y: [Double]) -> Double? {
    if figure == .exponent { return LinearFit.powerLaw(x: x, y: y)?.slope }
    guard let line = LinearFit(x: x, y: y) else { return nil }
    return switch figure {
    case .slope, .exponent: line.slope
    case .intercept: line.intercept
    case .correlation: line.correlation
    case .rSquared: line.rSquared
    }
  }

  private static func figure(_ figure: GapFigure, _ gap: SpectralGap) -> Double? {
    func ransac() -> (low: Double, median: Double, high: Double)? {
      RANSAC.spread(x: gap.points.map(\.share), y: gap.points.map(\.gap)) { $0.fit.rSquared }
    }
    return switch figure {
    case .slope: gap.line?.slope
    case .intercept: gap.line?.intercept
    case .rSquared: gap.line?.rSquared
    case .points: Double(gap.points.count)
    case .bins: Double(gap.bins.count)
    case .leastGap: gap.points.map(\.gap).min()
    case .ransacLeast: ransac()?.low
    case .ransacMedian: ransac()?.median
    case .ransacMost: ransac()?.high
    }
  }
}

extension Statistic.Combination {
  /// Combines the groups' numbers, given in ascending order of their keys. Nil for fewer than two
  /// groups, and where the result is not defined.
  func value(of groups: [(key: Value, value: Double)]) -> Double? {
    let values = groups.map(\.value)
    guard let low = values.min(), let high = values.max(), values.count >= 2 else { return nil }
    let placed = groups.compactMap { group in group.key.number.map { ($0, group.value) } }
    let (x, y) = (placed.map(\.0), placed.map(\.1))
    switch self {
    case .range: return high - low
    case .relativeRange:
      guard let mean = values.mean, mean != 0 else { return nil }
      return (high - low) / mean
    case .ratio: return values[0] != 0 ? values[values.count - 1] / values[0] : nil
    case .min: return low
    case .max: return high
    case .mean: return values.mean
    case .variation: return values.variationCoefficient
    case .exponent: return LinearFit.powerLaw(x: x, y: y)?.slope
    case .slope: return LinearFit(x: x, y: y)?.slope
    case .correlation: return LinearFit(x: x, y: y)?.correlation
    case .rSquared: return LinearFit(x: x, y: y)?.rSquared
    }
  }
}

extension Collection<SampleItem> {
  /// The items in groups that share a value of `key`, in ascending order: numbers, then texts, then
  /// conditions.
  func grouped(by key: (SampleItem) -> Value) -> [(key: Value, items: [SampleItem])] {
    Dictionary(grouping: self, by: key).map { (key: $0.key, items: $0.value) }
      .sorted { Self.precedes($0.key, $1.key) }
  }

  private static func precedes(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.number(let left), .number(let right)): left < right
    case (.text(let left), .text(let right)): Array(left.utf8).lexicographicallyPrecedes(right.utf8)
    case (.truth(let left), .truth(let right)): !left && right
    case (.number, _), (.text, .truth), (.text, .missing), (.truth, .missing): true
    default: false
    }
  }
}
