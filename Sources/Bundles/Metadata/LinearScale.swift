/// Where values lie between two others.
///
/// Records from strangers may hold any finite value. What is drawn from them goes through this
/// scale and ``Swift/Int/init(nearest:)``, which have a result for every value.
package struct LinearScale: Sendable {
  package let low: Double
  package let high: Double
  /// 1, or one half if the difference of the ends is too large for a number.
  private let unit: Double

  package init(from low: Double, to high: Double) {
    self.low = low
    self.high = high
    unit = (high - low).isFinite ? 1 : 0.5
  }

  /// 0 at `low`, 1 at `high`; below 0 or above 1 outside. One half if the ends are equal. Never
  /// NaN.
  package func share(_ value: Double) -> Double {
    let size = high * unit - low * unit
    guard size > 0 else { return 0.5 }
    let share = (value * unit - low * unit) / size
    return share.isNaN ? 0 : share
  }

  /// The same, with a value outside moved to the nearer end.
  package func place(_ value: Double) -> Double { min(max(share(value), 0), 1) }

  package var middle: Double { low / 2 + high / 2 }
}

extension Int {
  /// The nearest integer; the least or the greatest one for values beyond the range, and 0 for NaN.
  package init(nearest value: Double) {
    self = Int(exactly: value.rounded()) ?? (value > 0 ? .max : value < 0 ? .min : 0)
  }
}
