/// The range in which a value must lie, and who says so.
public struct Band: Sendable, Hashable {
  public enum Limits: Sendable, Hashable {
    /// A distance from the centre, as a share of the centre.
    case share(Double, around: Double)
    case distance(Double, around: Double)
    case between(Double, Double)
    case atLeast(Double)
    case atMost(Double)
    case above(Double)
    case below(Double)
    /// Compared without an interval.
    case exactly(Double)
  }

  public var limits: Limits
  /// Where the band is from: the authors' repeats, the printed spread, the sentence, or ours.
  public var source: String

  /// The lower and the upper edge; nil where there is none.
  public var edges: (low: Double?, high: Double?) {
    switch limits {
    case .share(let share, let center):
      (center - share * center.magnitude, center + share * center.magnitude)
    case .distance(let distance, let center): (center - distance, center + distance)
    case .between(let low, let high): (low, high)
    case .atLeast(let low), .above(let low): (low, nil)
    case .atMost(let high), .below(let high): (nil, high)
    case .exactly(let value): (value, value)
    }
  }

  public func contains(_ value: Double) -> Bool {
    switch limits {
    case .above(let bound): return value > bound
    case .below(let bound): return value < bound
    default:
      let (low, high) = edges
      return low.map { value >= $0 } ?? true && high.map { value <= $0 } ?? true
    }
  }

  /// Whether no value in `interval` lies in the band.
  func excludes(_ interval: ClosedRange<Double>) -> Bool {
    switch limits {
    case .above(let bound): return interval.upperBound <= bound
    case .below(let bound): return interval.lowerBound >= bound
    default:
      let (low, high) = edges
      return low.map { interval.upperBound < $0 } ?? false
        || high.map { interval.lowerBound > $0 } ?? false
    }
  }

  var isExact: Bool { if case .exactly = limits { true } else { false } }
}
