private import DeterministicNumerics

/// The least-squares line y = slope · x + intercept.
public struct LinearFit: Sendable, Hashable {
  public var slope: Double
  public var intercept: Double
  /// Pearson's r; nil where y does not vary.
  public var correlation: Double?
  /// The standard error of the slope; nil for two points.
  public var slopeStandardError: Double?
  public var count: Int

  /// Nil for fewer than two points, or where x does not vary.
  ///
  /// - Precondition: As many `y` as `x`.
  public init?(x: [Double], y: [Double]) {
    precondition(x.count == y.count, "\(x.count) values of x, \(y.count) of y")
    guard x.count >= 2, let meanX = x.mean, let meanY = y.mean else { return nil }
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    for (x, y) in zip(x, y) {
      xx += (x - meanX) * (x - meanX)
      xy += (x - meanX) * (y - meanY)
      yy += (y - meanY) * (y - meanY)
    }
    guard xx > 0 else { return nil }
    slope = xy / xx
    intercept = meanY - slope * meanX
    if yy > 0 { correlation = min(max(xy / (xx * yy).squareRoot(), -1), 1) }
    count = x.count
    if count > 2 {
      let residual = (1 - (rSquared ?? 1)) * yy
      slopeStandardError = (residual / Double(count - 2) / xx).squareRoot()
    }
  }

  func value(at x: Double) -> Double { intercept + slope * x }

  /// The value of the power law, if this is the line of the logarithms.
  func power(at x: Double) -> Double { Elementary64.exp(intercept + slope * Elementary64.log(x)) }

  /// The square of the correlation.
  public var rSquared: Double? { correlation.map { $0 * $0 } }
}

extension LinearFit {
  /// The line of log y on log x. Its slope is the exponent of a power law. Nil if a value is not
  /// positive.
  public static func powerLaw(x: [Double], y: [Double]) -> LinearFit? {
    guard (x + y).allSatisfy({ $0 > 0 }) else { return nil }
    return LinearFit(x: x.map { Elementary64.log($0) }, y: y.map { Elementary64.log($0) })
  }
}
