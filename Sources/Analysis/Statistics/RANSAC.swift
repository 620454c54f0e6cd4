private import DeterministicNumerics

/// A line fitted to the points that agree with one another (Fischler and Bolles, 1981), with
/// scikit-learn's defaults. Each trial draws two points; inliers are the points within the median
/// absolute deviation of y. There are at most 100 trials, and fewer once two inliers have been
/// drawn with probability 0.99. Among trials with equally many inliers, the one with the higher R²
/// on them wins.
public struct RANSAC: Sendable, Hashable {
  public var fit: LinearFit
  public var inliers: [Bool]
  /// R² of the line on all points; may be negative.
  public var rSquaredOnAll: Double

  /// Nil for fewer than three points, for 200 or more, or if no trial gives a line.
  ///
  /// - Parameter randomState: scikit-learn's `random_state`. The result depends on it, so a figure
  ///   from one state says little.
  public init?(x: [Double], y: [Double], randomState: UInt32) {
    precondition(x.count == y.count, "\(x.count) values of x, \(y.count) of y")
    guard x.count >= 3, x.count < 200, let middle = y.median,
      let threshold = y.map({ ($0 - middle).magnitude }).median
    else { return nil }
    var generator = MersenneTwister(seed: randomState)
    var best: (inliers: [Bool], count: Int, score: Double)?
    var trials = 0
    var limit = 100.0
    while Double(trials) < limit {
      trials += 1
      let subset = generator.permutation(x.count).prefix(2)
      let line =
        LinearFit(x: subset.map { x[$0] }, y: subset.map { y[$0] })
        .map { ($0.slope, $0.intercept) } ?? (0, subset.map { y[$0] }.mean ?? 0)
      let inliers = zip(x, y).map { ($1 - (line.0 * $0 + line.1)).magnitude <= threshold }
      let count = inliers.count { $0 }
      if count < best?.count ?? 1 { continue }
      let score = Self.rSquared(x, y, line, inliers)
      if let best, count == best.count, score < best.score { continue }
      best = (inliers, count, score)
      limit = min(limit, Self.trialsNeeded(inliers: count, of: x.count))
    }
    guard let best else { return nil }
    let chosen = best.inliers.indices.filter { best.inliers[$0] }
    guard let fit = LinearFit(x: chosen.map { x[$0] }, y: chosen.map { y[$0] }) else { return nil }
    self.fit = fit
    inliers = best.inliers
    rSquaredOnAll = Self.rSquared(
      x, y, (fit.slope, fit.intercept), Array(repeating: true, count: x.count))
  }

  private static func rSquared(
    _ x: [Double], _ y: [Double], _ line: (Double, Double), _ chosen: [Bool]
  ) -> Double {
    let kept = y.indices.filter { chosen[$0] }
    guard kept.count >= 2, let mean = kept.map({ y[$0] }).mean else { return .nan }
    let residual = kept.reduce(0) { sum, i in
      let difference = y[i] - (line.0 * x[i] + line.1)
      return sum + difference * difference
    }
    let total = kept.reduce(0) { $0 + (y[$1] - mean) * (y[$1] - mean) }
    return total > 0 ? 1 - residual / total : residual == 0 ? 1 : 0
  }

  /// The number of trials after which two inliers have been drawn with probability 0.99.
  private static func trialsNeeded(inliers: Int, of count: Int) -> Double {
    let epsilon = Double.ulpOfOne
    let share = Double(inliers) / Double(count)
    let miss = max(epsilon, 1 - share * share)
    // 1 − 0.99 as binary64 computes it; scikit-learn's ceiling is taken from this value.
    let chance = max(epsilon, 1 - 0.99)
    guard miss != 1 else { return .infinity }
    return (Elementary64.log(chance) / Elementary64.log(miss)).magnitude.rounded(.up)
  }
}

extension RANSAC {
  /// The smallest, median and largest of a result over random states 0 ..< `states`.
  public static func spread(
    x: [Double], y: [Double], states: UInt32 = 100, of value: (RANSAC) -> Double?
  ) -> (low: Double, median: Double, high: Double)? {
    let values = (0..<states).compactMap { RANSAC(x: x, y: y, randomState: $0).flatMap(value) }
    guard let low = values.min(), let median = values.median, let high = values.max() else {
      return nil
    }
    return (low, median, high)
  }
}
