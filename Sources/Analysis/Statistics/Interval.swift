private import DeterministicNumerics

/// A 95 % interval of a statistic of a sample, and the method that gave it.
public struct Interval: Sendable, Hashable {
  public enum Method: String, Sendable {
    case student = "Student’s t"
    /// Cox's interval of the mean of values whose logarithms are normal.
    case logarithms = "t on logarithms"
    case jackknife = "jackknife t"
    case orderStatistics = "order statistics"
    case wilson = "Wilson"
    case bootstrap
  }

  public var range: ClosedRange<Double>
  public var method: Method

  /// The interval with an end moved to `value` where that lies outside, as for the bootstrap of a
  /// least or a largest mean of groups, which resamples can only spread.
  func including(_ value: Double) -> Interval {
    var interval = self
    interval.range = min(range.lowerBound, value)...max(range.upperBound, value)
    return interval
  }
}

/// The scale on which a statistic is treated as unbounded, for intervals from few values.
enum IntervalScale {
  case plain
  /// For positive values that spread in proportion.
  case logarithmic
  /// Fisher's scale for a correlation.
  case correlation
  /// For a squared correlation.
  case squaredCorrelation

  func transformed(_ value: Double) -> Double? {
    switch self {
    case .plain: value
    case .logarithmic: value > 0 ? Elementary64.log(value) : nil
    case .correlation: value.magnitude < 1 ? 0.5 * Elementary64.log((1 + value) / (1 - value)) : nil
    case .squaredCorrelation:
      value >= 0 ? Self.correlation.transformed(value.squareRoot()) : nil
    }
  }

  func restored(_ value: Double) -> Double {
    switch self {
    case .plain: value
    case .logarithmic: Elementary64.exp(value)
    // tanh
    case .correlation: 1 - 2 / (Elementary64.exp(2 * value) + 1)
    case .squaredCorrelation:
      value <= 0 ? 0 : Self.correlation.restored(value) * Self.correlation.restored(value)
    }
  }
}

extension Interval {
  /// With fewer values there is no interval.
  public static let leastValues = 5
  /// The bootstrap is used from this many values on.
  public static let bootstrapValues = 20

  /// Wilson's interval of a share (J. Am. Stat. Assoc. 22, 1927).
  static func ofShare(hits: Double, of count: Int) -> Interval? {
    guard count >= leastValues else { return nil }
    let (n, z) = (Double(count), NormalDistribution.upper)
    let share = hits / n
    let middle = share + z * z / (2 * n)
    let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    // At a share of 0 or 1, rounding would leave the end a little off.
    let low = hits == 0 ? 0 : max(0, (middle - half) / scale)
    let high = hits == n ? 1 : min(1, (middle + half) / scale)
    return Interval(range: low...high, method: .wilson)
  }

  /// The interval of the median of fewer than twenty values, between two of the values. It holds
  /// with a probability of at least 0.95; with five values, 0.9375 between the first and the last.
  static func ofMedian(_ values: [Double]) -> Interval? {
    guard values.count >= leastValues else { return nil }
    let sorted = values.sorted()
    // The chance that at most k of n values lie below the median, by Pascal's triangle.
    var (term, tail, k) = (1.0, 1.0, 0)
    for _ in sorted { (term, tail) = (term / 2, tail / 2) }
    while true {
      let next = term * Double(sorted.count - k) / Double(k + 1)
      guard tail + next <= 0.025, k + 1 < sorted.count / 2 else { break }
      (term, tail, k) = (next, tail + next, k + 1)
    }
    return Interval(range: sorted[k]...sorted[sorted.count - 1 - k], method: .orderStatistics)
  }

  /// The interval of the mean of positive values whose logarithms are normal: Cox's, with Student's
  /// quantile (Olsson, J. Stat. Educ. 13, 2005).
  static func ofLogNormalMean(_ values: [Double]) -> Interval? {
    guard values.count >= leastValues, values.allSatisfy({ $0 > 0 }) else { return nil }
    let logs = values.map { Elementary64.log($0) }
    let n = Double(logs.count)
    guard let mean = logs.mean, let deviation = logs.standardDeviation else { return nil }
    if deviation == 0 { return Interval(range: values[0]...values[0], method: .logarithms) }
    let variance = deviation * deviation * n / (n - 1)
    let middle = mean + variance / 2
    let half =
      StudentDistribution.upper(logs.count - 1)
      * (variance / n + variance * variance / (2 * (n - 1))).squareRoot()
    let (low, high) = (Elementary64.exp(middle - half), Elementary64.exp(middle + half))
    return high.isFinite ? Interval(range: low...high, method: .logarithms) : nil
  }

  /// Student's t on the values that the figure takes without each item in turn, within each stratum
  /// (Tukey 1958). For a mean this is the usual interval. The degrees of freedom are
  /// Satterthwaite's, rounded down.
  ///
  /// With several strata, an item is not left out. Instead each other item of its stratum takes its
  /// place in turn, and the mean of the results is used. If it were left out, its stratum would
  /// weigh less, and the spread of a figure of all items would come out too small.
  static func byJackknife<Item>(
    _ items: [Item], strata: [[Int]], scale: IntervalScale, isMean: Bool = false,
    of figure: ([Item]) -> Double?
  ) -> Interval? {
    guard items.count >= leastValues, let plain = figure(items),
      let value = scale.transformed(plain)
    else { return nil }
    var variances: [(value: Double, freedom: Double)] = []
    var changed = items
    for stratum in strata where stratum.count >= 2 {
      var without: [Double] = []
      for place in stratum {
        var left: [Double] = []
        if strata.count == 1 {
          var rest = items
          rest.remove(at: place)
          guard let value = figure(rest).flatMap(scale.transformed) else { return nil }
          left.append(value)
        } else {
          for other in stratum where other != place {
            changed[place] = items[other]
            guard let value = figure(changed).flatMap(scale.transformed) else { return nil }
            left.append(value)
          }
          changed[place] = items[place]
        }
        guard let mean = left.mean else { return nil }
        without.append(mean)
      }
      guard let deviation = without.standardDeviation else { return nil }
      // (n − 1)/n times the sum of squares.
      let n = Double(stratum.count)
      let variance = (n - 1) * deviation * deviation
      // A spread so small that its squares underflow tells nothing.
      guard variance > 0 || without.allSatisfy({ $0 == without[0] }) else { return nil }
      variances.append((variance, n - 1))
    }
    let sum = variances.reduce(0) { $0 + $1.value }
    guard !variances.isEmpty, sum.isFinite else { return nil }
    // Exactly, as going to the scale and back rounds.
    if sum == 0 { return Interval(range: plain...plain, method: isMean ? .student : .jackknife) }
    // From shares of the sum, whose squares neither overflow nor underflow.
    let squares =
      sum > 0 ? variances.reduce(0) { $0 + $1.value / sum * ($1.value / sum) / $1.freedom } : 1
    let freedom = Int(min((1 + 1e-9) / squares, 1e6))
    let half = StudentDistribution.upper(max(1, freedom)) * sum.squareRoot()
    let ends = (scale.restored(value - half), scale.restored(value + half))
    guard ends.0 <= ends.1, ends.1.isFinite else { return nil }
    return Interval(range: ends.0...ends.1, method: isMean ? .student : .jackknife)
  }

  /// Percentiles of the figure over resamples, where each stratum is drawn from itself. The
  /// percentiles lie further out than 2.5 and 97.5, because resamples spread less than samples by
  /// (n − 1)/n, and because their percentiles are a normal distribution's and not Student's
  /// (Hesterberg, Am. Stat. 69, 2015).
  static func byBootstrap<Item>(
    _ items: [Item], strata: [[Int]], seed: UInt64, of figure: ([Item]) -> Double?
  ) -> Interval? {
    guard items.count >= leastValues, items.count > strata.count else { return nil }
    let size = Double(items.count) / Double(strata.count)
    let place =
      (size / (size - 1)).squareRoot()
      * StudentDistribution.upper(items.count - strata.count)
    let percent = 100 * NormalDistribution.tail(beyond: place)
    return Bootstrap.interval(
      of: items, strata: strata, percent: percent, seed: seed, statistic: figure
    ).map { Interval(range: $0, method: .bootstrap) }
  }
}

// MARK: Distributions

enum NormalDistribution {
  /// The 97.5th percentile.
  static let upper = 1.959963984540054

  /// The share beyond `z` ≥ 0, to 7.5e-8 (Zelen and Severo, in Abramowitz and Stegun 26.2.17).
  static func tail(beyond z: Double) -> Double {
    let t = 1 / (1 + 0.2316419 * z)
    let series =
      t
      * (0.319381530
        + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    return Elementary64.exp(-z * z / 2) * 0.3989422804014327 * series
  }
}

enum StudentDistribution {
  /// The 97.5th percentiles for 1 to 12 degrees of freedom (Abramowitz and Stegun, table 26.10,
  /// with more digits).
  private static let few = [
    12.706204736432095, 4.302652729911275, 3.182446305284263, 2.7764451051977987,
    2.5705818366147395, 2.4469118487916806, 2.3646242510102993, 2.306004135204166,
    2.2621571627409915, 2.2281388519649385, 2.200985160082949, 2.178812829663418,
  ]

  /// The 97.5th percentile; above 12 degrees of freedom by Cornish and Fisher's expansion
  /// (Abramowitz and Stegun 26.7.5), to 1e-5.
  ///
  /// - Precondition: `freedom` is at least 1.
  static func upper(_ freedom: Int) -> Double {
    precondition(freedom >= 1, "\(freedom) degrees of freedom")
    if freedom <= few.count { return few[freedom - 1] }
    let (z, n) = (NormalDistribution.upper, Double(freedom))
    let z2 = z * z
    let first = z * (z2 + 1) / 4
    let second = z * ((5 * z2 + 16) * z2 + 3) / 96
    let third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384
    let fourth = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160
    return z + (first + (second + (third + fourth / n) / n) / n) / n
  }
}
