/// How far apart two different values are: |a − b| in binary64, or why there is no such number.
public enum Distance: Sendable, Hashable {
  /// Finite; 0 for −0 and 0.
  case number(Double)
  /// One of the two is infinite, or the distance exceeds binary64.
  case infinite
  /// One of the two is NaN, or a gap.
  case undefined
  /// The values are texts or digests, or of different types.
  case text

  public init(_ a: Double, _ b: Double) {
    let distance = (a - b).magnitude
    self = a.isNaN || b.isNaN ? .undefined : distance.isFinite ? .number(distance) : .infinite
  }

  /// Computed exactly and then rounded to binary64, however far apart they are.
  public init(_ a: Int, _ b: Int) {
    self = .number(Double(UInt(bitPattern: a > b ? a &- b : b &- a)))
  }
}

extension Distance: Comparable {
  /// Every number is less than the cases without a number.
  public static func < (a: Distance, b: Distance) -> Bool {
    switch (a, b) {
    case (.number(let a), .number(let b)): a < b
    case (.number, _), (.infinite, _), (.undefined, _), (.text, _): a.rank < b.rank
    }
  }

  private var rank: Int {
    switch self {
    case .number: 0
    case .infinite: 1
    case .undefined: 2
    case .text: 3
    }
  }
}

extension Distance: CustomStringConvertible {
  /// The spelling in records: a shortest decimal, "Infinity", "NaN" or "text".
  public var description: String {
    switch self {
    case .number(let value): shortestDecimal(value)
    case .infinite: "Infinity"
    case .undefined: "NaN"
    case .text: "text"
    }
  }

  /// Reads what `description` wrote; nil for anything else.
  public init?(_ text: String) {
    switch text {
    case "Infinity": self = .infinite
    case "NaN": self = .undefined
    case "text": self = .text
    default:
      guard let value = Double(text), value.isFinite, value >= 0, shortestDecimal(value) == text
      else { return nil }
      self = .number(value)
    }
  }
}
