import Comparison
import Digests
import Reports
import RunRecords
import Testing

/// The text on two runs of a program, made by hand.
@Suite struct ProgramComparisonTextTests {
  private static func record(
    _ losses: [Double], repeats: Repeats = .notMeasured, file: String = "[1, 2]",
    compare: ComparePolicy = .bits
  ) throws -> ProgramRecord {
    let bytes = Array(file.utf8)
    return ProgramRecord(
      name: "run.tar.zst",
      spec: ProgramSpec(run: ["train"], inputs: Digest(of: []), compare: compare),
      outcome: try ProgramOutcome(found: [:], ending: .init(status: 0)),
      metrics: try TraceTable(
        steps: losses.indices.map { 10 * $0 },
        columns: [.init(name: "loss", values: .numbers(losses))]),
      files: [
        .init(path: "results/out/r.json", digest: Digest(of: bytes), size: bytes.count)
      ], repeats: repeats, environment: [:], open: { _ in FileContent(bytes) })
  }

  private static let repeats = Repeats.measured(
    .init(
      count: 2,
      spread: .init(
        columns: ["loss": .init(first: 10, largest: .number(0.5), rows: 1)], ending: .identical)))

  @Test func identicalRunsTakeOneLine() throws {
    let comparison = try ProgramComparison(Self.record([1, 2]), Self.record([1, 2]))
    #expect(
      comparison.textLines == [
        "identical: 2 rows of 1 column, the ending, 1 file by digest"
      ])
  }

  @Test func withinIsSaidWithItsFactor() throws {
    let comparison = try ProgramComparison(
      Self.record([1, 2], repeats: Self.repeats), Self.record([1, 2.7]))
    #expect(
      comparison.textLines.first
        == "within: loss: as its own repeats did; 1.4 times their largest distance (2 repeats)")
    #expect(
      comparison.textLines.contains(
        "  compared: 2 rows of 1 column, the ending, 1 file by digest; its own spread is measured "
          + "in 2 runs"))
  }

  @Test func theFirstDifferenceIsInTheFirstLine() throws {
    let comparison = try ProgramComparison(
      Self.record([1, 2, 3]), Self.record([1, 2.5, 7], file: "[1, 4]"))
    #expect(
      comparison.textLines == [
        "different: loss at step 10, 2.0 and 2.5, 0.5 apart, 1.1e15 ULPs",
        "  A  run.tar.zst  run \(comparison.a.runID)",
        "  B  run.tar.zst  run \(comparison.b.runID)",
        "  loss, 2 rows from step 10",
        "             step  A    B    apart",
        "    first    10    2.0  2.5  0.5 apart, 1.1e15 ULPs",
        "    largest  20    3.0  7.0  4 apart, 5.6e15 ULPs",
        "    nothing that was declared or measured covers it",
        "  results/out/r.json",
        "    where      values  A  B  apart",
        "    first [1]  1 of 2  2  4  2 apart, 4.5e15 ULPs",
        "    nothing that was declared or measured covers it",
        "  compared: 3 rows of 1 column, the ending, 1 file by digest; "
          + "its own spread is not measured",
        "  environment: the same",
      ])
  }

  @Test func ofManyPackagesThoseThatBothHaveAreListedFirst() throws {
    var comparison = try ProgramComparison(Self.record([1]), Self.record([1]))
    comparison.environment =
      [KeyDifference(key: "cpu", a: "x", b: "y")]
      + (10..<20).map { KeyDifference(key: "python.packages.p\($0)", a: nil, b: "1") }
      + [
        KeyDifference(key: "python.packages.torch", a: "2.1", b: "2.2"),
        KeyDifference(key: "python.version", a: "3.11", b: "3.12"),
      ]
    let lines = comparison.environmentLines.map { line in
      line.split(separator: "  ").map { cell in cell.drop { $0 == " " } }
    }
    #expect(
      lines.dropFirst() == [
        ["cpu", "x", "y"], ["python.packages.torch", "2.1", "2.2"],
        ["python.packages.p10", "none", "1"], ["python.packages.p11", "none", "1"],
        ["python.packages.p12", "none", "1"], ["python.packages.p13", "none", "1"],
        ["python.packages.p14", "none", "1"], ["python.packages.p15", "none", "1"],
        ["python.packages.p16", "none", "1"],
        ["python.packages.…", "3 more; --json has all"], ["python.version", "3.11", "3.12"],
      ])
  }

  @Test func aToleranceIsNamed() throws {
    let tolerance = try #require(Tolerance(absolute: 0.5))
    let compare = try #require(ComparePolicy(columns: ["loss": .tolerance(tolerance)]))
    let sealed = try Self.record([1, 2], compare: compare)
    #expect(
      try ProgramComparison(sealed, Self.record([1, 2.5], compare: compare)).textLines.first
        == "within: loss: within the declared tolerance, absolute 0.5")
    #expect(
      try ProgramComparison(
        sealed, Self.record([1, 2.5], compare: compare), bits: true
      ).textLines.first
        == "different, by the bits alone: loss at step 10, 2.0 and 2.5, 0.5 apart, 1.1e15 ULPs")
  }

  @Test func curvesOfTwoKindsAreNeverIdenticalRuns() throws {
    func table(_ name: String, _ values: [Double]) throws -> TraceTable {
      try TraceTable(
        steps: [0, 10],
        columns: [
          .init(name: "loss", values: .numbers(values)),
          .init(name: name, values: .integers([1, 2])),
        ])
    }
    let same = CrossComparison(
      try table("a", [1, 2]), try table("b", [1, 2]), names: ("x", "y"))
    #expect(
      same.textLines == [
        "identical in what both have: 2 rows of loss", "  A  x", "    only here: a", "  B  y",
        "    only here: b",
      ])
    let other = CrossComparison(
      try table("a", [1, 2]), try table("b", [1, 3]), names: ("x", "y"))
    #expect(other.textLines.first == "different in what both have: loss at step 10")
  }
}
