import Comparison
import Digests
import RunRecords
import Testing

@Suite struct TableDifferenceTests {
  static func table(
    _ steps: [Int], _ columns: KeyValuePairs<String, TraceTable.Values>
  ) throws -> TraceTable {
    try TraceTable(
      steps: steps, columns: columns.map { TraceTable.Column(name: $0.key, values: $0.value) })
  }

  @Test func equalTablesHaveNoDifference() throws {
    let table = try Self.table(
      [0, 5], ["a": .numbers([.nan, -0.0]), "b": .texts(["x", nil]), "c": .integers([nil, 3])])
    let difference = TableDifference(table, table)
    #expect(difference.isEqual)
    #expect(difference.commonSteps == 2)
    #expect(difference.comparedColumns == ["a", "b", "c"])
  }

  @Test func integersAndNumbersAreComparedByValue() throws {
    let integers = try Self.table([0, 1, 2, 3], ["a": .integers([1, -3, 0, (1 << 53) + 1])])
    let same = try Self.table([0, 1, 2, 3], ["a": .numbers([1, -3, 0, nil])])
    let difference = TableDifference(integers, same)
    #expect(difference.columns.map(\.first.step) == [3])
    let other = try Self.table([0, 1, 2, 3], ["a": .numbers([1, -3, -0.0, 0x1p53])])
    let column = try #require(TableDifference(integers, other).columns.first)
    // −0 is not 0, and 2^53 + 1 has no binary64 value.
    #expect(column.differingRows == 2)
    #expect(column.first == .init(step: 2, a: .integer(0), b: .number(-0.0)))
    #expect(column.first.distance == .number(0))
    #expect(column.first.ulps == 1)
  }

  @Test func theFirstAndTheLargestDistanceAreNamed() throws {
    let a = try Self.table([0, 10, 20, 30], ["loss": .numbers([1, 2, 3, 4])])
    let b = try Self.table([0, 10, 20, 30], ["loss": .numbers([1, 2.25, 2, 4.5])])
    let column = try #require(TableDifference(a, b).columns.first)
    #expect(column.first == .init(step: 10, a: .number(2), b: .number(2.25)))
    #expect(column.largest == .init(step: 20, a: .number(3), b: .number(2)))
    #expect(column.largest.distance == .number(1))
    #expect(column.differingRows == 3)
    // 2.25 is 2 + 2^49 · 2^-51.
    #expect(column.first.ulps == 1 << 49)
  }

  @Test func onlyCommonStepsAndColumnsAreCompared() throws {
    let a = try Self.table(
      [0, 1, 2], ["x": .integers([1, 2, 3]), "only_a": .integers([1, 1, 1])])
    let b = try Self.table(
      [1, 2, 4], ["only_b": .texts(["p", "q", "r"]), "x": .integers([2, 3, 9])])
    let difference = TableDifference(a, b)
    #expect(difference.commonSteps == 2)
    #expect(difference.stepsOnlyInA == [0])
    #expect(difference.stepsOnlyInB == [4])
    #expect(difference.columnsOnlyInA == ["only_a"])
    #expect(difference.columnsOnlyInB == ["only_b"])
    #expect(difference.columns.isEmpty)
    #expect(!difference.isEqual)
    let ignoring = TableDifference(a, b, ignoring: { $0 != "x" })
    #expect(ignoring.columnsOnlyInA + ignoring.columnsOnlyInB == [])
  }

  @Test func aGapIsOnlyAGapAndNaNOnlyNaN() throws {
    let a = try Self.table([0, 1, 2, 3], ["x": .numbers([nil, .nan, nil, 1])])
    let b = try Self.table([0, 1, 2, 3], ["x": .numbers([nil, .nan, .nan, .nan])])
    let column = try #require(TableDifference(a, b).columns.first)
    #expect(column.differingRows == 2)
    #expect(column.first == .init(step: 2, a: nil, b: .number(.nan)))
    #expect(column.first.distance == .undefined)
    #expect(column.first.ulps == nil)
  }

  @Test func distancesOfIntegersDoNotOverflow() throws {
    let a = try Self.table([0], ["x": .integers([.max])])
    let b = try Self.table([0], ["x": .integers([.min])])
    #expect(TableDifference(a, b).columns.first?.largest.distance == .number(0x1p64))
  }

  @Test func textsAndUnlikeTypesHaveNoDistance() throws {
    let a = try Self.table([0], ["x": .texts(["1"])])
    let b = try Self.table([0], ["x": .integers([1])])
    let json = TableDifference(a, b).json
    #expect(TableDifference(a, b).columns.first?.largest.distance == .text)
    #expect(
      json["columns"]?.text
        == #"[{"column":"x","differing_rows":1,"first":{"a":"1","b":"1","distance":"text","#
        + #""step":0,"ulps":null},"largest":{"a":"1","b":"1","distance":"text","step":0,"#
        + #""ulps":null}}]"#)
  }

  @Test func theTrainersTraceIsATable() {
    let trace = Trace(
      metrics: [
        MetricsRow(
          step: 0, trainLoss: 1, trainAccuracy: 0.5, validationLoss: 2, validationAccuracy: 0.25,
          squaredNorm: 100)
      ], hashes: [HashRow(step: 0, parameters: Digest(of: []), optimizer: Digest(of: []))])
    var other = trace
    other.hashes[0].parameters = Digest(of: [1])
    let difference = TableDifference(trace.table, other.table)
    #expect(difference.columns.map(\.name) == ["parameters_sha256"])
  }
}

@Suite struct ToleranceTests {
  @Test func eitherBoundSuffices() throws {
    let both = try #require(Tolerance(absolute: 0.5, relative: 0.25))
    #expect(both.accepts(10.5, for: 10))
    #expect(both.accepts(12.5, for: 10))
    #expect(!both.accepts(12.6, for: 10))
    #expect(both.accepts(0.5, for: 0))
    #expect(!both.accepts(0.6, for: 0))
    // The relative bound is of the sealed value: 0.25 · 8 = 2 accepts 10, but not 10.5.
    #expect(both.accepts(10, for: 8))
    #expect(!both.accepts(10.5, for: 8))
  }

  @Test func whatIsNotFiniteIsCloseToItselfOnly() throws {
    let wide = try #require(Tolerance(absolute: 1e308, relative: 1e308))
    #expect(wide.accepts(.nan, for: .nan))
    #expect(wide.accepts(.infinity, for: .infinity))
    #expect(!wide.accepts(.nan, for: 1))
    #expect(!wide.accepts(1, for: .nan))
    #expect(!wide.accepts(.infinity, for: 1))
    #expect(!wide.accepts(1, for: .infinity))
    #expect(!wide.accepts(-.infinity, for: .infinity))
    let exact = try #require(Tolerance(absolute: 0))
    #expect(exact.accepts(-0.0, for: 0.0))
  }

  @Test func integersAreExact() throws {
    let one = try #require(Tolerance(absolute: 1))
    #expect(one.accepts((1 << 53) + 1, for: 1 << 53))
    #expect(!one.accepts((1 << 53) + 2, for: 1 << 53))
    #expect(!one.accepts(Int.min, for: Int.max))
  }
}
