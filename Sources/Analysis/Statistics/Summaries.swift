/// Summaries of a sample; nil if it has none. None of them traps on finite values.
extension Collection<Double> {
  /// The sum by ascending index, divided by the count, and brought into the range of the values if
  /// rounding has taken it out: equal values have themselves for their mean, and no deviation. Nil
  /// for an empty sample.
  public var mean: Double? {
    guard var least = first else { return nil }
    var (most, sum) = (least, 0.0)
    for value in self {
      sum += value
      if value < least { least = value }
      if value > most { most = value }
    }
    let mean = sum / Double(count)
    return mean.isFinite ? Swift.min(Swift.max(mean, least), most) : mean
  }

  /// The population standard deviation (divided by n, not n − 1), which the paper reports; nil for
  /// an empty sample.
  public var standardDeviation: Double? {
    guard let mean else { return nil }
    return (reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
  }

  /// Standard deviation over mean; nil for an empty sample, or if the mean is zero.
  public var variationCoefficient: Double? {
    guard let mean, let standardDeviation, mean != 0 else { return nil }
    return standardDeviation / mean
  }

  /// The middle value, or the mean of the two middle ones; nil for an empty sample.
  public var median: Double? { percentile(50) }

  /// Linear between order statistics, as numpy's default (Hyndman and Fan's seventh); nil for an
  /// empty sample.
  ///
  /// - Precondition: `percent` is in 0...100.
  public func percentile(_ percent: Double) -> Double? {
    precondition((0...100).contains(percent), "there is no percentile \(percent)")
    guard !isEmpty else { return nil }
    let sorted = self.sorted()
    let place = percent / 100 * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    let (low, high, part) = (sorted[below], sorted[below + 1], place - Double(below))
    // The difference of two finite values can be infinite.
    return (high - low).isFinite ? low + part * (high - low) : (1 - part) * low + part * high
  }
}
