import Configs
import RunRecords
import Testing

/// Plans whose runs are runs of a program.
@Suite struct ProgramPlanTests {
  /// The configs of the program files, by file name.
  private static let configs: [String: CanonicalJSON?] = [
    "p.yaml": ["lr": 0.5, "seed": 0, "name": "x", "model": ["width": 16, "layers": [1, 2]]],
    "other.yaml": ["lr": 1, "model": ["seed": 3]],
    "dots.yaml": ["a.b": 1, "a": ["b.c": 2]],
    "plain.yaml": nil,
  ]

  private static func plan(_ text: String) throws(RecordError) -> SweepPlan {
    try SweepPlan(yaml: text, file: "f.yaml") { (file) throws(RecordError) in
      guard let config = configs[file] else {
        throw .config(place: file, key: "", reason: "no such file")
      }
      return config
    }
  }

  private static func programs(_ text: String) throws -> [PlannedProgram] {
    try plan(text).experiments.flatMap(\.runs).map { run in
      switch run.config {
      case .program(let program): return program
      case .trainer:
        Issue.record("\(run.label) is a run of the trainer")
        return PlannedProgram(file: "", config: nil)
      }
    }
  }

  @Test func runsAreTheProductWithSeedsFastest() throws {
    let plan = try Self.plan(
      """
      program: p.yaml
      set: {name: "1"}
      experiments:
        - name: A
          about: what it is
          extra: true
          order: 3
          cases: [{model.width: 32}, {model.width: ~, model.layers: 0x10}]
          grid: {lr: [0.1, 1e-2]}
          seeds: 1..2
      """)
    let experiment = try #require(plan.experiments.first)
    #expect(experiment.isExtra && experiment.about == "what it is")
    #expect(experiment.runs.map(\.order) == Array(repeating: 3, count: 8))
    #expect(plan.runCounts == (counted: 0, extra: 8))
    #expect(
      experiment.runs.map(\.label) == [
        "width=32 lr=0.1 seed=1", "width=32 lr=0.1 seed=2", "width=32 lr=1e-2 seed=1",
        "width=32 lr=1e-2 seed=2", "width=~ layers=0x10 lr=0.1 seed=1",
        "width=~ layers=0x10 lr=0.1 seed=2", "width=~ layers=0x10 lr=1e-2 seed=1",
        "width=~ layers=0x10 lr=1e-2 seed=2",
      ])
    #expect(
      experiment.runs[1].config
        == .program(
          PlannedProgram(
            file: "p.yaml",
            config: [
              "lr": 0.1, "seed": 2, "name": "1", "model": ["width": 32, "layers": [1, 2]],
            ])))
    #expect(
      experiment.runs[7].config
        == .program(
          PlannedProgram(
            file: "p.yaml",
            config: [
              "lr": 0.01, "seed": 2, "name": "1", "model": ["width": .null, "layers": 16],
            ])))
  }

  @Test func anExperimentHasItsOwnProgramOrPreset() throws {
    let plan = try Self.plan(
      """
      program: p.yaml
      experiments:
        - {name: A}
        - {name: B, program: other.yaml, seed: model.seed, seeds: [7, 9]}
        - {name: C, preset: tiny, set: {max_steps: 3}}
        - {name: D, program: plain.yaml}
      """)
    #expect(
      plan.experiments.map { $0.runs.map(\.config.kind) } == [
        [.program], [.program, .program], [.trainer], [.program],
      ])
    #expect(
      plan.experiments[1].runs.map(\.config)
        == [7, 9].map { seed in
          .program(
            PlannedProgram(file: "other.yaml", config: ["lr": 1, "model": ["seed": seed]]))
        })
    #expect(
      plan.experiments[3].runs.map(\.config)
        == [.program(PlannedProgram(file: "plain.yaml", config: nil))])
  }

  @Test func exceptionsMeanRunsByTheirValues() throws {
    let programs = try Self.programs(
      """
      program: p.yaml
      experiments:
        - name: A
          grid: {lr: [0.5, 1, "1"]}
          where:
            - {if: {lr: [5e-1, "1"], model.width: 16}, set: {name: a}}
            - {if: {lr: 1.0, seed: 0}, set: {model.width: 1}}
      """)
    #expect(programs.map { $0.config?["name"]?.stringValue } == ["a", "x", "a"])
    #expect(programs.map { $0.config?["model"]?["width"]?.intValue } == [16, 1, 16])
  }

  @Test func keysMayHaveDotsThemselves() throws {
    let programs = try Self.programs(
      "program: dots.yaml\nexperiments:\n  - {name: A, set: {a.b: 7, a.b.c: 8}}\n")
    #expect(programs.map(\.config) == [["a.b": 7, "a": ["b.c": 8]]])
  }

  @Test(arguments: [
    (
      "program: none.yaml\nexperiments: [{name: A}]\n", "f.yaml:1: program: none.yaml: no such file"
    ),
    (
      "experiments:\n  - {name: A, program: none.yaml}\n",
      "f.yaml:2: experiments.program: none.yaml: no such file"
    ),
    ("program: [p.yaml]\nexperiments: [{name: A}]\n", "f.yaml:1: program: must be text"),
    (
      "preset: tiny\nprogram: p.yaml\nexperiments: [{name: A}]\n",
      "f.yaml:2: program: cannot be given together with preset"
    ),
    (
      "program: p.yaml\nexperiments:\n  - name: A\n    preset: tiny\n    program: p.yaml\n",
      "f.yaml:5: experiments.program: cannot be given together with preset"
    ),
    (
      "program: p.yaml\nsets: {lr: 1}\nexperiments: [{name: A}]\n",
      "f.yaml:2: sets: unknown key; known: preset, program, seed, set, also, experiments"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, sed: 1}\n",
      "f.yaml:3: experiments.sed: unknown key; known: name, about, extra, order, expect, preset, "
        + "program, seed, set, cases, grid, seeds, where"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, preset: tiny, seed: 1}\n",
      """
      f.yaml:3: experiments.seed: unknown key; known: name, about, extra, order, expect, \
      preset, set, cases, grid, seeds, where, at, at_memorization, perturbations; the seeds \
      are set by seeds
      """
    ),
    (
      "program: p.yaml\nexperiments:\n  - name: A\n    grid:\n      modle.width: [1, 2]\n",
      "f.yaml:5: modle.width: the config of p.yaml has no such key; did you mean model.width?"
    ),
    (
      "program: p.yaml\nset:\n  zzzzzzzz: 1\nexperiments: [{name: A}]\n",
      "f.yaml:3: zzzzzzzz: the config of p.yaml has no such key"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, set: {model: 1}}\n",
      "f.yaml:3: model: it has keys of its own; keys have dots, as optimizer.lr"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, where: [{if: {rl: 1}, set: {lr: 2}}]}\n",
      "f.yaml:3: rl: the config of p.yaml has no such key; did you mean lr?"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, where: [{if: {lr: 3}, set: {lr: 2}}]}\n",
      "f.yaml:3: where: no run of A has these values"
    ),
    (
      "program: plain.yaml\nexperiments:\n  - {name: A, set: {lr: 1}}\n",
      "f.yaml:3: lr: plain.yaml has no config"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, set: {seed: 1}}\n",
      "f.yaml:3: experiments.set: the key seeds sets the seed, not this one"
    ),
    (
      "program: other.yaml\nseed: model.seed\nset: {model.seed: 1}\nexperiments: [{name: A}]\n",
      "f.yaml:3: set: the key seeds sets the seed, not this one"
    ),
    (
      "program: other.yaml\nexperiments:\n  - name: A\n    seeds: 1..2\n",
      "f.yaml:4: experiments.seeds: the config of other.yaml has no key seed; the one that "
        + "seeds set is named by seed"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, seeds: 9007199254740993}\n",
      "f.yaml:3: experiments.seeds: 9007199254740993 is beyond 2^53, the largest integer of a "
        + "program's config"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, set: {lr: .nan}}\n",
      "f.yaml:3: lr: .nan is no number that JSON has; in quotes it is a text"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, grid: {lr: [1, 1.0]}}\n",
      "f.yaml:3: A: two of its runs have one config: lr=1 and lr=1.0"
    ),
    (
      "program: p.yaml\nexperiments:\n  - {name: A, seeds: 0..20000}\n",
      "f.yaml:3: experiments.seeds: a plan has at most 20000 runs"
    ),
  ])
  func badPlansAreRefusedWithTheirPlace(text: String, message: String) {
    do throws(RecordError) {
      _ = try Self.plan(text)
      Issue.record("it was read: \(message)")
    } catch {
      #expect(error.description == message)
    }
  }

  @Test func withoutAReaderNoProgramIsRead() {
    do throws(RecordError) {
      _ = try SweepPlan(yaml: "program: p.yaml\nexperiments: [{name: A}]\n", file: "f.yaml")
      Issue.record("it was read")
    } catch {
      #expect(
        error.description == "f.yaml:1: program: only `regrok sweep` takes plans of programs")
    }
  }

  @Test func aFileIsReadOnce() throws {
    var count = 0
    _ = try SweepPlan(
      yaml: "program: p.yaml\nexperiments:\n  - {name: A}\n  - {name: B, program: p.yaml}\n"
    ) { _ in
      count += 1
      return ["seed": 1]
    }
    #expect(count == 1)
  }

  /// Each plan multiplies what a program file has. All are refused before the runs are made.
  @Test func aPlanThatMultipliesIsRefused() {
    let keys = (0..<3000).map { (CanonicalJSON.Key("key\($0)"), CanonicalJSON(1)) }
    let config = CanonicalJSON.object(
      Dictionary(uniqueKeysWithValues: keys + [("seed", 0)]))
    let files = (0...100).map { "  - {name: n\($0), program: p\($0)}\n" }.joined()
    let exception = "{if: {key0: 1}, set: {key1: 2, key2: 3, key3: 4}},"
    let exceptions = String(repeating: exception, count: 300)
    for (text, reason) in [
      (
        "program: p\nexperiments:\n  - {name: A, seeds: 0..19999}\n",
        "the configs of all programs' runs have at most 32 MiB together"
      ),
      ("experiments:\n" + files, "a plan names at most 100 program files"),
      (
        "program: p\nexperiments:\n  - {name: A, seeds: 1..3000, where: [\(exceptions)]}\n",
        "its runs times the values that \"where\" sets are at most 2000000"
      ),
    ] {
      let error = #expect(throws: RecordError.self) {
        try SweepPlan(yaml: text, file: "f.yaml") { $0 == "p" ? config : [:] }
      }
      #expect(error?.description.hasSuffix(reason) == true, "\(error as Any)")
    }
  }
}
