import Comparison
import RunRecords
import Testing

@Suite struct RepeatsMeasuringTests {
  private typealias Runs = ProgramRuns

  private static func measured(_ repeats: Repeats) throws -> Repeats.Measured {
    switch repeats {
    case .measured(let measured): return measured
    case .notMeasured: throw RecordError.notJSON(reason: "not measured")
    }
  }

  @Test func repeatsThatAgreeAreIdentical() throws {
    let first = try Runs.record(files: ["results/out/a": "1"])
    let measured = try Self.measured(Repeats(of: first, others: [first, first]))
    #expect(measured.count == 3)
    #expect(measured.spread.columns == ["loss": nil, "epoch": nil])
    #expect(measured.spread.hasSameSteps)
    #expect(measured.spread.files == ["results/out/a": .identical])
    #expect(measured.spread.outcome == ["best": .identical])
    #expect(measured.spread.ending == .identical)
    #expect(Repeats(of: first, others: []) == .notMeasured)
  }

  @Test func theFirstStepAndTheLargestDistanceOfAllRepeatsAreKept() throws {
    let first = try Runs.record(files: ["results/out/a": "1", "results/out/b": "1"])
    let repeats = Repeats(
      of: first,
      others: [
        try Runs.record(losses: [4, 3, 2, 1.25], files: ["results/out/a": "2"]),
        try Runs.record(
          losses: [4, 3, 1.5, 1.125],
          files: ["results/out/a": "1", "results/out/b": "1", "results/out/c": ""],
          found: ["best": 2]),
      ])
    let measured = try Self.measured(repeats)
    #expect(
      measured.spread.columns["loss"] == .init(first: 20, largest: .number(0.5), rows: 2))
    #expect(
      measured.spread.files == [
        "results/out/a": .differs, "results/out/b": .missing, "results/out/c": .added,
      ])
    #expect(measured.spread.outcome == ["best": .differs])
    #expect(try Repeats(bytes: repeats.bytes) == repeats)
  }

  @Test func ofABeginningOnlyTheRowsAreCompared() throws {
    let first = try Runs.record(files: ["results/out/a": "1"])
    let beginning = try Runs.record(
      losses: [4, 3, 7], steps: [0, 10, 20], files: [:],
      ending: .init(status: nil, signal: "SIGTERM"))
    let measured = try Self.measured(Repeats(of: first, others: [beginning], steps: 10))
    #expect(measured.steps == 10)
    #expect(measured.spread.columns == ["loss": nil, "epoch": nil])
    #expect(measured.spread.hasSameSteps)
    #expect(measured.spread.files.isEmpty)
    #expect(measured.spread.ending == nil)
    var sealed = first
    sealed.repeats = Repeats(of: first, others: [beginning], steps: 10)
    let comparison = try ProgramComparison(sealed, first)
    #expect([comparison.repeats, comparison.repeatedSteps] == [2, 10])
  }

  @Test func otherSettingsStandForThemselves() throws {
    let first = try Runs.record()
    let other = try Runs.record(losses: [5, 3, 2, 1])
    let repeats = Repeats(
      of: first, others: [], varied: [.init(name: "OMP_NUM_THREADS", value: "2", record: other)])
    let measured = try Self.measured(repeats)
    #expect(measured.count == 1)
    #expect(measured.spread.columns["loss"] == .some(nil))
    let varied = try #require(measured.varied.first)
    #expect([varied.name, varied.value] == ["OMP_NUM_THREADS", "2"])
    #expect(varied.spread.columns["loss"] == .init(first: 0, largest: .number(1), rows: 1))
    // It covers no difference.
    var sealed = first
    sealed.repeats = repeats
    let comparison = try ProgramComparison(sealed, other)
    #expect(comparison.verdict == .different)
    #expect(comparison.repeats == nil)
  }

  @Test func whatIsIgnoredIsNotMeasured() throws {
    let compare = try #require(
      ComparePolicy(columns: ["epoch": .ignore], outcome: ["best": .ignore]))
    let first = try Runs.record(compare: compare)
    let measured = try Self.measured(
      Repeats(of: first, others: [try Runs.record(compare: compare)]))
    #expect(measured.spread.columns.keys.map(\.text) == ["loss"])
    #expect(measured.spread.outcome.isEmpty)
  }

  @Test func missingRowsAreSaid() throws {
    let short = try Runs.record(losses: [4, 3], steps: [0, 10])
    let measured = try Self.measured(Repeats(of: Runs.record(), others: [short]))
    #expect(!measured.spread.hasSameSteps)
  }
}

@Suite struct CrossComparisonTests {
  private static func table(_ columns: KeyValuePairs<String, TraceTable.Values>) throws
    -> TraceTable
  {
    try TableDifferenceTests.table([0, 10], columns)
  }

  @Test func onlyWhatBothHaveIsCompared() throws {
    let a = try Self.table(["loss": .numbers([1, 0.5]), "norm": .numbers([1, 1])])
    let b = try Self.table(["loss": .numbers([1, 0.5]), "seconds": .numbers([0.1, 0.2])])
    let comparison = CrossComparison(a, b, names: ("a", "b"))
    #expect(comparison.verdict == .identicalInWhatBothHave)
    #expect(comparison.table.columnsOnlyInA == ["norm"])
    #expect(comparison.table.columnsOnlyInB == ["seconds"])
    #expect(comparison.json["verdict"] == "identical-in-what-both-have")
  }

  @Test func theFirstDifferenceIsThatOfTheLeastStep() throws {
    let a = try Self.table(["x": .numbers([1, 2]), "y": .numbers([1, 2])])
    let b = try Self.table(["x": .numbers([1, 3]), "y": .numbers([2, 2])])
    let comparison = CrossComparison(a, b, names: ("a", "b"))
    #expect(comparison.verdict == .different)
    #expect(comparison.firstDifference?.name == "y")
  }

  @Test func curvesOfUnlikeNamesHaveNothingInCommon() throws {
    let a = try Self.table(["x": .numbers([1, 2])])
    let b = try Self.table(["y": .numbers([1, 2])])
    #expect(CrossComparison(a, b, names: ("a", "b")).verdict == .nothingInCommon)
    let c = try TableDifferenceTests.table([5], ["x": .numbers([1])])
    #expect(CrossComparison(a, c, names: ("a", "b")).verdict == .nothingInCommon)
  }
}
