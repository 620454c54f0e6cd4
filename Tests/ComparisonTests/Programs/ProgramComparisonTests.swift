import Bundles
import Comparison
import Digests
import RunRecords
import TestSupport
import Testing

/// Runs of a program, made by hand.
enum ProgramRuns {
  static let steps = [0, 10, 20, 30]
  static let losses = [4.0, 3, 2, 1]

  static func record(
    losses: [Double] = losses, steps: [Int] = steps, compare: ComparePolicy = .bits,
    files: [String: String] = [:], leftOut: [String: String] = [:],
    found: [CanonicalJSON.Key: CanonicalJSON] = ["best": 1],
    ending: ProgramOutcome.Ending = .init(status: 0), repeats: Repeats = .notMeasured,
    config: CanonicalJSON? = nil, name: String = "run"
  ) throws -> ProgramRecord {
    let contents = files.merging(leftOut) { own, _ in own }
    return ProgramRecord(
      name: name,
      spec: ProgramSpec(run: ["train"], config: config, inputs: Digest(of: []), compare: compare),
      outcome: try ProgramOutcome(found: found, ending: ending),
      metrics: try TraceTable(
        steps: steps,
        columns: [
          .init(name: "loss", values: .numbers(losses)),
          .init(name: "epoch", values: .integers(steps.indices.map { $0 })),
        ]),
      files: contents.keys.sorted().map { path in
        let bytes = Array((contents[path] ?? "").utf8)
        return .init(
          path: path, digest: Digest(of: bytes), size: bytes.count,
          leftOut: leftOut[path] == nil ? nil : "excluded after the run")
      },
      repeats: repeats, environment: ["cpu": "x"],
      open: { file in FileContent(Array((contents[file.path] ?? "").utf8)) })
  }

  /// The loss first differed at step 20, and by 0.5 at most.
  static func repeats(_ count: Int, files: [CanonicalJSON.Key: Repeats.FileAgreement] = [:])
    -> Repeats
  {
    .measured(
      .init(
        count: count,
        spread: .init(
          columns: ["loss": .init(first: 20, largest: .number(0.5), rows: 2), "epoch": nil],
          files: files, outcome: ["best": .differs], ending: .identical)))
  }
}

@Suite struct ProgramComparisonTests {
  private typealias Runs = ProgramRuns

  @Test func equalRunsAreIdenticalAndSayInWhat() throws {
    let files = ["results/out/a.txt": "a", "checkpoints/step-00000010.safetensors": "c"]
    let comparison = try ProgramComparison(Runs.record(files: files), Runs.record(files: files))
    #expect(comparison.verdict == .identical)
    #expect(comparison.compared.rows == 4)
    #expect(comparison.compared.columns == ["loss", "epoch"])
    #expect(comparison.compared.outcome == ["best"])
    #expect(comparison.compared.ending)
    #expect(comparison.compared.files == 2)
    #expect(comparison.compared.checkpoints == 1)
    #expect(comparison.environment == [])
    #expect(comparison.json["verdict"] == "identical")
  }

  @Test func aBitIsADifference() throws {
    let comparison = try ProgramComparison(
      Runs.record(), Runs.record(losses: [4, 3, 2.0.nextUp, 1.5]))
    #expect(comparison.verdict == .different)
    let first = try #require(comparison.firstDifference)
    #expect(first.step == 20)
    #expect(first.cover == .nothing)
    guard case .column(let difference, let beyond?) = first.what else {
      Issue.record("not a column: \(first)")
      return
    }
    #expect(difference.name == "loss")
    #expect(difference.largest.step == 30)
    #expect(beyond.ulps == 1)
  }

  @Test func aDeclaredToleranceDecidesAloneForItsColumn() throws {
    let tolerance = try #require(Tolerance(absolute: 0.25))
    let compare = try #require(ComparePolicy(columns: ["loss": .tolerance(tolerance)]))
    let sealed = try Runs.record(compare: compare, repeats: Runs.repeats(2))
    let close = try ProgramComparison(
      sealed, Runs.record(losses: [4, 3.25, 2, 1], compare: compare))
    #expect(close.verdict == .within)
    #expect(close.findings.map(\.cover) == [.tolerance(tolerance)])
    // The repeats would cover this.
    let far = try ProgramComparison(
      sealed, Runs.record(losses: [4, 3.25, 2, 1.5], compare: compare))
    #expect(far.verdict == .different)
    #expect(far.firstDifference?.step == 30)
    #expect(far.firstDifference?.cover == .beyondTolerance(tolerance))
    let bits = try ProgramComparison(
      sealed, Runs.record(losses: [4, 3.25, 2, 1], compare: compare), bits: true)
    #expect(bits.verdict == .different)
    #expect(bits.firstDifference?.step == 10)
  }

  @Test func itsOwnRepeatsCoverWhatLiesBehindWhereTheyParted() throws {
    let sealed = try Runs.record(repeats: Runs.repeats(2))
    let within = try ProgramComparison(sealed, Runs.record(losses: [4, 3, 2.25, 1.75]))
    #expect(within.verdict == .within)
    let use = Cover.SpreadUse(count: 2, distance: .number(0.75), largest: .number(0.5))
    #expect(within.findings.map(\.cover) == [.repeats(use)])
    #expect(use.factor == 1.5)
    let before = try ProgramComparison(sealed, Runs.record(losses: [4, 3.25, 2.25, 1]))
    #expect(before.verdict == .different)
    #expect(before.firstDifference?.step == 10)
    #expect(
      try ProgramComparison(sealed, Runs.record(losses: [4, 3, 2.25, 1]), bits: true).verdict
        == .different)
  }

  @Test func onlyTenRepeatsMaySayDifferent() throws {
    let other = try Runs.record(losses: [4, 3, 2.25, 1.75])
    for (count, verdict) in [(9, ProgramComparison.Verdict.within), (10, .different)] {
      let comparison = try ProgramComparison(
        Runs.record(repeats: Runs.repeats(count)), other)
      #expect(comparison.verdict == verdict, "\(count)")
    }
    let comparison = try ProgramComparison(Runs.record(repeats: Runs.repeats(10)), other)
    #expect(comparison.firstDifference?.step == 30)
    let close = try Runs.record(losses: [4, 3, 2.25, 1.5])
    #expect(
      try ProgramComparison(Runs.record(repeats: Runs.repeats(10)), close).verdict == .within)
  }

  @Test func aColumnThatNeverPartedIsNotCovered() throws {
    let sealed = try Runs.record(repeats: Runs.repeats(2))
    var other = try Runs.record()
    other.metrics = try TraceTable(
      steps: Runs.steps,
      columns: [
        .init(name: "loss", values: .numbers(Runs.losses)),
        .init(name: "epoch", values: .integers([0, 1, 2, 4])),
      ])
    #expect(try ProgramComparison(sealed, other).verdict == .different)
  }

  @Test func aMissingOrExtraRowIsAlwaysADifference() throws {
    let tolerance = try #require(Tolerance(absolute: 1000))
    let compare = try #require(ComparePolicy(default: .tolerance(tolerance)))
    let sealed = try Runs.record(compare: compare, repeats: Runs.repeats(2))
    for other in [
      try Runs.record(losses: [4, 3, 2], steps: [0, 10, 20], compare: compare),
      try Runs.record(losses: [4, 3, 2, 1, 1], steps: [0, 10, 20, 30, 40], compare: compare),
    ] {
      let comparison = try ProgramComparison(sealed, other)
      #expect(comparison.verdict == .different)
      guard case .rows? = comparison.firstDifference?.what else {
        Issue.record("not rows: \(comparison.findings)")
        continue
      }
    }
  }

  @Test func whatIsIgnoredIsNamed() throws {
    let pattern = try #require(PathPattern("*.png"))
    let compare = try #require(
      ComparePolicy(
        columns: ["epoch": .ignore], files: [pattern: .ignore],
        outcome: ["best": .ignore]))
    let a = try Runs.record(compare: compare, files: ["results/out/a.png": "1"])
    let b = try Runs.record(compare: compare, files: ["results/out/a.png": "2"], found: ["best": 2])
    let comparison = try ProgramComparison(a, b, bits: true)
    #expect(comparison.verdict == .identical)
    #expect(
      comparison.gaps.map(\.what) == [
        "the column epoch", "best of the outcome", "results/out/a.png",
      ])
    #expect(comparison.gaps.allSatisfy { $0.reason == "compare ignores it" })
  }

  /// A record has ignored columns and keys in other files than the compared ones.
  @Test func whatIsRecordedButIgnoredIsNamedToo() throws {
    let compare = try #require(
      ComparePolicy(columns: ["seconds": .ignore], outcome: ["minutes": .ignore]))
    var a = try Runs.record(compare: compare)
    a.observed = ["seconds"]
    a.observedOutcome = ["minutes"]
    let plain = try Runs.record(compare: compare)
    for (a, b) in [(a, a), (a, plain), (plain, a)] {
      let comparison = try ProgramComparison(a, b)
      #expect(comparison.verdict == .identical)
      #expect(comparison.gaps.map(\.what) == ["the column seconds", "minutes of the outcome"])
      #expect(comparison.gaps.allSatisfy { $0.reason == "compare ignores it" })
      #expect(comparison.compared.columns == ["loss", "epoch"])
      #expect(comparison.compared.outcome == ["best"])
      #expect(
        comparison.json["not_compared"] == [
          ["reason": "compare ignores it", "what": "the column seconds"],
          ["reason": "compare ignores it", "what": "minutes of the outcome"],
        ])
    }
    // What only the other run's rules ignore is compared by the first run's.
    let strict = try ProgramComparison(Runs.record(), a)
    #expect(strict.verdict == .different)
    #expect(strict.gaps.isEmpty)
    #expect(strict.compared.outcome == ["best"])
  }

  @Test func aStoredRunNamesWhatItsRulesIgnore() throws {
    let program = try SampleProgram()
    let directory = TemporaryDirectory()
    guard case .program(let run) = try OpenedRun(opening: program.write(to: directory)) else {
      Issue.record("it is no program's run")
      return
    }
    let record = ProgramRecord(run)
    let comparison = try ProgramComparison(record, record)
    #expect(
      comparison.gaps.map(\.what) == [
        "the column seconds", "minutes of the outcome", "results/out/plot.png",
      ])
  }

  @Test func whatCannotBeSealedIsNotComparedAndNamed() throws {
    var a = try Runs.record()
    a.unsealable = [.init(path: "results/out/é", reason: "it is not printable ASCII alone")]
    let b = try Runs.record()
    for comparison in [try ProgramComparison(a, b), try ProgramComparison(b, a)] {
      #expect(comparison.verdict == .identical)
      #expect(comparison.compared.files == 0)
      #expect(
        comparison.gaps == [
          .init(
            what: "results/out/é",
            reason: "it cannot be sealed: it is not printable ASCII alone")
        ])
    }
  }

  @Test func nothingLeftIsNotComparable() throws {
    let compare = try #require(
      ComparePolicy(default: .ignore, columns: ["other": .bits]))
    let a = try Runs.record(compare: compare, ending: .unknown)
    let b = try Runs.record(losses: [1, 1, 1, 1], compare: compare, ending: .unknown)
    #expect(try ProgramComparison(a, b).verdict == .notComparable)
  }

  @Test func filesAreComparedByTheirDigestsAndThenOpened() throws {
    let a = try Runs.record(files: ["results/out/r.json": #"{"x":1}"#, "results/work/only": ""])
    let b = try Runs.record(files: ["results/out/r.json": #"{"x":3}"#])
    let comparison = try ProgramComparison(a, b)
    #expect(comparison.verdict == .different)
    #expect(comparison.compared.files == 1)
    guard comparison.findings.count == 2,
      case .file("results/out/r.json", let difference?) = comparison.findings[0].what,
      case .fileOnlyInA("results/work/only") = comparison.findings[1].what
    else {
      Issue.record("\(comparison.findings)")
      return
    }
    #expect(difference.parts.first?.first.place == .key("x"))
  }

  @Test func aFileThatDifferedInItsRepeatsIsWithin() throws {
    let files: [CanonicalJSON.Key: Repeats.FileAgreement] = [
      "results/out/a.bin": .differs, "results/out/b.bin": .missing,
    ]
    let sealed = try Runs.record(
      files: ["results/out/a.bin": "1", "results/out/b.bin": "1"],
      repeats: Runs.repeats(2, files: files))
    let comparison = try ProgramComparison(
      sealed, Runs.record(files: ["results/out/a.bin": "2"], found: ["best": 3]))
    #expect(comparison.verdict == .within)
    #expect(
      comparison.findings.map(\.cover) == Array(repeating: .repeats(.init(count: 2)), count: 3))
    let added = try ProgramComparison(
      sealed,
      Runs.record(
        files: ["results/out/a.bin": "2", "results/out/b.bin": "1", "results/out/c.bin": ""]))
    #expect(added.verdict == .different)
  }

  @Test func aToleranceOfFilesCoversTheirNumbers() throws {
    let pattern = try #require(PathPattern("*.json"))
    let tolerance = try #require(Tolerance(relative: 0.5))
    let compare = try #require(
      ComparePolicy(files: [pattern: .tolerance(tolerance)]))
    let sealed = try Runs.record(compare: compare, files: ["results/out/r.json": "[2]"])
    let close = try Runs.record(compare: compare, files: ["results/out/r.json": "[3]"])
    let far = try Runs.record(compare: compare, files: ["results/out/r.json": "[3.5]"])
    #expect(try ProgramComparison(sealed, close).verdict == .within)
    #expect(try ProgramComparison(sealed, close, bits: true).verdict == .different)
    let difference = try ProgramComparison(sealed, far)
    #expect(difference.findings.map(\.cover) == [.beyondTolerance(tolerance)])
  }

  @Test func whatWasLeftOutIsNamedAndComparedByItsDigest() throws {
    let sealed = try Runs.record(leftOut: ["results/out/big.bin": "x"])
    let same = try ProgramComparison(sealed, Runs.record(files: ["results/out/big.bin": "x"]))
    #expect(same.verdict == .identical)
    #expect(same.compared.files == 1)
    #expect(same.gaps.isEmpty)
    let other = try ProgramComparison(sealed, Runs.record(files: ["results/out/big.bin": "y"]))
    #expect(other.verdict == .different)
    #expect(other.findings.map(\.what) == [.file("results/out/big.bin", nil)])
    let gap = ProgramComparison.Gap(
      what: "what lies within results/out/big.bin",
      reason: "excluded after the run in run, so only its digest is known")
    #expect(other.gaps == [gap])
    let neither = try ProgramComparison(
      sealed, Runs.record(leftOut: ["results/out/big.bin": "y"], name: "other"))
    #expect(
      neither.gaps.map(\.reason) == [
        "excluded after the run in run and excluded after the run in other, so only its digest is "
          + "known"
      ])
    // A file that only one run has lacks nothing but the file.
    #expect(try ProgramComparison(sealed, Runs.record()).gaps.isEmpty)
  }

  @Test func anotherProgramIsSaidFirst() throws {
    let comparison = try ProgramComparison(
      Runs.record(config: ["lr": 1]), Runs.record(losses: [1, 1, 1, 1], config: ["lr": 2]))
    #expect(comparison.verdict == .different)
    guard case .program(let keys)? = comparison.firstDifference?.what else {
      Issue.record("\(comparison.findings)")
      return
    }
    #expect(keys.map(\.key) == ["config.lr"])
  }

  @Test func theEndingIsCompared() throws {
    let comparison = try ProgramComparison(
      Runs.record(), Runs.record(ending: .init(status: nil, signal: "SIGKILL")))
    #expect(comparison.verdict == .different)
    let adopted = try ProgramComparison(Runs.record(ending: .unknown), Runs.record())
    #expect(adopted.verdict == .identical)
    #expect(adopted.gaps.map(\.what) == ["how the programs ended"])
  }

  @Test func aRunThatGoesOnIsJudgedByTheRowsThatAreDone() throws {
    let sealed = try Runs.record(repeats: Runs.repeats(2))
    func first(_ losses: [Double], _ steps: [Int]) throws -> ProgramFinding? {
      ProgramComparison.firstDifference(
        of: sealed,
        soFar: try TraceTable(
          steps: steps, columns: [.init(name: "loss", values: .numbers(losses))]))
    }
    #expect(try first([], []) == nil)
    #expect(try first([4, 3], [0, 10]) == nil)
    #expect(try first([4, 3, 2.25], [0, 10, 20]) == nil)
    #expect(try first([4, 3.5], [0, 10])?.step == 10)
    #expect(try first([4, 2], [0, 20])?.step == 10)
    #expect(try first([4, 3, 3], [0, 10, 15])?.step == 15)
  }
}
