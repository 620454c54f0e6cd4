internal import Configs
internal import RunRecords

/// Sets of runs: the experiments that each name stands for.
typealias ExperimentSets = [String: [String]]

struct ExperimentReader {
  let parser: ExpressionParser
  let plan: (String) throws(RecordError) -> SweepPlan
  private(set) var experiments: [ClaimsFile.Experiment] = []
  private(set) var sets: ExperimentSets = [:]
  private var plans: [String: SweepPlan] = [:]
  private var runs = 0

  private static let most = 200
  private static let mostPlans = 20

  init(parser: ExpressionParser, plan: @escaping (String) throws(RecordError) -> SweepPlan) {
    self.parser = parser
    self.plan = plan
  }

  mutating func read(_ tree: YAMLTree) throws(RecordError) {
    let section = try YAMLSection(tree, name: "experiments", keys: nil)
    guard section.list.count <= Self.most else {
      throw section.refusal("", "there are at most \(Self.most) experiments")
    }
    for member in section.list {
      if case .list(let items) = member.value.content {
        var names: [String] = []
        for item in items {
          guard let name = item.scalar, let known = sets[name] else {
            throw section.refusal(
              member.key,
              "there is no experiment \(item.scalar?.prefix(40) ?? "of that form") above")
          }
          for name in known {
            guard !names.contains(name) else {
              throw section.refusal(member.key, "has \(name.prefix(40)) twice")
            }
            names.append(name)
          }
        }
        guard !names.isEmpty else { throw section.refusal(member.key, "has no experiment") }
        sets[member.key] = names
      } else {
        try read(member.key, member.value)
        sets[member.key] = [member.key]
      }
    }
  }

  private mutating func read(_ name: String, _ tree: YAMLTree) throws(RecordError) {
    let section = try ClaimsSection(
      tree, "experiments." + name,
      keys: ["plan", "experiment", "where", "seeds", "least", "spectra"], parser)
    let least = try section.integer("least", in: 1...100_000)
    var source: ClaimsFile.Experiment.Source
    if let condition = try section.expression("where", .condition) {
      for key in ["plan", "experiment", "seeds"] where section[key] != nil {
        throw section.refusal(key, "cannot be given together with where")
      }
      source = .recorded(condition)
    } else {
      source = try cells(section)
      if case .cells(_, _, false) = source, least != nil {
        throw section.refusal("least", "goes with seeds: any, or with where")
      }
    }
    experiments.append(
      ClaimsFile.Experiment(
        name: name, source: source, leastSeeds: least ?? 1,
        spectra: try section.choice("spectra", of: ClaimsFile.Experiment.Spectra.self)))
  }

  private mutating func cells(_ section: ClaimsSection) throws(RecordError)
    -> ClaimsFile.Experiment.Source
  {
    let path = try section.required("plan", try section.text("plan"))
    let name = try section.required("experiment", try section.text("experiment"))
    if plans[path] == nil {
      guard plans.count < Self.mostPlans else {
        throw section.refusal("plan", "a file names at most \(Self.mostPlans) plans")
      }
      do throws(RecordError) {
        plans[path] = try plan(path)
      } catch {
        throw section.refusal("plan", "\(error)")
      }
    }
    guard let experiment = plans[path]?.experiments.first(where: { $0.name == name }) else {
      let known = plans[path]?.experiments.map(\.name) ?? []
      let meant = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      throw section.refusal("experiment", "\(path) has no experiment \(name.prefix(40))\(meant)")
    }
    var specs: [RunSpec] = []
    var later: [SweepPlan.PlannedRun] = []
    for run in experiment.runs {
      switch run.config {
      case .trainer(let spec):
        if run.changesAtMemorization.isEmpty { specs.append(spec) } else { later.append(run) }
      case .program:
        throw section.refusal(
          "experiment", "\(name.prefix(40)) has runs of a program, of which no claims are made")
      }
    }
    runs += specs.count + later.count
    guard runs <= ClaimsFile.mostRuns else {
      throw section.refusal(
        "experiment", "the experiments of a file ask for at most \(ClaimsFile.mostRuns) runs")
    }
    switch try section.text("seeds") {
    case nil: return .cells(specs, later: later, takesAnySeed: false)
    case "any":
      guard later.isEmpty else {
        throw section.refusal("seeds", "of runs that go off at memorisation are those of the plan")
      }
      var seen: Set<RunSpec> = []
      let cells = specs.filter { spec in
        var cell = spec
        cell.seed = 0
        return seen.insert(cell).inserted
      }
      return .cells(cells, later: [], takesAnySeed: true)
    case .some(let text):
      throw section.refusal("seeds", "can only be any, not \(text.prefix(40))")
    }
  }
}
