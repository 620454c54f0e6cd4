import Testing

@testable import Analysis

@Suite struct StatisticsTests {
  let fixture = StatisticsFixture.stored

  @Test func exponentialFitsReachScipysOptimum() throws {
    for (index, expected) in fixture.exponentials.enumerated() {
      let fit = try #require(
        ExponentialFit(
          normDecay: expected.values, times: expected.times, decay: expected.decay))
      #expect(relativeError(fit.amplitude, expected.amplitude) < 1e-8, "fit \(index)")
      #expect(relativeError(fit.exponent, expected.exponent) < 1e-8, "fit \(index)")
      // Where the floor is on its bound, scipy gives a number near zero: its iterates stay inside.
      #expect(
        (fit.floor - expected.floor).magnitude
          <= 1e-8 * max(expected.floor, 1e-4 * expected.amplitude), "fit \(index)")
      #expect(relativeError(fit.rSquared, expected.rSquared) < 1e-8, "fit \(index)")
    }
    #expect(fixture.exponentials.count >= 10)
  }

  @Test func exponentialFitsNeedFivePointsAndASensibleDecay() {
    let four: [Double] = [4, 3, 2, 1]
    #expect(ExponentialFit(normDecay: four, times: [0, 1, 2, 3], decay: 1e-3) == nil)
    let five: [Double] = [5, 4, 3, 2, 1]
    #expect(ExponentialFit(normDecay: five, times: [0, 1, 2, 3, 4], decay: 1e-3) != nil)
    #expect(ExponentialFit(normDecay: five, times: [0, 1, 2, 3, 4], decay: 0.5) == nil)
  }

  @Test func aRisingNormStaysWithinTheBounds() throws {
    let times = (0..<20).map { 200 * Double($0) }
    let values = [600] + (1..<20).map { 700 + Double($0) }
    let fit = try #require(ExponentialFit(normDecay: values, times: times, decay: 2e-3))
    #expect(fit.floor <= 660 && fit.amplitude >= 0 && (-1...0).contains(fit.exponent))
    // The start, 0.9 V_end, would lie above the highest floor, 1.1 V_0: scipy refuses that too.
    let steep = values.map { $0 == 600 ? 550 : $0 }
    #expect(ExponentialFit(normDecay: steep, times: times, decay: 2e-3) == nil)
  }

  @Test func linesEqualScipys() throws {
    for expected in fixture.lines {
      let fit = try #require(LinearFit(x: expected.x, y: expected.y))
      #expect(relativeError(fit.slope, expected.slope) < 1e-8)
      #expect(relativeError(fit.intercept, expected.intercept) < 1e-8)
      #expect(relativeError(fit.correlation, expected.r) < 1e-8)
      #expect(relativeError(fit.slopeStandardError, expected.error) < 1e-8)
      let power = try #require(LinearFit.powerLaw(x: expected.x, y: expected.powerY))
      #expect(relativeError(power.slope, expected.exponent) < 1e-8)
      #expect(relativeError(power.slopeStandardError, expected.exponentError) < 1e-8)
    }
  }

  @Test func noLineThroughOnePointOrOneColumn() throws {
    #expect(LinearFit(x: [1], y: [2]) == nil)
    #expect(LinearFit(x: [1, 1], y: [2, 3]) == nil)
    #expect(LinearFit.powerLaw(x: [1, 2], y: [0, 1]) == nil)
    let level = try #require(LinearFit(x: [1, 2, 3], y: [5, 5, 5]))
    #expect(level.slope == 0 && level.correlation == nil && level.rSquared == nil)
  }

  @Test func permutationsAreNumpys() {
    for expected in fixture.permutations {
      var generator = MersenneTwister(seed: expected.seed)
      #expect(generator.permutation(expected.count) == expected.order)
    }
  }

  @Test func ransacEqualsScikitLearnsForEveryRandomState() throws {
    for expected in fixture.ransacs {
      for (state, expectedState) in expected.states.enumerated() {
        let found = try #require(
          RANSAC(x: expected.x, y: expected.y, randomState: UInt32(state)))
        #expect(found.inliers == expectedState.inliers)
        #expect(relativeError(found.fit.slope, expectedState.slope) < 1e-8)
        #expect(relativeError(found.fit.intercept, expectedState.intercept) < 1e-8)
        #expect(relativeError(found.rSquaredOnAll, expectedState.score) < 1e-8)
      }
    }
  }

  @Test func summariesEqualNumpys() {
    for expected in fixture.samples {
      #expect(relativeError(expected.values.mean, expected.mean) < 1e-8)
      #expect(relativeError(expected.values.standardDeviation, expected.deviation) < 1e-8)
      #expect(relativeError(expected.values.median, expected.median) < 1e-8)
      #expect(relativeError(expected.values.variationCoefficient, expected.variation) < 1e-8)
      for (percent, value) in expected.percentiles {
        #expect(relativeError(expected.values.percentile(Double(percent)!), value) < 1e-8)
      }
    }
    #expect([Double]().mean == nil && [Double]().median == nil)
    // Equal values do not vary, though the sum of them is rounded.
    let equal = [Double](repeating: 4260.07, count: 200)
    #expect(equal.reduce(0, +) / 200 != 4260.07)
    #expect(equal.mean == 4260.07 && equal.standardDeviation == 0)
    #expect(LinearFit(x: equal, y: (0..<200).map(Double.init)) == nil)
    #expect([0.1, .infinity].mean == .infinity && [0.1, .nan].mean!.isNaN)
    // The difference of two values may overflow.
    let greatest = Double.greatestFiniteMagnitude
    #expect([greatest, -greatest].median == 0)
    #expect([-greatest, greatest, greatest].percentile(50) == greatest)
  }

  @Test func mediansWithCensoringEqualScipys() {
    for expected in fixture.survivals {
      let durations = zip(expected.times, expected.observed).map {
        KaplanMeier.Duration(time: $0, isObserved: $1)
      }
      #expect(KaplanMeier.median(durations) == expected.median)
    }
    #expect(fixture.survivals.contains { $0.median == nil })
  }

  /// The percentiles of the plain bootstrap.
  private func interval(_ sample: [Double], seed: UInt64, of figure: ([Double]) -> Double?)
    -> ClosedRange<Double>?
  {
    Bootstrap.interval(
      of: sample, strata: [Array(sample.indices)], percent: 2.5, seed: seed, statistic: figure)
  }

  @Test func bootstrapIsDeterministicAndCoversTheStandardError() throws {
    let sample = fixture.samples[4].values
    let found = try #require(interval(sample, seed: 1) { $0.mean })
    #expect(interval(sample, seed: 1) { $0.mean } == found)
    #expect(interval(sample, seed: 2) { $0.mean } != found)
    // The normal theory of a mean: 2 · 1.96 standard errors wide, here within a tenth.
    let width = 2 * 1.96 * sample.standardDeviation! / Double(sample.count).squareRoot()
    #expect(relativeError(found.upperBound - found.lowerBound, width) < 0.1)
    #expect(found.contains(sample.mean!))
  }

  @Test func bootstrapGivesNothingWhereThereIsNothing() {
    #expect(interval([1], seed: 1) { $0.mean } == nil)
    #expect(interval([1, 2], seed: 1) { _ in nil } == nil)
  }
}
