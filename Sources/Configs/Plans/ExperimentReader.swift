internal import Catalogue
internal import RunRecords

/// One experiment of a plan, before its runs have been formed.
struct ExperimentReader {
  let name: String
  private let about: String
  private let isExtra: Bool
  private let order: Int
  private let expectedSteps: Int?
  private let base: PlanBase
  private let place: String
  /// What all its runs are set to, unless the base has it already.
  private let settings: [ConfigSetting]
  /// The changes on the way that all its runs have.
  private let changes: PlannedChanges
  /// Each axis is a list of alternatives. The runs are the product of the axes.
  private let axes: [[Alternative]]
  private let perturbations: Perturbations?
  private let exceptions: [PlanException]

  private static let keys = [
    "name", "about", "extra", "order", "expect", "preset", "set", "cases", "grid", "seeds", "where",
  ]
  private static let programKeys = keys.prefix(6) + ["program", "seed"] + keys.dropFirst(6)
  private static let trainerKeys = keys + PlannedChanges.keys + ["perturbations"]

  /// - Parameters:
  ///   - base: What the plan states for all experiments.
  ///   - outer: The settings that the plan has for all experiments.
  init(
    _ tree: YAMLTree, base: PlanBase, settings outer: [ConfigSetting],
    _ programs: inout ProgramFiles
  ) throws(RecordError) {
    let section = try YAMLSection(
      plan: tree, name: "experiments",
      keys: PlanBase.isProgram(tree, over: base) ? Array(Self.programKeys) : Self.trainerKeys)
    place = tree.place
    name = try section.text("name")
    about = try section.text("about", default: "")
    isExtra = try section.flag("extra")
    order = try section.integer("order", in: 0...1_000_000) ?? 0
    expectedSteps = try section.integer("expect", in: 1...1 << 31)
    let base = try PlanBase(section, over: base, &programs)
    let seedKey = base.seedKey
    let settings = outer + (try section.settings("set", seedKey: seedKey))

    changes = try PlannedChanges(section)
    var axes: [[Alternative]] = []
    let cases = try section.cases("cases", seedKey: seedKey, base)
    if !cases.isEmpty { axes.append(cases) }
    axes += try section.grid("grid", seedKey: seedKey).map {
      $0.map { Alternative(settings: [$0]) }
    }
    var taken: Set<String> = []
    for axis in axes {
      let settings = axis.flatMap(\.settings)
      let keys = Set(settings.map(\.key))
      if let twice = keys.intersection(taken).sorted().first,
        let setting = settings.first(where: { $0.key == twice })
      {
        throw .config(
          place: setting.place, key: twice, reason: "the grid and the cases both vary it")
      }
      taken.formUnion(keys)
    }
    let seeds = try section.seeds("seeds", seedKey: seedKey)
    if !seeds.isEmpty { axes.append(seeds.map { Alternative(settings: [$0]) }) }
    perturbations = try section["perturbations"].map { (tree) throws(RecordError) in
      try Perturbations(tree)
    }
    if let perturbations {
      axes.append((0..<perturbations.count).map { Alternative(perturbation: $0) })
    }
    self.axes = axes
    var exceptions: [PlanException] = []
    for item in try section.items("where") {
      exceptions.append(try PlanException(item, seedKey: seedKey))
    }
    self.exceptions = exceptions
    switch base {
    case .trainer: (self.base, self.settings) = (base, settings)
    case .program(var program):
      for seed in seeds {
        func refusal(_ reason: String) -> RecordError {
          section.refusal("seeds", reason, at: seed.place)
        }
        guard program.hasKey(seed.key) else {
          throw refusal(
            "the config of \(program.file) has no key \(seed.key); the one that seeds set is "
              + "named by seed")
        }
        guard UInt64(seed.value).map({ $0 <= 1 << 53 }) ?? false else {
          throw refusal("\(seed.value) is beyond 2^53, the largest integer of a program's config")
        }
      }
      try program.set(settings)
      try program.find(axes.lazy.joined().flatMap(\.settings))
      for exception in exceptions {
        try program.find(exception.conditions.lazy.joined())
        try program.find(exception.settings)
      }
      (self.base, self.settings) = (.program(program), [])
    }
  }

  /// The experiment with its runs. How many there are is known before the first is made.
  func experiment(
    mostRuns: Int, _ programs: inout ProgramFiles
  ) throws(RecordError) -> SweepPlan.Experiment {
    let count = try runCount(most: mostRuns)
    switch base {
    case .trainer: break
    case .program(let program):
      guard programs.hasRoom(for: count, of: program) else {
        throw .config(
          place: place, key: name,
          reason: "the configs of all programs' runs have at most "
            + "\(SweepPlan.mostConfigBytes >> 20) MiB together")
      }
    }
    var matches = [Int](repeating: 0, count: exceptions.count)
    var runs: [SweepPlan.PlannedRun] = []
    runs.reserveCapacity(count)
    var memory = RunSpec.ValueMemory()
    var elements = ElementMemory()
    for index in 0..<count {
      // The place on each axis; the last axis varies fastest.
      var rest = index
      var places: [Int] = []
      for axis in axes.reversed() {
        places.append(rest % axis.count)
        rest /= axis.count
      }
      let varied = zip(axes, places.reversed()).map { $0[$1] }
      var run = try run(varied, &matches, &memory)
      if let index = varied.compactMap(\.perturbation).first, let perturbations {
        try perturbations.add(
          try elements.element(index, of: run, perturbations), to: &run)
      }
      runs.append(run)
    }
    for (exception, count) in zip(exceptions, matches) where count == 0 {
      throw .config(
        place: exception.place, key: "where", reason: "no run of \(name) has these values")
    }
    struct Whole: Hashable {
      var config: PlannedConfig
      var changes: [Intervention]
    }
    var labels: [Whole: String] = [:]
    for run in runs {
      let whole = Whole(config: run.config, changes: run.changesAtMemorization)
      if let other = labels.updateValue(run.label, forKey: whole) {
        throw .config(
          place: place, key: name,
          reason: "two of its runs have one config: \(other) and \(run.label)")
      }
    }
    return SweepPlan.Experiment(name: name, about: about, isExtra: isExtra, runs: runs)
  }

  private func runCount(most: Int) throws(RecordError) -> Int {
    func product(_ counts: [Int], most: Int, _ reason: String) throws(RecordError) -> Int {
      var product = 1
      for count in counts {
        let (next, overflow) = product.multipliedReportingOverflow(by: count)
        product = next
        if overflow || product > most { throw .config(place: place, key: name, reason: reason) }
      }
      return product
    }
    let count = try product(
      axes.map(\.count), most: most, "a plan has at most \(SweepPlan.mostRuns) runs")
    let compared = exceptions.reduce(0) { $0 + $1.conditions.reduce(0) { $0 + $1.count } }
    _ = try product(
      [count, compared], most: SweepPlan.mostComparisons,
      "its runs times the values after \"if\" are at most \(SweepPlan.mostComparisons)")
    switch base {
    // The keys of the trainer are few.
    case .trainer: break
    case .program:
      let set = exceptions.reduce(0) { $0 + $1.settings.count }
      _ = try product(
        [count, set], most: SweepPlan.mostComparisons,
        "its runs times the values that \"where\" sets are at most \(SweepPlan.mostComparisons)")
    }
    return count
  }

  private func run(
    _ varied: [Alternative], _ matches: inout [Int], _ memory: inout RunSpec.ValueMemory
  ) throws(RecordError) -> SweepPlan.PlannedRun {
    let plain = settings + varied.flatMap(\.settings)
    let changes = varied.reduce(changes) { $0 + $1.changes }
    var (config, later) = try planned(plain, changes)
    var all = plain
    var order = order
    var expectedSteps = expectedSteps
    for index in try meant(by: config, &memory) {
      let exception = exceptions[index]
      matches[index] += 1
      all += exception.settings
      order = exception.order ?? order
      expectedSteps = exception.expectedSteps ?? expectedSteps
    }
    if all.count != plain.count { (config, later) = try planned(all, changes) }
    return SweepPlan.PlannedRun(
      config: config, changesAtMemorization: later, label: label(varied, config, later),
      order: order, expectedSteps: expectedSteps)
  }

  /// What tells a run apart from the others of the experiment.
  private func label(
    _ varied: [Alternative], _ config: PlannedConfig, _ later: [Intervention]
  ) -> String {
    var parts: [String] = []
    for alternative in varied {
      parts += alternative.settings.map { setting in
        (setting.key.split(separator: ".").last.map(String.init) ?? setting.key) + "="
          + setting.value
      }
      if let index = alternative.perturbation { parts.append("perturbation=\(index)") }
      let changes = alternative.changes
      if case .trainer(let spec) = config, !changes.at.isEmpty {
        // The changes of the experiment come first.
        parts += spec.interventions.suffix(changes.at.count).map { "at \($0.step): \($0)" }
      }
      parts += later.suffix(changes.atMemorization.count).map { "at memorization: \($0)" }
    }
    return parts.joined(separator: " ")
  }

  private func planned(
    _ settings: [ConfigSetting], _ changes: PlannedChanges
  ) throws(RecordError) -> (PlannedConfig, later: [Intervention]) {
    switch base {
    case .trainer(let preset):
      let (spec, later) = try RunSpec.planned(settings, preset: preset, place: place, changes)
      return (.trainer(spec), later)
    case .program(let base): return (.program(try base.planned(settings)), [])
    }
  }

  /// The indices of the exceptions that apply to the run with this config.
  private func meant(
    by config: PlannedConfig, _ memory: inout RunSpec.ValueMemory
  ) throws(RecordError) -> [Int] {
    guard !exceptions.isEmpty else { return [] }
    var meant: [Int] = []
    switch (base, config) {
    case (.trainer, .trainer(let spec)):
      let values = spec.canonicalJSON.leaves
      for (index, exception) in exceptions.enumerated() {
        let isMeant = exception.conditions.allSatisfy { alternatives in
          alternatives.contains { memory.has($0, values, of: spec) }
        }
        if isMeant { meant.append(index) }
      }
    case (.program(let base), .program(let program)):
      for (index, exception) in exceptions.enumerated() {
        var isMeant = true
        for alternatives in exception.conditions where isMeant {
          isMeant = false
          for setting in alternatives where !isMeant { isMeant = try base.has(setting, program) }
        }
        if isMeant { meant.append(index) }
      }
    case (.trainer, .program), (.program, .trainer):
      preconditionFailure("a config of kind \(config.kind) over another base")
    }
    return meant
  }
}

/// The elements that are perturbed, found once for each model.
private struct ElementMemory {
  private var known: [Pairing: [(tensor: String, element: Int)]] = [:]

  mutating func element(
    _ index: Int, of run: SweepPlan.PlannedRun, _ perturbations: Perturbations
  ) throws(RecordError) -> (tensor: String, element: Int) {
    guard case .trainer(let spec) = run.config else {
      preconditionFailure("a program has no parameters")
    }
    let elements: [(tensor: String, element: Int)]
    if let found = known[spec.pairing] {
      elements = found
    } else {
      elements = try perturbations.elements(of: spec)
      known[spec.pairing] = elements
    }
    return elements[index]
  }
}

/// What some runs of an experiment have and the others do not.
struct PlanException {
  let place: String
  /// The exception applies to a run that has one value of each list.
  let conditions: [[ConfigSetting]]
  let settings: [ConfigSetting]
  let order: Int?
  let expectedSteps: Int?

  init(_ tree: YAMLTree, seedKey: String) throws(RecordError) {
    let section = try YAMLSection(
      plan: tree, name: "where", keys: ["if", "set", "order", "expect"])
    place = tree.place
    conditions = try section.grid("if", seedKey: nil)
    settings = try section.settings("set", seedKey: seedKey)
    order = try section.integer("order", in: 0...1_000_000)
    expectedSteps = try section.integer("expect", in: 1...1 << 31)
    if conditions.isEmpty {
      throw .config(place: place, key: "where", reason: "it has to say \"if\" which runs")
    }
  }
}
