import Foundation
import TestSupport
import Testing

@testable import Analysis

/// How often a 95 % interval holds the true value. The samples come from known distributions and go
/// through the same code as a quantity of a file of claims.
///
/// The short form takes a few hundred small samples and fewer of twenty values, because the
/// bootstrap is slow. It allows for chance: three standard errors. COVERAGE=N in the environment
/// takes N samples of each size and prints what it found: `make test-coverage`.
@Suite struct CoverageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var values: String
    /// As in a file of claims; x and y are the values drawn.
    var quantity: String
    /// Draws one value, or one pair.
    var draw: @Sendable (inout SplitMix64) -> (x: Double, y: Double)
    var truth: Double
    /// In the long form, the percentage of intervals that hold `truth` lies in these limits.
    var limits = 93.0...97.0
    var counts = [5, 10, 20, 60]
    var largestInShortForm = 12
    /// The number of cells that the runs belong to.
    var cells = 1

    var testDescription: String { "\(quantity), \(values)\(cells > 1 ? ", \(cells) cells" : "")" }
  }

  // MARK: Means, for which 95 % is claimed

  private static let normal = Case(
    values: "normal", quantity: "mean: x", draw: { (10 + 2 * $0.normal(), 0) }, truth: 10,
    largestInShortForm: 20)

  private static func logNormal(
    _ deviation: Double, _ quantity: String, _ truth: Double,
    _ limits: ClosedRange<Double> = 93...97
  ) -> Case {
    Case(
      values: "log-normal, σ = \(deviation)", quantity: quantity,
      draw: { (exp(5 + deviation * $0.normal()), 0) }, truth: truth, limits: limits)
  }

  /// Each cell is resampled by itself, with three, five or fifteen values.
  private static let cells = Case(
    values: "normal", quantity: "mean: x", draw: { (10 + 2 * $0.normal(), 0) }, truth: 10,
    counts: [12, 20, 60], cells: 4)

  static let means =
    [normal, cells]
    + [0.3, 0.5, 1].map { logNormal($0, "mean: x, scale: logarithmic", exp(5 + $0 * $0 / 2)) }

  @Test(arguments: means)
  func intervalsOfMeansHoldTheMeanNineteenTimesOfTwenty(tested: Case) throws { try check(tested) }

  // MARK: Shares

  /// On average over shares, Wilson's interval holds the share 95 times of 100. It does not do so
  /// for each single share.
  @Test func intervalsOfSharesHoldThemNineteenTimesOfTwenty() throws {
    let quantity = try Self.quantity("share: x == 1")
    for count in [5, 10, 20, 60] {
      var generator = SplitMix64(state: UInt64(count))
      let samples = Self.asked ?? 1000
      var hits = 0
      for sample in 0..<samples {
        let share = generator.unit()
        let runs = (0..<count).map { place in
          ValueRun(x: generator.unit() < share ? 1 : 0, seed: sample * count + place).observation
        }
        if try Self.interval(of: quantity, runs).contains(share) { hits += 1 }
      }
      report(hits, of: samples, count: count, "share, uniform shares", limits: 93...97)
    }
  }

  // MARK: Other statistics

  /// x is normal with deviation 1; y = 0.7 x + 0.714 times another normal value.
  private static func pairs(_ quantity: String, _ truth: Double, _ limits: ClosedRange<Double>)
    -> Case
  {
    Case(
      values: "binormal, r = 0.7", quantity: quantity,
      draw: { generator in
        let x = generator.normal()
        return (10 + x, 20 + 0.7 * x + 0.51.squareRoot() * generator.normal())
      }, truth: truth, limits: limits)
  }

  private static func normals(_ quantity: String, _ truth: Double, _ limits: ClosedRange<Double>)
    -> Case
  {
    Case(
      values: "normal", quantity: quantity, draw: normal.draw, truth: truth, limits: limits)
  }

  /// The limits follow from 2000 samples of each. Intervals of medians hold the true value 94 to 98
  /// times of 100 (there are few order statistics to choose from), spreads of normal values 92 to
  /// 95, correlations and R² 94 to 98, lines 94 to 95. Spreads of log-normal values do worse the
  /// wider they are, because a small sample lacks the tail that makes up most of the spread. The
  /// plain mean of log-normal values shows what `scale: logarithmic` is for.
  static let others =
    [
      normals("median: x", 10, 93...98.5), logNormal(0.5, "median: x", exp(5), 93...98.5),
      normals("deviation: x", 2, 91...96), normals("variation: x", 0.2, 91...96),
      logNormal(0.3, "variation: x", (exp(0.09) - 1).squareRoot(), 90...95),
      logNormal(0.5, "variation: x", (exp(0.25) - 1).squareRoot(), 85...94),
      logNormal(0.5, "mean: x", exp(5.125), 88...96), logNormal(1, "mean: x", exp(5.5), 78...94),
      pairs("correlation: {x: x, y: y}", 0.7, 93...98.5),
      pairs("r_squared: {x: x, y: y}", 0.49, 93...98.5), pairs("slope: {x: x, y: y}", 0.7, 92...97),
      pairs("ratio: {of: y, to: x}", 2, 92...97),
      pairs("exponent: {x: exp(x), y: exp(y)}", 0.7, 92...97),
    ]

  @Test(arguments: others)
  func intervalsOfOtherFiguresHoldThemAsOftenAsIsSaid(tested: Case) throws { try check(tested) }

  // MARK: Counting

  private static let asked = ProcessInfo.processInfo.environment["COVERAGE"].flatMap { Int($0) }

  private static func quantity(_ text: String) throws -> Quantity {
    try ClaimsFile.asking(text).claims[0].beside[0]
  }

  private static func interval(of quantity: Quantity, _ runs: [Observation]) throws
    -> ClosedRange<Double>
  {
    try #require(quantity.estimate(from: Evidence(["all": runs]))?.interval).range
  }

  private func check(_ tested: Case) throws {
    let quantity = try Self.quantity(tested.quantity)
    // In a debug build a bootstrap takes a hundred times as long as a test should.
    for count in tested.counts where Self.asked != nil || count <= tested.largestInShortForm {
      var generator = SplitMix64(state: UInt64(count))
      let samples = Self.asked ?? (count < Interval.bootstrapValues ? 400 : 100)
      var hits = 0
      for sample in 0..<samples {
        let runs = (0..<count).map { place in
          let (x, y) = tested.draw(&generator)
          return ValueRun(
            x: x, y: y, group: Double(place % tested.cells), seed: sample * count + place
          ).observation
        }
        if try Self.interval(of: quantity, runs).contains(tested.truth) { hits += 1 }
      }
      report(hits, of: samples, count: count, tested.testDescription, limits: tested.limits)
    }
  }

  private func report(
    _ hits: Int, of samples: Int, count: Int, _ name: String, limits: ClosedRange<Double>
  ) {
    let percent = 100 * Double(hits) / Double(samples)
    if Self.asked != nil {
      print("coverage: n = \(count): \(String(format: "%.1f", percent)) %: \(name)")
    }
    // Three standard errors of a share of 0.95, and half a sample.
    let slack = 100 * (3 * (0.95 * 0.05 / Double(samples)).squareRoot() + 0.5 / Double(samples))
    let allowed = limits.lowerBound - slack...min(100, limits.upperBound + slack)
    #expect(allowed.contains(percent), "n = \(count): \(percent) %: \(name)")
  }
}

extension SplitMix64 {
  /// Uniform in [0, 1).
  fileprivate mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Of mean 0 and deviation 1 (Box and Muller, 1958).
  fileprivate mutating func normal() -> Double {
    let radius = (-2 * log(1 - unit())).squareRoot()
    return radius * cos(2 * .pi * unit())
  }
}
