extension SweepPlan {
  /// Reads a plan as people write it, and every config in it.
  ///
  /// - Parameters:
  ///   - text: The content of the file.
  ///   - file: Its name, for errors.
  public init(yaml text: String, file: String = "") throws(RecordError) {
    guard text.utf8.count <= Self.largestPlan else {
      throw .config(
        place: file, key: "", reason: "a plan has at most \(Self.largestPlan) bytes")
    }
    guard let root = try YAMLTree.read(text, file: file) else {
      throw .config(place: file, key: "", reason: "a plan has experiments, and this is empty")
    }
    let section = try YAMLSection(plan: root, name: "", keys: ["preset", "set", "experiments"])
    let preset = try section.preset()
    let settings = try section.settings("set")
    var experiments: [Experiment] = []
    var count = 0
    for item in try section.items("experiments", required: true) {
      let reader = try ExperimentReader(item, preset: preset, settings: settings)
      if experiments.contains(where: { $0.name == reader.name }) {
        throw .config(
          place: item.place, key: "name", reason: "two experiments have the name \(reader.name)")
      }
      let experiment = try reader.experiment(mostRuns: Self.mostRuns - count)
      count += experiment.runs.count
      experiments.append(experiment)
    }
    self.init(experiments: experiments)
  }
}

/// One experiment of a plan, before its runs have been formed.
private struct ExperimentReader {
  let name: String
  private let about: String
  private let isExtra: Bool
  private let order: Int
  private let expectedSteps: Int?
  private let preset: Preset?
  private let place: String
  /// What all of its runs have.
  private let settings: [ConfigSetting]
  /// Each a list of alternatives; the runs are their product.
  private let axes: [[[ConfigSetting]]]
  private let exceptions: [PlanException]

  static let keys = [
    "name", "about", "extra", "order", "expect", "preset", "set", "cases", "grid", "seeds", "where",
  ]

  init(_ tree: YAMLTree, preset: Preset?, settings: [ConfigSetting]) throws(RecordError) {
    let section = try YAMLSection(plan: tree, name: "experiments", keys: Self.keys)
    place = tree.place
    name = try section.text("name")
    about = try section.text("about", default: "")
    isExtra = try section.flag("extra")
    order = try section.integer("order", in: 0...1_000_000) ?? 0
    expectedSteps = try section.integer("expect", in: 1...1 << 31)
    self.preset = try section.preset() ?? preset
    self.settings = settings + (try section.settings("set"))

    var axes: [[[ConfigSetting]]] = []
    let cases = try section.cases("cases")
    if !cases.isEmpty { axes.append(cases) }
    axes += try section.grid("grid").map { $0.map { [$0] } }
    var taken: Set<String> = []
    for axis in axes {
      let keys = Set(axis.joined().map(\.key))
      if let twice = keys.intersection(taken).sorted().first,
        let setting = axis.joined().first(where: { $0.key == twice })
      {
        throw .config(
          place: setting.place, key: twice, reason: "the grid and the cases both vary it")
      }
      taken.formUnion(keys)
    }
    let seeds = try section.seeds("seeds")
    if !seeds.isEmpty { axes.append(seeds.map { [$0] }) }
    self.axes = axes
    var exceptions: [PlanException] = []
    for item in try section.items("where") { exceptions.append(try PlanException(item)) }
    self.exceptions = exceptions
  }

  /// Its runs, whose number is known before the first is made.
  func experiment(mostRuns: Int) throws(RecordError) -> SweepPlan.Experiment {
    let count = try runCount(most: mostRuns)
    var matches = [Int](repeating: 0, count: exceptions.count)
    var runs: [SweepPlan.PlannedRun] = []
    runs.reserveCapacity(count)
    var memory = RunSpec.ValueMemory()
    for index in 0..<count {
      // The place on each axis, the last axis fastest.
      var rest = index
      var places: [Int] = []
      for axis in axes.reversed() {
        places.append(rest % axis.count)
        rest /= axis.count
      }
      let varied = zip(axes, places.reversed()).flatMap { $0[$1] }
      runs.append(try run(varied, &matches, &memory))
    }
    for (exception, count) in zip(exceptions, matches) where count == 0 {
      throw .config(
        place: exception.place, key: "where", reason: "no run of \(name) is as it says")
    }
    var labels: [RunSpec: String] = [:]
    for run in runs {
      if let other = labels.updateValue(run.label, forKey: run.spec) {
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
    return count
  }

  private func run(
    _ varied: [ConfigSetting], _ matches: inout [Int], _ memory: inout RunSpec.ValueMemory
  ) throws(RecordError) -> SweepPlan.PlannedRun {
    func spec(_ settings: [ConfigSetting]) throws(RecordError) -> RunSpec {
      try RunSpec(settings: settings, preset: preset, place: place)
    }
    let plain = settings + varied
    let base = try spec(plain)
    var all = plain
    var order = order
    var expectedSteps = expectedSteps
    let values = exceptions.isEmpty ? [:] : base.canonicalJSON.leaves
    for (index, exception) in exceptions.enumerated() {
      let isMeant = exception.conditions.allSatisfy { alternatives in
        alternatives.contains { memory.has($0, values, of: base) }
      }
      guard isMeant else { continue }
      matches[index] += 1
      all += exception.settings
      order = exception.order ?? order
      expectedSteps = exception.expectedSteps ?? expectedSteps
    }
    let label = varied.map { setting in
      (setting.key.split(separator: ".").last.map(String.init) ?? setting.key) + "="
        + setting.value
    }
    return SweepPlan.PlannedRun(
      spec: all.count == plain.count ? base : try spec(all), label: label.joined(separator: " "),
      order: order, expectedSteps: expectedSteps)
  }
}

/// What some runs of an experiment have that the others do not.
private struct PlanException {
  let place: String
  /// A run is meant that has one value of each.
  let conditions: [[ConfigSetting]]
  let settings: [ConfigSetting]
  let order: Int?
  let expectedSteps: Int?

  init(_ tree: YAMLTree) throws(RecordError) {
    let section = try YAMLSection(
      plan: tree, name: "where", keys: ["if", "set", "order", "expect"])
    place = tree.place
    conditions = try section.grid("if", allowsSeed: true)
    settings = try section.settings("set")
    order = try section.integer("order", in: 0...1_000_000)
    expectedSteps = try section.integer("expect", in: 1...1 << 31)
    if conditions.isEmpty {
      throw .config(place: place, key: "where", reason: "it has to say \"if\" which runs")
    }
  }
}
