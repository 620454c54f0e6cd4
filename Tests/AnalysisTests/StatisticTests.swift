import Testing

@testable import Analysis

@Suite struct StatisticTests {
  let samples = ClaimsFixture.stored.samples

  /// A statistic as a file of claims writes it.
  private func text(_ name: String, options: String = "") -> String {
    switch name {
    case "ratio": "ratio: {of: y, to: x}"
    case "slope", "intercept", "correlation", "r_squared", "exponent":
      "\(name): {x: x, y: y\(options)}"
    default: "\(name): x"
    }
  }

  @Test func eachStatisticEqualsNumpysAndScipys() throws {
    for sample in samples {
      for (name, expected) in sample.statistics {
        let found = try estimate(text(name), of: sample.runs.map(\.observation))
        #expect(relativeError(found?.value, expected) < 1e-9, "\(name)")
        #expect(found?.count == sample.x.count)
      }
      #expect(sample.statistics.count == 12)
    }
  }

  @Test func linesGoThroughTheMeansOfGroupsOrThroughTheDistancesToThem() throws {
    for sample in samples {
      let runs = sample.runs.map(\.observation)
      for (name, expected) in sample.groups.between {
        let found = try estimate(text(name, options: ", between: g"), of: runs)
        #expect(relativeError(found?.value, expected) < 1e-8, "\(name)")
      }
      // The line through distances from means has no intercept, apart from rounding.
      for (name, expected) in sample.groups.within where name != "intercept" {
        let found = try estimate(text(name, options: ", within: g"), of: runs)
        #expect(relativeError(found?.value, expected) < 1e-9, "\(name)")
      }
    }
  }

  @Test func groupsAreMadeOneNumber() throws {
    for sample in samples {
      let runs = sample.runs.map(\.observation)
      for (name, expected) in sample.groups.then {
        // The order of the runs does not matter.
        for order in [runs, runs.reversed()] {
          let found = try estimate("mean: x, by: g, then: \(name)", of: order)
          #expect(relativeError(found?.value, expected) < 1e-9, "\(name)")
        }
      }
      #expect(sample.groups.then.count == Statistic.Combination.allCases.count)
    }
  }

  @Test func oneGroupIsNotCompared() throws {
    #expect(try estimate("mean: x, by: g, then: range", of: ValueRun.cell([1, 2, 3])) == nil)
  }

  @Test func countsAndSharesAreOfConditions() throws {
    let runs = ValueRun.cell([1, 2, 3, 4, 5, nil, 7, nil])
    // A missing value is not counted, and is left out of a share.
    #expect(try estimate("count: x > 2", of: runs)?.value == 4)
    #expect(try estimate("count: x > 2", of: runs)?.count == 8)
    let share = try estimate("share: x > 2", of: runs)
    #expect(relativeError(share?.value, 4.0 / 6) < 1e-15 && share?.count == 6)
    #expect(try estimate("distinct: x", of: ValueRun.cell([1, 2, 2, nil, 1]))?.value == 2)
    #expect(try estimate("distinct: task.name", of: runs)?.value == 1)
  }

  @Test func theMedianOfTimesThatDidNotAllComeIsKaplanAndMeiers() throws {
    // Events at 1, 2 and 4; 3 and 5 are censored. Survival is 4/5, 3/5, and 3/5 · 1/2 = 0.3 at 4.
    let runs = zip([1.0, 2, 3, 4, 5], [1.0, 1, 0, 1, 0]).enumerated().map {
      ValueRun(x: $1.0, y: $1.1, seed: $0).observation
    }
    let found = try estimate("censored_median: {time: x, observed: y == 1}", of: runs)
    #expect(found?.value == 4 && found?.count == 5)
    let never = try estimate("censored_median: {time: x, observed: y > 1}", of: runs)
    #expect(never == nil)
  }

  @Test func whatLacksAValueIsLeftOutAndNothingHasNone() throws {
    let runs = ValueRun.cell([1, nil, 3])
    #expect(try estimate("mean: x", of: runs)?.value == 2)
    #expect(try estimate("mean: x", of: runs)?.count == 2)
    #expect(try estimate("mean: x", of: runs)?.runCount == 3)
    #expect(try estimate("mean: x", of: runs, joined: [])?.interval == nil)
    for text in ["mean: y", "slope: {x: x, y: y}", "ratio: {of: x, to: y}", "mean: 1 / 0"] {
      #expect(try estimate(text, of: runs) == nil, "\(text)")
    }
    #expect(try estimate("mean: x", of: []) == nil)
    #expect(try estimate("mean: x, where: x > 9", of: runs) == nil)
    #expect(try estimate("ratio: {of: x, to: x - 2}", of: ValueRun.cell([1, 3])) == nil)
    // Where x is one value there is no line, and where the mean is 0 no variation.
    #expect(try estimate("slope: {x: g, y: x}", of: runs) == nil)
    #expect(try estimate("variation: x", of: ValueRun.cell([-1, 1])) == nil)
    // A power law is fitted to positive values only.
    let signed = [(1.0, 1.0), (2, 4), (-1, 5), (3, 0), (4, 16)].enumerated().map {
      ValueRun(x: $1.0, y: $1.1, seed: $0).observation
    }
    let law = try estimate("exponent: {x: x, y: y}", of: signed)
    #expect(relativeError(law?.value, 2) < 1e-14 && law?.count == 3)
  }

  @Test func aConditionSelectsRuns() throws {
    let runs = (1...6).map {
      ValueRun(x: Double($0), group: $0 < 4 ? 53 : 67, seed: $0).observation
    }
    let found = try estimate("mean: x, where: g == 53 and x > 1", of: runs)
    #expect(found?.value == 2.5 && found?.count == 2 && found?.sources == ["53.0 2", "53.0 3"])
  }

  @Test func groupsComeInAscendingOrderOfTheirKeys() throws {
    func items(_ keys: [Value]) -> [Value] {
      keys.map { key in
        var item = SampleItem(run: 0, cell: 0)
        item.key = key
        return item
      }.grouped(by: \.key).map(\.key)
    }
    #expect(
      items([.truth(true), .text("b"), .number(10), .text("a"), .number(9), .truth(false)])
        == [.number(9), .number(10), .text("a"), .text("b"), .truth(false), .truth(true)])
  }
}
