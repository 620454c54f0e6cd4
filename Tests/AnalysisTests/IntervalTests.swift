import Testing

@testable import Analysis

@Suite struct IntervalTests {
  let fixture = ClaimsFixture.stored

  // MARK: Distributions

  @Test func studentsQuantilesAreScipys() {
    for (place, expected) in fixture.studentQuantiles.enumerated() {
      let found = StudentDistribution.upper(place + 1)
      #expect((found - expected).magnitude < 1e-5, "\(place + 1) degrees of freedom")
    }
    #expect(fixture.studentQuantiles.count == 200)
    // With many degrees of freedom it is the normal's quantile.
    #expect((StudentDistribution.upper(1_000_000) - NormalDistribution.upper).magnitude < 1e-5)
  }

  @Test func theNormalsTailIsScipys() {
    for row in fixture.normalTails {
      #expect((NormalDistribution.tail(beyond: row[0]) - row[1]).magnitude < 7.5e-8)
    }
  }

  // MARK: Shares

  @Test func wilsonsIntervalIsScipys() throws {
    for row in fixture.wilson {
      let found = try #require(Interval.ofShare(hits: row[0], of: Int(row[1])))
      #expect(found.method == .wilson)
      #expect((found.range.lowerBound - row[2]).magnitude < 1e-9, "\(row)")
      #expect((found.range.upperBound - row[3]).magnitude < 1e-9, "\(row)")
    }
    #expect(Interval.ofShare(hits: 4, of: 4) == nil)
  }

  /// Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  @Test(arguments: [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
    (1, 29, 0.0061, 0.1718),
  ])
  func wilsonsIntervalIsThePublishedOne(hits: Int, n: Int, low: Double, high: Double) throws {
    let found = try #require(Interval.ofShare(hits: Double(hits), of: n)).range
    #expect((found.lowerBound - low).magnitude < 5e-5 && (found.upperBound - high).magnitude < 5e-5)
  }

  // MARK: Means

  @Test func aMeanOfFewHasStudentsInterval() throws {
    for sample in fixture.samples {
      let found = try #require(try estimate("mean: x", of: ValueRun.cell(sample.x))?.interval)
      #expect(found.method == .student)
      #expect(relativeError(found.range.lowerBound, sample.student[0]) < 1e-5)
      #expect(relativeError(found.range.upperBound, sample.student[1]) < 1e-5)
    }
  }

  @Test func aMeanOfTimesHasCoxsInterval() throws {
    for sample in fixture.samples {
      let found = try #require(
        try estimate("mean: x, scale: logarithmic", of: ValueRun.cell(sample.x))?.interval)
      #expect(found.method == .logarithms)
      #expect(relativeError(found.range.lowerBound, sample.cox[0]) < 1e-5)
      #expect(relativeError(found.range.upperBound, sample.cox[1]) < 1e-5)
    }
    // A value that is not positive has no logarithm; then the interval is Student's.
    let found = try estimate("mean: x, scale: logarithmic", of: ValueRun.cell([1, 2, 3, 4, 0]))
    #expect(found?.interval?.method == .student)
  }

  @Test func jackknifesAreThoseOfTheDefinition() throws {
    let texts = [
      "variation": "variation: x", "deviation": "deviation: x", "ratio": "ratio: {of: y, to: x}",
      "slope": "slope: {x: x, y: y}", "correlation": "correlation: {x: x, y: y}",
    ]
    for sample in fixture.samples {
      // All runs are of one cell, so they are resampled together.
      let runs = sample.x.indices.map {
        ValueRun(x: sample.x[$0], y: sample.y[$0], seed: $0).observation
      }
      for (name, expected) in sample.jackknife {
        let text = try #require(texts[name])
        let found = try #require(try estimate(text, of: runs)?.interval)
        #expect(found.method == .jackknife)
        // Relative to the width, because an end may lie near 0.
        let width = expected[1] - expected[0]
        #expect((found.range.lowerBound - expected[0]).magnitude < 1e-5 * width, "\(name)")
        #expect((found.range.upperBound - expected[1]).magnitude < 1e-5 * width, "\(name)")
      }
    }
  }

  @Test func theMediansIntervalIsOfOrderStatistics() throws {
    for row in fixture.orderStatistics {
      // Not in ascending order: 23 has no divisor in common with any count.
      let values = (0..<row[0]).map { Double($0 * 23 % row[0]) }
      let found = try #require(try estimate("median: x", of: ValueRun.cell(values))?.interval)
      #expect(found.method == .orderStatistics)
      #expect(found.range == Double(row[1])...Double(row[0] - 1 - row[1]), "n = \(row[0])")
    }
  }

  // MARK: Which method

  @Test func fewerThanFiveValuesHaveNone() throws {
    for text in [
      "mean: x", "median: x", "share: x > 2", "variation: x", "mean: x, scale: logarithmic",
    ] {
      #expect(try estimate(text, of: ValueRun.cell([1, 2, 3, 4]))?.interval == nil)
      #expect(try estimate(text, of: ValueRun.cell([1, 2, 3, 4, 6]))?.interval != nil)
    }
  }

  @Test func fromTwentyValuesOnTheBootstrapIsUsed() throws {
    let values = (0..<20).map { Double($0 * $0) }
    for text in ["mean: x", "median: x", "slope: {x: x, y: seed}"] {
      let few = try estimate(text, of: ValueRun.cell(Array(values.dropLast())))
      #expect(few?.interval != nil && few?.interval?.method != .bootstrap)
      #expect(try estimate(text, of: ValueRun.cell(values))?.interval?.method == .bootstrap)
    }
    #expect(try estimate("share: x > 9", of: ValueRun.cell(values))?.interval?.method == .wilson)
    for text in ["deviation: x", "variation: x"] {
      #expect(try estimate(text, of: ValueRun.cell(values))?.interval?.method == .jackknife)
    }
  }

  @Test(arguments: ["min: x", "max: x", "count: x > 1", "distinct: x"])
  func whatResamplingSaysNothingOfHasNone(text: String) throws {
    for count in [10, 30] {
      let found = try estimate(text, of: ValueRun.cell((0..<count).map { Double($0) }))
      #expect(found != nil && found?.interval == nil)
    }
  }

  @Test(arguments: ["count: x > 1", "share: x > 1"])
  func aNumberOfGroupsOfOnesHasNone(text: String) throws {
    let found = try estimate(
      "\(text), by: seed > 5, then: ratio", of: ValueRun.cell((1...30).map { Double($0) }))
    #expect(found != nil && found?.interval == nil)
  }

  /// Where nothing varies, the interval is the value to the bit, on each scale.
  @Test(arguments: [0.1, 3, 5, 7, 800])
  func equalValuesHaveThatValueForTheirInterval(value: Double) throws {
    for text in [
      "mean: x", "mean: x, scale: logarithmic", "median: x", "ratio: {of: x, to: x / x}",
      "mean: x, scale: logarithmic, by: seed > 3, then: max",
    ] {
      for count in [6, 30] {
        let found = try estimate(text, of: ValueRun.cell(Array(repeating: value, count: count)))
        #expect(found?.value == value && found?.interval?.range == value...value, "\(text)")
      }
    }
  }

  /// The least mean of groups of resamples lies below that of the sample.
  @Test func anIntervalHasItsValueInIt() throws {
    let runs = (0..<24).map { place in
      ValueRun(
        x: 100 + 40 * Double(place * 7 % 12), group: place < 12 ? 97 : 101, seed: place / 2
      )
      .observation
    }
    for text in ["then: min", "then: max"] {
      let found = try #require(try estimate("mean: x, by: seed, \(text)", of: runs))
      #expect(found.interval?.range.contains(found.value) == true, "\(text)")
    }
  }

  /// The bootstrap's seed comes from the quantity and its runs.
  @Test func anIntervalDependsOnItsNameAndRunsAlone() throws {
    let runs = ValueRun.cell((0..<25).map { Double($0 * $0) })
    let file = try ClaimsFile.asking("mean: x")
    var quantity = file.claims[0].beside[0]
    let first = quantity.estimate(from: Evidence(["all": runs]))?.interval
    let others = [ValueRun(x: 9, seed: 77).observation]
    #expect(quantity.estimate(from: Evidence(["all": runs, "others": others]))?.interval == first)
    quantity.name = "another"
    #expect(quantity.estimate(from: Evidence(["all": runs]))?.interval != first)
  }

  /// Two cells that lie far apart. Each is resampled by itself, so only the spread within the cells
  /// makes the interval of the mean wide.
  @Test func cellsAreResampledByThemselves() throws {
    for count in [5, 15] {
      let runs = [(53.0, 0.0), (97, 1000)].flatMap { group, start in
        (0..<count).map { ValueRun(x: start + Double($0 % 5), group: group, seed: $0).observation }
      }
      let interval = try #require(try estimate("mean: x", of: runs)?.interval)
      let width = interval.range.upperBound - interval.range.lowerBound
      // Values 0 to 4 have a deviation of 1.41; without cells it would be 500.
      #expect(width > 0.5 && width < 3, "\(width)")
      #expect(interval.range.contains(502))
    }
  }

  /// The bounds are from numpy: the mean of 1, 2, 4 and 10, 13, 19, 22 has the variance Σ n_h s_h²
  /// / n², with 3 degrees of freedom by Satterthwaite.
  @Test func aMeanOfTwoCellsHasTheVarianceOfAStratifiedSample() throws {
    let cells: [Double: [Double]] = [53: [1, 2, 4], 97: [10, 13, 19, 22]]
    var runs: [Observation] = []
    for (group, values) in cells.sorted(by: { $0.key < $1.key }) {
      for (seed, x) in values.enumerated() {
        runs.append(ValueRun(x: x, group: group, seed: seed).observation)
      }
    }
    let range = try #require(try estimate("mean: x", of: runs)?.interval).range
    #expect(relativeError(range.lowerBound, 5.0193787928954805) < 1e-6)
    #expect(relativeError(range.upperBound, 15.266335492818804) < 1e-6)
    // Among means of groups, each value counts in its own group.
    let ratio = try estimate("mean: x, by: g, then: ratio", of: runs)?.interval
    #expect(ratio?.method == .jackknife)
  }

  @Test(arguments: [1e-150, 1e-90, 1e-40, 1.0, 1e40, 1e90, 1e150])
  func intervalsOfSmallAndLargeNumbersAreNumbers(scale: Double) throws {
    let runs = ValueRun.cell([1.0, 2, 4, 7, 11].map { $0 * scale })
    let found = try #require(try estimate("mean: x", of: runs)?.interval).range
    let plain = try #require(
      try estimate("mean: x", of: ValueRun.cell([1.0, 2, 4, 7, 11]))?.interval
    ).range
    #expect(relativeError(found.lowerBound, plain.lowerBound * scale) < 1e-9)
    #expect(relativeError(found.upperBound, plain.upperBound * scale) < 1e-9)
  }

  @Test func whatOverflowsHasNoInterval() throws {
    // The squares are too small to represent.
    let small = ValueRun.cell([1, 2, 4, 7, 11].map { $0 * 1e-200 })
    #expect(try estimate("mean: x", of: small)?.interval == nil)
    let runs = ValueRun.cell([1e308, 1e307, 1e306, 3e307, 2e307])
    #expect(try estimate("mean: x / 10", of: runs)?.interval == nil)
    let wide = ValueRun.cell([1e-300, 1e300, 1, 1e-200, 1e200])
    #expect(try estimate("mean: x, scale: logarithmic", of: wide)?.interval == nil)
  }
}
