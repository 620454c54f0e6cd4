internal import Catalogue
internal import DeterministicNumerics
public import RunRecords

/// The changes that runs of an experiment have on their way, as a plan writes them.
struct PlannedChanges {
  /// The items of `at`.
  var at: [YAMLTree] = []
  /// The items of `at_memorization`, which have no step.
  var atMemorization: [YAMLTree] = []

  static let keys = ["at", "at_memorization"]

  init() {}

  /// The items of a section that may have both keys.
  init(_ section: YAMLSection) throws(RecordError) {
    at = try section.items("at")
    atMemorization = try section.items("at_memorization")
  }

  static func + (a: Self, b: Self) -> Self {
    var sum = a
    sum.at += b.at
    sum.atMemorization += b.atMemorization
    return sum
  }
}

/// One of the values on an axis of an experiment.
struct Alternative {
  var settings: [ConfigSetting] = []
  var changes = PlannedChanges()
  /// The index of the perturbation, if there is one.
  var perturbation: Int?
}

/// Runs that differ by a change of one element each. The elements are drawn, not chosen.
struct Perturbations {
  let count: Int
  private let ulps: Int
  /// The step of the change. Nil means once the run without the change has memorised.
  private let step: Int?
  private let draw: Int
  private let place: String

  /// The most perturbations of an experiment.
  private static let mostCount = 10_000

  init(_ tree: YAMLTree) throws(RecordError) {
    let section = try YAMLSection(
      plan: tree, name: "perturbations", keys: ["count", "ulps", "at", "draw"])
    place = tree.place
    guard let count = try section.integer("count", in: 1...Self.mostCount) else {
      throw section.refusal("count", "is missing")
    }
    self.count = count
    ulps = try section.integer("ulps", in: Intervention.ulpsBounds.range) ?? 1
    if ulps == 0 { throw section.refusal("ulps", "must not be 0") }
    draw = try section.integer("draw", in: 0...1 << 53) ?? 1
    if section["at"]?.scalar == "memorization" {
      step = nil
    } else {
      guard let step = try section.integer("at", in: 0...1 << 31) else {
        throw section.refusal("at", "must be a step, or memorization")
      }
      self.step = step
    }
  }

  /// The elements of a model that are changed, each a different one. The tensors are taken as one
  /// list, in order. Perturbation i takes the place of the first integer drawn from stream (6, i)
  /// that no earlier perturbation has taken (SPEC.md 2.8).
  func elements(of spec: RunSpec) throws(RecordError) -> [(tensor: String, element: Int)] {
    let tensors = spec.pairing.tensors
    let total = tensors.reduce(0) { $0 + $1.count }
    guard count <= total else {
      throw .config(
        place: place, key: "perturbations.count",
        reason: "is larger than the model, which has \(total) parameters")
    }
    var taken: Set<Int> = []
    return (0..<count).map { index in
      var stream = RandomStream(
        seed: UInt64(draw), purpose: .perturbation, index: UInt32(index))
      while true {
        var element = Int(stream.nextInteger(below: UInt32(total)))
        guard taken.insert(element).inserted else { continue }
        var tensor = 0
        while element >= tensors[tensor].count {
          element -= tensors[tensor].count
          tensor += 1
        }
        return (tensors[tensor].name, element)
      }
    }
  }

  /// Adds the change to those of a run.
  func add(
    _ element: (tensor: String, element: Int), to run: inout SweepPlan.PlannedRun
  ) throws(RecordError) {
    guard case .trainer(var spec) = run.config else { return }
    let action = Intervention.Action.perturb(
      tensor: element.tensor, element: element.element, ulps: ulps)
    guard let step else {
      run.changesAtMemorization.append(Intervention(step: 0, action: action))
      return
    }
    let next = spec.interventions.firstIndex { $0.step > step } ?? spec.interventions.count
    spec.interventions.insert(Intervention(step: step, action: action), at: next)
    do throws(RecordError) {
      run.config = .trainer(try RunSpec(json: spec.canonicalJSON))
    } catch {
      throw .config(place: place, key: "perturbations", reason: "\(error)")
    }
  }
}

extension RunSpec {
  /// Reads a config from settings and the changes that a plan has for it.
  ///
  /// - Parameter changes: Its items without a step (`atMemorization`) are read as of step 0.
  /// - Returns: The config without these items, and what they say.
  static func planned(
    _ settings: [ConfigSetting], preset: Preset?, place: String, _ changes: PlannedChanges
  ) throws(RecordError) -> (spec: RunSpec, later: [Intervention]) {
    let spec = try RunSpec(settings: settings, preset: preset, place: place, at: changes.at)
    guard !changes.atMemorization.isEmpty else { return (spec, []) }
    var items: [YAMLTree] = []
    for item in changes.atMemorization {
      guard case .mapping(let members) = item.content else {
        throw .config(
          place: item.place, key: "at_memorization", reason: "has an item that is no mapping")
      }
      if let step = members.first(where: { $0.key == "step" }) {
        throw .config(
          place: step.place, key: "at_memorization",
          reason: "has no step: it acts when the run without it has memorised")
      }
      let step = YAMLTree.Member(
        key: "step", place: item.place,
        value: YAMLTree(content: .plain("0"), place: item.place))
      items.append(YAMLTree(content: .mapping([step] + members), place: item.place))
    }
    let changed = try RunSpec(settings: settings, preset: preset, place: place, at: items)
    return (spec, changed.interventions)
  }
}

// MARK: Second stages

extension SweepPlan.PlannedRun {
  /// The config of a run that is changed once the run without the change has memorised, when the
  /// step of that is known.
  ///
  /// - Parameter memorizationStep: T_mem of the run whose config is `config`.
  /// - Throws: Why there is no such run.
  public func config(memorizationStep: Int) throws(RecordError) -> PlannedConfig {
    guard case .trainer(var spec) = config, !changesAtMemorization.isEmpty else { return config }
    let step = memorizationStep + 1
    let next = spec.interventions.firstIndex { $0.step > step } ?? spec.interventions.count
    spec.interventions.insert(
      contentsOf: changesAtMemorization.map { Intervention(step: step, action: $0.action) },
      at: next)
    return .trainer(try RunSpec(json: spec.canonicalJSON))
  }
}
