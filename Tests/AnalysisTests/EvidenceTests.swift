import Archive
import Bundles
import Configs
import Digests
import RunRecords
import Testing

@testable import Analysis

@Suite struct EvidenceTests {
  @Test func cellsAreFoundByTheirConfigsAndOthersDerived() throws {
    let fine = SyntheticRun(fineSpec(seed: 43, steps: 50_000)).recorded
    let evidence = try Evidence(.paper, runs: [fine])
    // Seed 43 of the base cell, logged every 10 steps, is a run of each of these.
    for experiment in [
      "S1", "S2", "S3", "S3 at 50", "S4", "S5A", "S5B", "S6", "S7 full", "S7 low", "S8", "S1 at 20",
    ] {
      // S2 logs at 500, 1000, …; its runs end by the same rule.
      #expect(evidence[experiment].map(\.seed) == [43], "\(experiment)")
    }
    #expect(evidence["S9"].isEmpty && evidence["S1 52-60"].isEmpty)
    #expect(evidence["S2"].first?.config["log_interval"] == .number(500))
    #expect(evidence["S2"].first?.grokkingStep == 2000)
    #expect(evidence.runs(of: ["S1", "S9", "S2"]).count == 2)
  }

  @Test func anExactRunComesBeforeADerivedView() throws {
    let fine = SyntheticRun(fineSpec(steps: 50_000))
    var exact = SyntheticRun(Preset.modularAddition.spec)
    exact.lastStep = 4000
    let evidence = try Evidence(.paper, runs: [fine.recorded, exact.recorded])
    #expect(evidence["S1"].map(\.source) == [exact.recorded.identities?.bundle.hex])
  }

  /// Counted by hand from the paper's tables.
  @Test func theExperimentsAskForTheRunsOfThePaper() throws {
    let evidence = try Evidence(.paper, runs: [])
    let counts = [
      "S1": 10, "S2": 80, "S3": 49, "S4": 5, "S5A": 25, "S5B": 45, "S6": 10, "S7 full": 5,
      "S7 low": 5,
      "S8": 15, "S9": 20, "S10": 15, "S1 52-60": 9,
    ]
    for (name, count) in counts { #expect(evidence.planned(name)?.cells.count == count, "\(name)") }
    #expect(counts.values.reduce(0, +) == 293)
    #expect(evidence.planned("S1")?.missing == Array(repeating: 1, count: 10))
    // Any seed of one cell counts, and a conclusion needs 60.
    #expect(evidence.planned("S1 at 20")?.cells.count == 1)
    #expect(evidence.planned("S1 at 20")?.missing == [60])
    #expect(evidence.isEmpty)
  }

  private func file(_ experiment: String, quantity: String = "mean: seed") throws -> ClaimsFile {
    try ClaimsFile(
      yaml: """
        title: t
        experiments: {A: \(experiment)}
        claims: [{says: s, not_testable: r, beside: {name: q, runs: A, \(quantity)}}]
        """, file: "c.yaml"
    ) { _ throws(AnalysisError) in
      Array(
        """
        preset: modular-addition
        set: {checkpoint_interval: 0}
        experiments:
          - {name: A, grid: {optimizer.weight_decay: [1, 0.5]}, seeds: [42, 43]}
        """.utf8)
    }
  }

  private func runs(_ seeds: [UInt64], decay: Double = 1) -> [RecordedRun] {
    seeds.map { seed in
      let spec = try! RunSpec(
        yaml: nil, preset: .modularAddition,
        overrides: [
          "seed=\(seed)", "log_interval=10", "optimizer.weight_decay=\(decay)",
        ])
      return SyntheticRun(spec).recorded
    }
  }

  private func estimate(_ file: ClaimsFile, _ runs: [RecordedRun]) throws -> Estimate? {
    file.claims[0].beside[0].estimate(from: try Evidence(file, runs: runs))
  }

  @Test func onlyTheSeedsOfThePlanCount() throws {
    let file = try file("{plan: plan.yaml, experiment: A}")
    let found = try #require(try estimate(file, runs([41, 42, 43, 44])))
    #expect(found.count == 2 && found.plannedCount == 4 && !found.isComplete)
    let all = try #require(try estimate(file, runs([42, 43]) + runs([42, 43], decay: 0.5)))
    #expect(all.count == 4 && all.isComplete)
  }

  /// Runs that one cell has in excess are none of another cell.
  @Test func eachCellNeedsItsLeastNumberOfRuns() throws {
    let file = try file("{plan: plan.yaml, experiment: A, seeds: any, least: 2}")
    let found = try #require(try estimate(file, runs([41, 42, 43, 44])))
    #expect(found.count == 4 && found.plannedCount == 6 && !found.isComplete)
    let all = try #require(try estimate(file, runs([41, 42, 43, 44]) + runs([5, 6], decay: 0.5)))
    #expect(all.count == 6 && all.isComplete)
  }

  /// The config of a run that is changed at memorisation follows from its parent's trace.
  @Test func secondStagesAreFoundByWhenTheirParentsMemorised() throws {
    let file = try ClaimsFile(
      yaml: """
        title: t
        experiments: {A: {plan: plan.yaml, experiment: A}}
        claims: [{says: s, not_testable: r, beside: {name: q, runs: A, mean: seed}}]
        """, file: "c.yaml"
    ) { _ throws(AnalysisError) in
      Array(
        """
        preset: modular-addition
        set: {checkpoint_interval: 0}
        experiments:
          - {name: A, seeds: 42..44, at_memorization: [{set: {optimizer.weight_decay: 2}}]}
        """.utf8)
    }
    func spec(_ seed: UInt64, at: String = "") throws -> RunSpec {
      try RunSpec(
        yaml: "task: {name: modular-addition}\nseed: \(seed)\ncheckpoint_interval: 0\n" + at)
    }
    func recorded(_ seed: UInt64, at: String = "", memorization: Int = 800) throws -> RecordedRun {
      var run = SyntheticRun(try spec(seed, at: at))
      run.memorization = memorization
      return run.recorded
    }
    let change = "set: {optimizer.weight_decay: 2}}]"
    let runs = try [
      recorded(42), recorded(42, at: "at: [{step: 801, \(change)"),
      // A run changed at another step than its parent memorised, and a parent that never memorised.
      recorded(43), recorded(43, at: "at: [{step: 1001, \(change)"),
      recorded(44, memorization: .max),
    ]
    let evidence = try Evidence(file, runs: runs)
    #expect(evidence["A"].map(\.seed) == [42])
    #expect(evidence["A"].first?.config["at"] != nil)
    let found = try #require(try estimate(file, runs))
    #expect(found.count == 1 && found.plannedCount == 2 && !found.isComplete)
    // While the parent is missing, it is open whether there is such a run.
    #expect(try estimate(file, Array(runs.dropLast()))?.plannedCount == 3)
    #expect(try estimate(file, [runs[0], runs[1], runs[4]])?.plannedCount == 2)
  }

  private func changed(
    _ seed: Int, memorization: Int, at step: Int, decay: Double
  ) throws -> SyntheticRun {
    var run = SyntheticRun(
      try RunSpec(
        yaml: """
          task: {name: modular-addition}
          seed: \(seed)
          checkpoint_interval: 0
          log_interval: 20
          at: [{step: \(step), set: {optimizer.weight_decay: \(decay)}}]
          """))
    run.memorization = memorization
    run.grokking = 2000 + 100 * seed
    return run
  }

  /// What is changed one step after memorisation has other steps for each seed. Whichever of them
  /// fall together, the runs are of one cell, and so one sample.
  @Test(arguments: [
    ([700, 700, 800, 900, 900, 900], nil), ([700, 800, 900, 1000, 1100, 1200], nil),
    // All at one step, which for one of them is the first after memorisation.
    ([700, 700, 800, 900, 900, 900], 801),
  ])
  func runsChangedAtMemorisationAreOneSample(_ memorization: [Int], change: Int?) throws {
    let file = try ClaimsFile(
      yaml: """
        title: t
        experiments: {A: {where: batch > 0}}
        claims:
          - says: s
            not_testable: r
            beside: {name: q, runs: A, mean: t_grok, scale: logarithmic}
        """, file: "c.yaml"
    ) { _ throws(AnalysisError) in [] }
    func runs(decay: Double) throws -> [RecordedRun] {
      try memorization.enumerated().map { seed, step in
        try changed(seed, memorization: step, at: change ?? step + 1, decay: decay).recorded
      }
    }
    let one = try runs(decay: 2)
    #expect(try estimate(file, one)?.interval?.method == .logarithms)
    // Those that are changed in another way are another sample.
    #expect(try estimate(file, one + runs(decay: 3))?.interval?.method == .student)
  }

  /// A run that is of two cells, by its step and by its memorisation, goes to the first, and so
  /// does what is like it afterwards.
  @Test func aRunGoesToTheFirstBegunCellThatHasItsLike() throws {
    let places = [(700, 801), (900, 901), (800, 801), (1000, 1001), (700, 901)]
    let runs = try places.enumerated().map { seed, place in
      try changed(seed, memorization: place.0, at: place.1, decay: 2).observation
    }
    #expect(Cell.numbers(of: runs) == [0, 1, 0, 0, 1])
  }

  @Test func whereAnySeedCountsEachCellNeedsTheLeast() throws {
    let file = try file("{plan: plan.yaml, experiment: A, seeds: any, least: 3}")
    let found = try #require(try estimate(file, runs([1, 2, 900]) + runs([2, 3], decay: 0.5)))
    #expect(found.count == 5 && found.plannedCount == 6 && !found.isComplete)
    let more = runs([1, 2, 900]) + runs([2, 3, 4], decay: 0.5)
    #expect(try estimate(file, more)?.isComplete == true)
    // In the order of the cells, and of the seeds in each.
    let evidence = try Evidence(file, runs: more.reversed())
    #expect(evidence["A"].map(\.seed) == [1, 2, 900, 2, 3, 4])
  }

  @Test func aConditionLooksAtRunsAsTheyWereRecorded() throws {
    let file = try file("{where: optimizer.weight_decay < 1 and t_mem == 800, least: 2}")
    let found = try #require(try estimate(file, runs([1, 2]) + runs([1, 2, 3], decay: 0.5)))
    #expect(found.count == 3 && found.isComplete)
    let evidence = try Evidence(file, runs: runs([1], decay: 0.5))
    #expect(evidence["A"][0].config["log_interval"] == .number(10))
    #expect(try estimate(file, runs([1], decay: 0.5))?.isComplete == false)
  }

  /// Which runs meet a condition on results shows only afterwards, so no number of them is planned;
  /// but while runs are missing nothing is decided.
  @Test func aConditionOnResultsWaitsForAllRuns() throws {
    func count(_ condition: String, _ runs: [RecordedRun]) throws -> Estimate {
      let file = try file(
        "{plan: plan.yaml, experiment: A}", quantity: "mean: seed, where: \(condition)")
      return try #require(try estimate(file, runs))
    }
    #expect(try count("optimizer.weight_decay == 1", runs([42])).plannedCount == 2)
    // Two of the four are there, one of which meets it.
    let some = try count("t_grok > 0 and seed == 42", runs([42, 43]))
    #expect(some.count == 1 && some.runCount == 2 && some.plannedCount == 4 && !some.isComplete)
    let all = runs([42, 43]) + runs([42, 43], decay: 0.5)
    let whole = try count("t_grok > 0 and seed == 42", all)
    #expect(whole.count == 2 && whole.runCount == 2)
    #expect(whole.plannedCount == nil && whole.isComplete)
  }

  @Test func theClaimsThatStoodBeforeARunAreKnown() throws {
    let file = try file("{plan: plan.yaml, experiment: A}")
    var before = runs([42])[0]
    before = RecordedRun(
      path: before.path, identities: before.identities, config: before.config, trace: before.trace,
      outcome: before.outcome, environment: ["claims": .string(file.digest.hex)], checkpoints: [],
      readCheckpoint: { _ in [] })
    let evidence = try Evidence(file, runs: [before] + runs([43]))
    #expect(evidence["A"].map(\.claims) == [file.digest.hex, nil])
    let table = ClaimsTable(file, runs: evidence, released: nil)
    #expect(table.runsAfterClaims == (1, 2))
  }

  /// A file of claims that was changed names the file that it was.
  @Test func theEarlierClaimsThatStoodBeforeARunAreKnown() throws {
    let earlier = Array("title: as it was".utf8)
    func file(_ name: String) throws -> ClaimsFile {
      try ClaimsFile(
        yaml: """
          title: t
          experiments: {A: {where: batch > 0}}
          claims: [{says: s, not_testable: r, beside: {name: q, runs: A, mean: seed}}]
          changes:
            - {date: d, what: the title, reason: r, earlier: \(name)}
            - {date: d, what: a word, reason: r, earlier: \(name)}
            - {date: d, what: another word, reason: r}
          """, file: "c.yaml"
      ) { (name) throws(AnalysisError) in
        guard name == "was.yaml" else { throw .unreadable(path: name, reason: "is not there") }
        return earlier
      }
    }
    let claims = try file("was.yaml")
    func recorded(_ seed: UInt64, _ digest: Digest?) -> RecordedRun {
      let run = self.runs([seed])[0]
      return RecordedRun(
        path: run.path, identities: run.identities, config: run.config, trace: run.trace,
        outcome: run.outcome, environment: digest.map { ["claims": .string($0.hex)] },
        checkpoints: [], readCheckpoint: { _ in [] })
    }
    let runs = [
      recorded(1, claims.digest), recorded(2, Digest(of: earlier)),
      recorded(3, Digest(of: earlier)), recorded(4, nil), recorded(5, Digest(of: [])),
    ]
    let table = ClaimsTable(claims, runs: try Evidence(claims, runs: runs), released: nil)
    #expect(table.runsAfterClaims == (1, 5))
    #expect(table.runsAfterEarlier.map(\.name) == ["was.yaml"])
    #expect(table.runsAfterEarlier.map(\.count) == [2])
    #expect(table.json["runs_after_earlier_claims"] == ["was.yaml": 2])
    #expect(throws: ClaimsFile.ReadingFailure.self) { try file("../was.yaml") }
    #expect(throws: ClaimsFile.ReadingFailure.self) { try file("absent.yaml") }
  }
}
