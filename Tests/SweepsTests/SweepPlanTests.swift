import Foundation
import RunRecords
import Sweeps
import Testing

@Suite struct SweepPlanTests {
  @Test func runsAreTheProductWithSeedsFastest() throws {
    let plan = try SweepPlan(
      yaml: """
        preset: tiny
        experiments:
          - name: A
            cases:
              - {batch: 8}
              - {optimizer.name: sgd, optimizer.decay_convention: lambda}
            grid: {log_interval: [10, 20]}
            seeds: [1..2, 7]
        """)
    let labels = plan.experiments[0].runs.map(\.label)
    #expect(labels.count == 12)
    #expect(labels[0] == "batch=8 log_interval=10 seed=1")
    #expect(labels[2] == "batch=8 log_interval=10 seed=7")
    #expect(labels[3] == "batch=8 log_interval=20 seed=1")
    #expect(labels[11] == "name=sgd decay_convention=lambda log_interval=20 seed=7")
    let direct = try RunSpec(
      yaml: nil, preset: .tiny,
      overrides: [
        "optimizer.name=sgd", "optimizer.decay_convention=lambda", "log_interval=20", "seed=7",
      ])
    #expect(plan.experiments[0].runs[11].spec == direct)
  }

  @Test func exceptionsMeanRunsByTheirValues() throws {
    let plan = try SweepPlan(
      yaml: """
        preset: tiny
        set: {checkpoint_interval: 0}
        experiments:
          - name: A
            grid: {optimizer.weight_decay: [0.001, 0.10, 1]}
            order: 5
            where:
              - {if: {optimizer.weight_decay: [1e-3, 0.1]}, set: {max_steps: 77}, order: 1}
              - {if: {optimizer.weight_decay: 0.1}, set: {max_steps: 78}, expect: 50}
        """)
    let runs = plan.experiments[0].runs
    #expect(runs.map(\.spec.maxSteps) == [77, 78, 400])
    #expect(runs.map(\.order) == [1, 1, 5])
    #expect(runs.map(\.expectedSteps) == [nil, 50, nil])
  }

  @Test(arguments: [
    ("preset: tiny\n", "f.yaml:1: experiments: is missing"),
    ("experiments: []\n", "f.yaml:1: experiments: must be a list that is not empty"),
    (
      "experiments:\n  - name: A\n    sed: 1\n",
      "f.yaml:3: experiments.sed: unknown key; here are name, about, extra, order, expect, preset, "
        + "set, cases, grid, seeds, where"
    ),
    ("experiments:\n  - seeds: 1\n", "f.yaml:2: experiments.name: is missing"),
    (
      "experiments:\n  - name: A\n    seeds: 5..4\n",
      "f.yaml:3: experiments.seeds: must be a seed, a range as 42..51, or a list of these"
    ),
    (
      "experiments:\n  - name: A\n    seeds: 0..18446744073709551615\n",
      "f.yaml:3: experiments.seeds: must be a seed, a range as 42..51, or a list of these"
    ),
    (
      "experiments:\n  - name: A\n    seeds: 0..20000\n",
      "f.yaml:3: experiments.seeds: a plan has at most 20000 runs"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    seeds: 1..200\n    grid:\n"
        + "      batch: [1..9, 2]\n",
      "f.yaml:6: batch: must be an integer from 1 to 65536, not 1..9"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    set:\n      optimizer.weight_decoy: 1\n",
      "f.yaml:5: optimizer.weight_decoy: unknown key; did you mean optimizer.weight_decay?"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    set: {seed: 1}\n",
      "f.yaml:4: experiments.set: the seed is not set here but by seeds"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    where:\n      - if: {batch: 3}\n",
      "f.yaml:5: where: no run of A is as it says"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n  - name: A\n",
      "f.yaml:4: name: two experiments have the name A"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    grid: {batch: [8, 8]}\n",
      "f.yaml:3: A: two of its runs have one config: batch=8 and batch=8"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    cases: [{batch: 8}]\n    grid: {batch: 9}\n",
      "f.yaml:5: batch: the grid and the cases both vary it"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    set: {optimizer: {weight_decay: 1}}\n",
      "f.yaml:4: experiments.set: optimizer must be one value; keys have dots, as "
        + "optimizer.weight_decay"
    ),
    (
      "experiments:\n  - &a {name: A}\n",
      "f.yaml:2: experiments: anchors and aliases are not allowed"
    ),
    (
      "preset: tinny\nexperiments: [{name: A}]\n",
      "f.yaml:1: preset: must be one of modular-addition, modular-multiplication, sparse-parity, "
        + "tiny, not tinny"
    ),
    (
      "experiments: [{name: A}]\n",
      "f.yaml:1: task.name: is missing; it is modular-addition, modular-multiplication or "
        + "sparse-parity"
    ),
  ])
  func badPlansAreRefusedWithTheirPlace(text: String, message: String) {
    do {
      _ = try SweepPlan(yaml: text, file: "f.yaml")
      Issue.record("it was read: \(message)")
    } catch {
      #expect(error.description == message)
    }
  }

  @Test func aPlanHasABound() throws {
    let text = """
      preset: tiny
      experiments:
        - name: A
          seeds: 1..20000
          grid: {batch: [1, 2]}
      """
    #expect(throws: RecordError.self) { try SweepPlan(yaml: text) }
  }

  @Test func cellsAreDistinctAndShardsPartThem() throws {
    let sweep = Sweep(try SweepPlan(yaml: smallPlan))
    #expect(sweep.plan.runCounts.counted == 6)
    #expect(sweep.cells.count == 6)
    #expect(sweep.trajectories.count == 2)
    #expect(sweep.trajectories[0].spec?.logInterval == 10)
    #expect(sweep.trajectories[0].views.count == 4)
    for count in 1...4 {
      let keys = (1...count).flatMap { sweep.shard($0, of: count).map(\.key) }
      #expect(keys.sorted() == sweep.trajectories.map(\.key).sorted())
    }
  }

  /// Counted by hand from the paper's tables: 10 + 80 + 49 + 5 + 25 + 45 + 10 + 10 + 15 + 20 + 15 + 9.
  @Test func thePaperHas293Runs() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
    let paper = try String(contentsOfFile: root + "/bundles/paper/plan.yaml", encoding: .utf8)
    let plan = try SweepPlan(yaml: paper)
    #expect(plan.runCounts.counted == 293)
    let counts = Dictionary(
      plan.experiments.map { ($0.name.prefix { $0 != "-" }, $0.isExtra ? 0 : $0.runs.count) },
      uniquingKeysWith: +)
    #expect(
      counts == [
        "S1": 10, "S2": 80, "S3": 49, "S4": 5, "S5A": 25, "S5B": 45, "S6": 10, "S7": 10, "S8": 15,
        "S9": 20, "S10": 15, "base": 9,
      ])
    let beyond = try String(contentsOfFile: root + "/bundles/beyond/plan.yaml", encoding: .utf8)
    #expect(try SweepPlan(yaml: beyond).runCounts.counted == 123)
  }
}
