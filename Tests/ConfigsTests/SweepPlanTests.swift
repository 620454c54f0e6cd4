import Configs
import Foundation
import RunRecords
import Testing

private let seeds = "must be a seed, a range as 42..51, or a list of these, not "
private let zeros = String(repeating: "0", count: 100)

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

  /// No preset has this optimizer, and one of its keys has no default.
  @Test func exceptionsMeanRunsOfAnotherOptimizerToo() throws {
    let plan = try SweepPlan(
      yaml: """
        preset: tiny
        set: {optimizer.name: sgd, optimizer.decay_convention: two-lambda}
        experiments:
          - name: A
            grid: {optimizer.weight_decay: [0.1, 0.2]}
            where:
              - {if: {optimizer.weight_decay: 2e-1}, set: {max_steps: 77}}
        """)
    #expect(plan.experiments[0].runs.map(\.spec?.maxSteps) == [400, 77])
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
    #expect(runs.map(\.spec?.maxSteps) == [77, 78, 400])
    #expect(runs.map(\.order) == [1, 1, 5])
    #expect(runs.map(\.expectedSteps) == [nil, 50, nil])
  }

  @Test(arguments: [
    ("preset: tiny\n", "f.yaml:1: experiments: is missing"),
    ("experiments: []\n", "f.yaml:1: experiments: must be a list that is not empty"),
    (
      "experiments:\n  - name: A\n    sed: 1\n",
      "f.yaml:3: experiments.sed: unknown key; known: name, about, extra, order, expect, preset, "
        + "set, cases, grid, seeds, where, at, at_memorization, perturbations"
    ),
    ("experiments:\n  - seeds: 1\n", "f.yaml:2: experiments.name: is missing"),
    (
      "experiments:\n  - name: A\n    seeds: 5..4\n",
      "f.yaml:3: experiments.seeds: \(seeds)5..4; a range rises, and has less than 2^63 seeds"
    ),
    (
      "experiments:\n  - name: A\n    seeds: 0..18446744073709551615\n",
      "f.yaml:3: experiments.seeds: \(seeds)0..18446744073709551615; a range rises, and has less "
        + "than 2^63 seeds"
    ),
    (
      "experiments:\n  - name: A\n    seeds: 1,2,3\n",
      "f.yaml:3: experiments.seeds: \(seeds)1,2,3; a list is written [1, 2, 3]"
    ),
    (
      "experiments:\n  - name: A\n    seeds: 1...3\n",
      "f.yaml:3: experiments.seeds: \(seeds)1...3; a range is written 1..3"
    ),
    (
      "experiments:\n  - name: A\n    seeds: 1-3\n",
      "f.yaml:3: experiments.seeds: \(seeds)1-3; a range is written 1..3"
    ),
    (
      "experiments:\n  - name: A\n    seeds: \"1..3\"\n",
      "f.yaml:3: experiments.seeds: \(seeds)\"1..3\"; seeds have no quotes"
    ),
    (
      "experiments:\n  - name: A\n    seeds: x\n",
      "f.yaml:3: experiments.seeds: \(seeds)x"
    ),
    (
      "task: {name: sparse-parity}\nseed: 3\n",
      "f.yaml:1: task: unknown key; known: preset, set, also, experiments; this is a config of "
        + "one run, which `regrok run` performs"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    seed: 3\n",
      """
      f.yaml:4: experiments.seed: unknown key; known: name, about, extra, order, expect, \
      preset, set, cases, grid, seeds, where, at, at_memorization, perturbations; the seeds \
      are set by seeds
      """
    ),
    (
      "preset:\u{A0}tiny\n",
      "f.yaml:1: must be a mapping of keys: preset, set, also, experiments; it has a no-break "
        + "space (U+00A0), which is no space in YAML"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    set: {optimizer.epsilon: 1\(zeros)}\n",
      "f.yaml:4: experiments.set: the value of optimizer.epsilon has at most 100 bytes"
    ),
    (
      "experiments:\n  - name: A\n    seeds: 0..20000\n",
      "f.yaml:3: experiments.seeds: a plan has at most 20000 runs"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    seeds: 1..200\n    grid:\n"
        + "      batch: [1..9, 2]\n",
      "f.yaml:6: batch: must be an integer from 1 to 65536, not 1..9; many values are a list in a "
        + "plan, as [1, 2, 3], and ranges are for seeds"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    set:\n      optimizer.weight_decoy: 1\n",
      "f.yaml:5: optimizer.weight_decoy: unknown key; did you mean optimizer.weight_decay?"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    set: {seed: 1}\n",
      "f.yaml:4: experiments.set: the key seeds sets the seed, not this one"
    ),
    (
      "preset: tiny\nexperiments:\n  - name: A\n    where:\n      - if: {batch: 3}\n",
      "f.yaml:5: where: no run of A has these values"
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
      "f.yaml:1: task.name: is missing; it is modular-addition, modular-multiplication, "
        + "sparse-parity, modular-operation or permutations"
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

  private static let bombs: [String] = {
    func numbers(_ range: ClosedRange<Int>) -> String {
      range.map(String.init).joined(separator: ",")
    }
    let axes = ["a", "b", "c", "d", "e", "f", "g", "h"].map { "\($0): [\(numbers(1...199))]" }
    let condition = "      - {if: {batch: [\(numbers(1...9))]}}\n"
    return [
      "seeds: [\(String(repeating: "0..19999,", count: 7200))1]",
      "seeds: [\(String(repeating: "0..9223372036854775805,", count: 2500))1]",
      "grid: {\(axes.joined(separator: ","))}",
      "seeds: 0..19999\n    grid: {batch: [\(numbers(1...1500))]}",
      "seeds: 0..19999\n    cases: [\(String(repeating: "{batch: 1},", count: 4000)){batch: 2}]",
      "seeds: 0..19999\n    where:\n\(String(repeating: condition, count: 1400))",
    ]
  }()

  /// Plans of at most 64 KiB that ask for far too many runs. Each is refused before its runs are
  /// made.
  @Test(arguments: bombs)
  func aPlanThatMultipliesIsRefused(_ bomb: String) {
    let text = "preset: tiny\nexperiments:\n  - name: A\n    \(bomb)\n"
    #expect(text.utf8.count <= SweepPlan.largestPlan)
    let error = #expect(throws: RecordError.self) { try SweepPlan(yaml: text, file: "f.yaml") }
    #expect(
      error?.description.contains("a plan has at most 20000 runs") == true
        || error?.description.contains("are at most 2000000") == true, "\(error as Any)")
  }

  /// A condition may spell a value in any way that a config takes, and in no other.
  @Test func exceptionsCompareValuesAsConfigsReadThem() throws {
    func matched(_ condition: String) throws -> Bool {
      let text = """
        preset: tiny
        experiments:
          - name: A
            grid: {batch: [16, 8]}
            seeds: [7, 8]
            where: [{if: {\(condition)}, set: {max_steps: 3}}]
        """
      do {
        return try SweepPlan(yaml: text).experiments[0].runs.contains { $0.spec?.maxSteps == 3 }
      } catch {
        #expect(error.description.contains("no run of A has these values"))
        return false
      }
    }
    for condition in [
      "batch: 16", "seed: 7", "seed: \"8\"", "optimizer.name: adamw", "optimizer.epsilon: 1e-8",
      "optimizer.epsilon: 0.00000001", "optimizer.weight_decay: 1", "optimizer.weight_decay: 1.0",
      "optimizer.weight_decay: 10e-1", "task.name: \"modular-addition\"", "batch: [3, 8]",
      "numerics: 1", "loss.temperature: 1", "loss.temperature: 1.0", "loss.name: cross-entropy",
      "model.layers: 1", "optimizer.decay_on: all", "sampling: with-replacement",
    ] {
      #expect(try matched(condition), "\(condition)")
    }
    for condition in [
      "batch: 16.0", "batch: 1.6e1", "batch: \"16\"", "seed: 07", "batch: 9", "wd: 1",
      "optimizer.weight_decay: \"1\"", "optimizer.weight_decay: 1.", "optimizer: 1",
      "optimizer.decay_convention: lambda", "task.name: modular", "loss.temperature: 2",
      "loss.name: stablemax", "model.layers: 2", "model.layers: 1.0", "model.bias: on",
      "log.columns: zero_loss", "schedule.steps: 10000",
    ] {
      #expect(try !matched(condition), "\(condition)")
    }
  }

  /// Counted by hand from the paper's tables: 10 + 80 + 49 + 5 + 25 + 45 + 10 + 10 + 15 + 20 + 15 +
  /// 9.
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

extension SweepPlan.PlannedRun {
  /// Nil for a program's run.
  fileprivate var spec: RunSpec? {
    switch config {
    case .trainer(let spec): spec
    case .program: nil
    }
  }
}
