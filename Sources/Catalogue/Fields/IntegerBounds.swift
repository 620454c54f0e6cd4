/// The integers that a key takes.
public struct IntegerBounds: Sendable, Hashable {
  public let range: ClosedRange<Int>
  /// Only multiples of this are taken.
  public let divisor: Int
  /// Whether the upper bound is the value of another key, and not a constant. A default above that
  /// bound is then replaced by the bound.
  public let isLimitedByKey: Bool

  public init(_ range: ClosedRange<Int>, multiplesOf divisor: Int = 1) {
    self.range = range
    self.divisor = divisor
    isLimitedByKey = false
  }

  /// From `least` to `limit`, which is the value of another key.
  public init(from least: Int, toValueOfKey limit: Int) {
    range = least...max(least, limit)
    divisor = 1
    isLimitedByKey = true
  }
}
