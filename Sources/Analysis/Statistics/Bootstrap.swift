internal import DeterministicNumerics

/// Efron's percentile bootstrap with our own random stream, so an interval is as reproducible as a
/// value.
enum Bootstrap {
  /// How many resamples the paper takes.
  static let resamples = 2000

  /// The `percent`th percentile from below and from above of `statistic` over resamples of
  /// `sample`. Each stratum is drawn with replacement from itself.
  ///
  /// Resample k reads stream k of `seed`. Resamples without a value are left out. Nil if half of
  /// them or more have none, or for fewer than two items.
  ///
  /// - Parameter strata: Indices of items; each item stands in one stratum.
  static func interval<Item>(
    of sample: [Item], strata: [[Int]], percent: Double, seed: UInt64,
    statistic: ([Item]) -> Double?
  ) -> ClosedRange<Double>? {
    guard sample.count >= 2, sample.count <= Int(UInt32.max) else { return nil }
    var values: [Double] = []
    values.reserveCapacity(resamples)
    var resample = sample
    for k in 0..<resamples {
      var stream = RandomStream(seed: seed, purpose: .resampling, index: UInt32(k))
      for stratum in strata {
        for place in stratum {
          let drawn = stratum[Int(stream.nextInteger(below: UInt32(stratum.count)))]
          resample[place] = sample[drawn]
        }
      }
      if let value = statistic(resample), value.isFinite { values.append(value) }
      // A statistic without a value in the first hundred resamples will not have one.
      if k == 100 && values.isEmpty { return nil }
    }
    guard values.count > resamples / 2, let low = values.percentile(percent),
      let high = values.percentile(100 - percent)
    else { return nil }
    return low...high
  }
}
