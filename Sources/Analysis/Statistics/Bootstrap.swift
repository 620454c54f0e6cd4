internal import DeterministicNumerics

/// Efron's percentile bootstrap with a stream of our own, so that an interval is as reproducible as a value.
public enum Bootstrap {
  /// How many resamples the paper takes.
  public static let resamples = 2000

  /// The 2.5th and 97.5th percentile of `statistic` over resamples of `sample`, drawn with replacement.
  ///
  /// Resample k reads stream k of `seed`. Resamples without a value are left out; nil where they are more than
  /// half, or for fewer than two items.
  public static func interval<Item>(
    of sample: [Item], seed: UInt64, statistic: ([Item]) -> Double?
  ) -> ClosedRange<Double>? {
    guard sample.count >= 2, sample.count <= Int(UInt32.max) else { return nil }
    var values: [Double] = []
    values.reserveCapacity(resamples)
    var resample = sample
    for k in 0..<resamples {
      var stream = RandomStream(seed: seed, purpose: .resampling, index: UInt32(k))
      for place in resample.indices {
        resample[place] = sample[Int(stream.nextInteger(below: UInt32(sample.count)))]
      }
      if let value = statistic(resample), value.isFinite { values.append(value) }
      // A statistic without a value a hundred times in a row will not have one.
      if k == 100 && values.isEmpty { return nil }
    }
    guard values.count > resamples / 2, let low = values.percentile(2.5),
      let high = values.percentile(97.5)
    else { return nil }
    return low...high
  }
}
