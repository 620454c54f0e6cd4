import RunRecords
import Testing

@testable import Analysis

@Suite struct DecisionTests {
  private func band(_ limits: Band.Limits) -> Band { Band(limits: limits, source: "ours") }

  private func estimate(
    _ value: Double, _ range: ClosedRange<Double>? = nil, by method: Interval.Method = .student,
    count: Int = 10, runs: Int = 10, planned: Int? = nil
  ) -> Estimate {
    Estimate(
      value: value, interval: range.map { Interval(range: $0, method: method) }, count: count,
      trajectoryCount: count,
      plannedCount: planned, sources: [], runCount: runs)
  }

  private func decision(_ estimate: Estimate?, _ limits: Band.Limits, asItIs: Bool = false)
    -> Decision
  {
    Decision(estimate, in: band(limits), asItIs: asItIs)
  }

  // MARK: Bands

  @Test func aBandIsAroundAValueOrBetweenTwo() {
    #expect(band(.share(0.15, around: 1000)).edges == (850, 1150))
    #expect(band(.share(0.5, around: -4)).edges == (-6, -2))
    #expect(band(.distance(0.1, around: 0.91)).edges == (0.91 - 0.1, 0.91 + 0.1))
    #expect(band(.between(430, 630)).edges == (430, 630))
    #expect(band(.atLeast(7.5)).edges == (7.5, nil))
    #expect(band(.below(1)).edges == (nil, 1))
  }

  /// The edge is inside, except where the band says "above" or "below".
  @Test(
    arguments: [
      (Band.Limits.atLeast(2), true), (.atMost(2), true), (.between(1, 2), true),
      (.above(2), false),
      (.below(2), false), (.exactly(2), true),
    ] as [(Band.Limits, Bool)])
  func whetherTheEdgeIsInside(limits: Band.Limits, isInside: Bool) {
    #expect(band(limits).contains(2) == isInside)
  }

  // MARK: By the interval

  @Test func theIntervalDecidesAndNotTheValue() {
    let limits = Band.Limits.between(10, 20)
    #expect(decision(estimate(15, 12...18), limits) == .holds)
    #expect(decision(estimate(15, 10...20), limits) == .holds)
    #expect(decision(estimate(25, 21...30), limits) == .fails)
    #expect(decision(estimate(5, 1...9), limits) == .fails)
    // The value is inside, and the interval is not.
    #expect(decision(estimate(15, 9...18), limits) != .holds)
    #expect(decision(estimate(25, 19...31), limits) != .fails)
    #expect(decision(estimate(15, 5...25), limits) != .holds)
  }

  @Test func oneSidedBandsHaveOneEdge() {
    #expect(decision(estimate(8, 7.5...9), .atLeast(7.5)) == .holds)
    #expect(decision(estimate(8, 7.4...9), .atLeast(7.5)) != .holds)
    #expect(decision(estimate(7, 6...7.4), .atLeast(7.5)) == .fails)
    #expect(decision(estimate(1, 0.5...1), .above(1)) == .fails)
    #expect(decision(estimate(2, 1...3), .above(1)) == .open(needed: 11))
    #expect(decision(estimate(2, 1.1...3), .above(1)) == .holds)
    #expect(decision(estimate(0.5, 0.1...0.9), .below(1)) == .holds)
    #expect(decision(estimate(1.5, 1...2), .below(1)) == .fails)
  }

  // MARK: How many values would decide

  /// n · (reach of the interval ÷ distance to the edge)², rounded up.
  @Test(
    arguments: [
      // Half width 4, distance 2: four times as many.
      (12.0, 8.0, 16.0, 10, 40), (12, 8, 16, 7, 28),
      // Half width 3, distance 2: 10 · 2.25 = 22.5.
      (12, 9, 15, 10, 23),
      // To the upper edge.
      (19, 17, 21, 5, 20),
      // From outside: half width 3, distance 2.
      (22, 19, 25, 10, 23),
      // A reach of 2.1 and a distance of 2 below: 10 · 1.1025.
      (12, 9.9, 13.9, 10, 12),
      // The upper edge is nearer, but the interval reaches far below: 10 · (10 / 5.5)².
      (15.5, 5.5, 20.5, 10, 34),
      // From outside, what counts is the side of the band: 10 · (1 / 0.5)², 10 · (1.5 / 1)².
      (9.5, 0, 10.5, 10, 40), (21, 19.5, 40, 10, 23),
    ] as [(Double, Double, Double, Int, Int)])
  func theNumberOfValuesThatWouldDecideIsKnown(
    value: Double, low: Double, high: Double, count: Int, needed: Int
  ) {
    #expect(
      decision(estimate(value, low...high, count: count), .between(10, 20)) == .open(needed: needed)
    )
  }

  @Test func moreThanAThousandIsNoNumber() {
    // Half width 5, distance 0.5: a hundred times as many.
    #expect(decision(estimate(10.5, 5.5...15.5), .between(10, 20)) == .open(needed: 1000))
    #expect(decision(estimate(10.5, 5.5...15.5, count: 11), .between(10, 20)) == .open(needed: nil))
    // On the edge, no number of values decides.
    #expect(decision(estimate(10, 8...12), .between(10, 20)) == .open(needed: nil))
  }

  /// A share needs as many values as make Wilson's interval of the same share fit the band. From
  /// scipy 1.17's binomtest(0, n).proportion_ci(method="wilson"): for 0 of n the upper end is at
  /// most 0.1 from n = 35 on, and so for n of n the lower end is at least 0.9.
  @Test func aShareNeedsWhatWilsonSays() {
    let estimate = Estimate(
      value: 0, interval: Interval.ofShare(hits: 0, of: 5), count: 5, trajectoryCount: 5,
      plannedCount: nil,
      sources: [], runCount: 5)
    #expect(Decision(estimate, in: band(.atMost(0.1)), asItIs: false) == .open(needed: 35))
    let all = Estimate(
      value: 1, interval: Interval.ofShare(hits: 5, of: 5), count: 5, trajectoryCount: 5,
      plannedCount: nil, sources: [], runCount: 5)
    #expect(Decision(all, in: band(.atLeast(0.9)), asItIs: false) == .open(needed: 35))
    // When the share lies on the edge, its interval never leaves the edge.
    let half = Estimate(
      value: 0.5, interval: Interval.ofShare(hits: 5, of: 10), count: 10, trajectoryCount: 10,
      plannedCount: nil, sources: [], runCount: 10)
    #expect(Decision(half, in: band(.atLeast(0.5)), asItIs: false) == .open(needed: nil))
  }

  // MARK: Without an interval

  @Test func missingRunsDecideNothing() {
    let found = estimate(15, 14...16, runs: 8, planned: 10)
    #expect(decision(found, .between(10, 20)) == .incomplete(runs: 8, planned: 10))
    #expect(decision(found, .exactly(15), asItIs: true) == .incomplete(runs: 8, planned: 10))
    #expect(decision(estimate(15, 14...16, runs: 12, planned: 10), .between(10, 20)) == .holds)
    #expect(decision(nil, .between(10, 20)) == .notTested)
  }

  @Test func fewerThanFiveValuesDecideNothing() throws {
    #expect(decision(estimate(15, count: 4), .between(10, 20)) == .noInterval(values: 4))
  }

  @Test func plainValuesAreComparedAsTheyAre() {
    #expect(decision(estimate(5), .exactly(5), asItIs: true) == .holds)
    #expect(decision(estimate(4), .exactly(5), asItIs: true) == .fails)
    #expect(decision(estimate(-0.1), .atLeast(0), asItIs: true) == .fails)
    // Even when there is an interval.
    #expect(decision(estimate(5, 3...8), .exactly(5), asItIs: true) == .holds)
  }

  // MARK: Verdicts

  private func result(
    _ headlines: [Estimate?], _ published: [Estimate?] = [], untestable: String? = nil
  ) -> ClaimResult {
    let limits = band(.between(10, 20))
    func lines(_ estimates: [Estimate?], _ role: ClaimResult.Role) throws -> [ClaimResult.Line] {
      try estimates.map { estimate in
        var quantity = try ClaimsFile.asking("mean: x").claims[0].beside[0]
        quantity.band = limits
        return ClaimResult.Line(role: role, quantity: quantity, recomputed: nil, ours: estimate)
      }
    }
    let claim = Claim(
      id: 1, statement: "", headlines: [], secondaries: [], beside: [],
      untestableReason: untestable, notes: [])
    return ClaimResult(
      claim: claim, lines: try! lines(headlines, .headline) + lines(published, .published))
  }

  @Test func aVerdictIsAsStrictAsItsHeadlines() {
    let (inside, outside, across) = (
      estimate(15, 14...16), estimate(25, 24...26), estimate(15, 9...21)
    )
    #expect(result([inside]).verdict == .reproduced)
    #expect(result([inside, inside]).verdict == .reproduced)
    #expect(result([outside]).verdict == .notReproduced)
    #expect(result([inside, outside]).verdict == .notReproduced)
    #expect(result([across, outside]).verdict == .notReproduced)
    #expect(result([across]).verdict == .undetermined)
    #expect(result([inside, across]).verdict == .undetermined)
    #expect(result([estimate(15, count: 3)]).verdict == .undetermined)
    #expect(result([estimate(15, 14...16, runs: 3, planned: 5)]).verdict == .undetermined)
    #expect(result([nil]).verdict == .notTested)
    #expect(result([inside, nil]).verdict == .notTested)
    #expect(result([], untestable: "a count that was chosen").verdict == .notTestable)
  }

  @Test func inPartIsOnlyWhatHoldsWithASecondaryThatDoesNot() {
    let (inside, outside, across) = (
      estimate(15, 14...16), estimate(25, 24...26), estimate(15, 9...21)
    )
    #expect(result([inside], [outside]).verdict == .inPart)
    #expect(result([inside], [inside, outside, across]).verdict == .inPart)
    // A secondary that is open, missing or has few values takes nothing away.
    #expect(result([inside], [across, nil, estimate(15, count: 2)]).verdict == .reproduced)
    #expect(result([across], [outside]).verdict == .undetermined)
    #expect(result([outside], [inside]).verdict == .notReproduced)
  }
}
