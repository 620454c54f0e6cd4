/// The finite binary64 numbers that a key takes.
public struct NumberBounds: Sendable, Hashable {
  public enum Lower: Sendable, Hashable {
    case above(Int)
    case from(Int)
  }
  public enum Upper: Sendable, Hashable {
    case below(Int)
    case upTo(Int)
    case unlimited
  }

  public let lower: Lower
  public let upper: Upper

  public init(_ lower: Lower, _ upper: Upper) {
    self.lower = lower
    self.upper = upper
  }

  public func contains(_ value: Double) -> Bool {
    let isAbove =
      switch lower {
      case .above(let bound): value > Double(bound)
      case .from(let bound): value >= Double(bound)
      }
    let isBelow =
      switch upper {
      case .below(let bound): value < Double(bound)
      case .upTo(let bound): value <= Double(bound)
      case .unlimited: value < .infinity
      }
    return isAbove && isBelow
  }

  /// What is demanded, to follow "must be".
  public var demand: String {
    switch (lower, upper) {
    case (.above(let least), .below(let most)): "a number above \(least) and below \(most)"
    case (.above(let least), .upTo(let most)): "a number above \(least) and at most \(most)"
    case (.above(let least), .unlimited): "a number above \(least)"
    case (.from(let least), .below(let most)): "a number from \(least) and below \(most)"
    case (.from(let least), .upTo(let most)): "a number from \(least) to \(most)"
    case (.from(let least), .unlimited): "a number, \(least) or above"
    }
  }
}
