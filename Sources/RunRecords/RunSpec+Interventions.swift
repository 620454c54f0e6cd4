public import Catalogue

// The part `at` of a config: what is changed during the run.

extension RunSpec {
  package static let interventionsKey = "at"

  /// The spec with the settings that are in force at `step`.
  package func settings(at step: Int) -> RunSpec {
    var spec = self
    for intervention in interventions where intervention.step <= step {
      spec.set(by: intervention)
    }
    return spec
  }

  /// What is changed during the run, for people: at which step, and what.
  public var changes: [(step: Int, what: String)] {
    interventions.map { ($0.step, $0.description) }
  }

  /// A sentence for each change that comes after the last step that this config can take, and so
  /// never acts. Such a config is read and performed as any other: sealed runs have it.
  public var changesWithoutEffect: [String] {
    let schedule = Schedule(self)
    var sentences: [String] = []
    for (index, intervention) in interventions.enumerated()
    where intervention.step > schedule.lastStep {
      sentences.append(
        "\(Self.interventionsKey)[\(index)].step is \(intervention.step), and the run ends with "
          + "step \(schedule.lastStep), the last one logged below max_steps: this change never "
          + "acts")
    }
    return sentences
  }

  private mutating func set(by intervention: Intervention) {
    guard case .set(let settings) = intervention.action else { return }
    var setter = FieldSetter(settings)
    visitFields(&setter)
  }
}

// MARK: Writing

extension Intervention {
  /// The item in a config.
  var json: CanonicalJSON {
    var members: [CanonicalJSON.Key: CanonicalJSON] = ["step": CanonicalJSON(step)]
    let value: CanonicalJSON
    switch action {
    case .set(let settings):
      value = .object(
        Dictionary(
          uniqueKeysWithValues: settings.map { (CanonicalJSON.Key($0.key), $0.value.json) }))
    case .scale(let tensors, let factor):
      value = ["tensors": tensors.json, "by": .number(factor)]
    case .hold(let squaredNorm, let until):
      value = ["squared_norm": .number(squaredNorm)]
      members["until"] = CanonicalJSON(until)
    case .perturb(let tensor, let element, let ulps):
      value = [
        "tensor": .string(tensor), "element": CanonicalJSON(element), "ulps": CanonicalJSON(ulps),
      ]
    }
    members[CanonicalJSON.Key(verb.rawValue)] = value
    return .object(members)
  }
}

extension Intervention.Setting.Value {
  fileprivate var json: CanonicalJSON {
    switch self {
    case .number(let value): .number(value)
    case .name(let name): .string(name)
    }
  }
}

extension Intervention.Tensors {
  fileprivate static let allName = "all"

  fileprivate var json: CanonicalJSON {
    switch self {
    case .all: .string(Self.allName)
    case .some(let names): .array(names.map { .string($0) })
    }
  }
}

extension Intervention: CustomStringConvertible {
  /// What is done, for people, without the step.
  public var description: String {
    switch action {
    case .set(let settings):
      return settings.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    case .scale(let tensors, let factor):
      return "\(tensors) × \(shortestDecimal(factor))"
    case .hold(let squaredNorm, let until):
      return "‖θ‖² held at \(shortestDecimal(squaredNorm)) until \(until)"
    case .perturb(let tensor, let element, let ulps):
      return "\(tensor)[\(element)] \(ulps < 0 ? "−" : "+") \(ulps.magnitude) ULP"
    }
  }
}

extension Intervention.Setting.Value: CustomStringConvertible {
  public var description: String {
    switch self {
    case .number(let value): shortestDecimal(value)
    case .name(let name): name
    }
  }
}

extension Intervention.Tensors: CustomStringConvertible {
  public var description: String {
    switch self {
    case .all: "θ"
    case .some(let names): names.joined(separator: ", ")
    }
  }
}

// MARK: Reading

extension RunSpec {
  /// The place of entries that stand on the command line.
  private static let commandLine = "--set"

  /// Refuses anything else in the place of the items of `at`.
  static func checkIsList(_ fields: ConfigFields) throws(RecordError) {
    let own = fields.entries.filter { key, entry in
      key == interventionsKey || key.hasPrefix(interventionsKey + ".")
        || entry.place == commandLine && key.hasPrefix(interventionsKey + "[")
    }
    guard let (key, entry) = own.min(by: { $0.value.order < $1.value.order }) else { return }
    guard entry.place != commandLine else {
      throw fields.refuse(
        key,
        "\(commandLine) cannot set \(interventionsKey); write it in the file of a config "
          + "(regrok help forks)")
    }
    throw fields.refuse(key, "is no item of a list of steps, each with what is done there")
  }

  /// Reads the items of `at`, if there are any.
  mutating func readInterventions(_ fields: ConfigFields) throws(RecordError) {
    guard !fields.items.isEmpty else { return }
    guard fields.items.count <= Intervention.mostCount else {
      throw fields.items[Intervention.mostCount].refuse(
        "step", "is of more than \(Intervention.mostCount) items")
    }
    interventions = []
    var changed = self
    for item in fields.items {
      let intervention = try changed.intervention(item)
      try checkOrder(of: intervention, item)
      changed.set(by: intervention)
      if let conflict = changed.conflict {
        throw item.refuse("set." + conflict.key, conflict.reason)
      }
      interventions.append(intervention)
    }
  }

  /// Reads an item, for a run that has reached this spec's settings.
  private func intervention(_ item: ConfigFields) throws(RecordError) -> Intervention {
    let verbs = Intervention.Verb.allCases.filter { verb in
      item.entries.keys.contains { $0 == verb.rawValue || $0.hasPrefix(verb.rawValue + ".") }
    }
    guard let verb = verbs.first, verbs.count == 1 else {
      let names = ConfigFields.list(Intervention.Verb.allCases.map { $0.rawValue })
      if let unknown = item.entries.keys.filter({ $0 != "step" && $0 != "until" }).min(),
        verbs.isEmpty
      {
        if item.form == .canonicalJSON { try item.refuseKeys(notIn: []) }
        throw item.refuse(unknown, "is unknown; an item has one of \(names)")
      }
      throw item.refuse("step", "goes with exactly one of \(names)")
    }
    let known = keys(of: verb)
    try refuseFixedKeys(item, known)
    try item.refuseKeys(notIn: known)
    let step = try item.integer("step", in: 0...Self.mostSteps, default: nil)
    guard step < maxSteps else {
      throw item.refuse("step", "must be below max_steps, \(maxSteps), not \(step)")
    }
    return Intervention(step: step, action: try action(verb, at: step, item))
  }

  /// Refuses the first key of a config that an item sets though it is fixed for the whole run. In a
  /// record another version may have written it, so there it is a key that is not known.
  private func refuseFixedKeys(_ item: ConfigFields, _ known: [String]) throws(RecordError) {
    guard item.form == .yaml else { return }
    let prefix = Intervention.Verb.set.rawValue + "."
    let fixed = item.entries.filter { key, _ in
      guard key.hasPrefix(prefix) else { return false }
      let own = String(key.dropFirst(prefix.count))
      return Self.keys.contains(own) && !Intervention.changeableKeys.contains(own)
    }
    guard let (key, _) = fixed.min(by: { $0.value.order < $1.value.order }) else { return }
    let changeable = known.filter { $0.hasPrefix(prefix) }
      .map { String($0.dropFirst(prefix.count)) }
    throw item.refuse(
      key, "cannot change during a run; these can: \(changeable.joined(separator: ", "))")
  }

  private func keys(of verb: Intervention.Verb) -> [String] {
    let own =
      switch verb {
      case .set:
        fields.map { $0.key }.filter(Intervention.changeableKeys.contains).map { "set." + $0 }
      case .scale: ["scale.tensors", "scale.by"]
      case .hold: ["hold.squared_norm", "until"]
      case .perturb: ["perturb.tensor", "perturb.element", "perturb.ulps"]
      }
    return ["step"] + own
  }

  private func action(
    _ verb: Intervention.Verb, at step: Int, _ item: ConfigFields
  ) throws(RecordError) -> Intervention.Action {
    switch verb {
    case .set:
      var reader = SettingReader(item: item)
      var spec = self
      try spec.visitFields(&reader)
      guard !reader.settings.isEmpty else { throw item.refuse("set", "has to set a key") }
      return .set(reader.settings.sorted { $0.key < $1.key })
    case .scale:
      let bounds = Intervention.factorBounds
      let tensors = try tensors(item)
      let factor = try item.number(
        "scale.by", bounds.demand, default: nil, accepts: bounds.contains)
      return .scale(tensors, by: factor)
    case .hold:
      let bounds = Intervention.squaredNormBounds
      let squaredNorm = try item.number(
        "hold.squared_norm", bounds.demand, default: nil, accepts: bounds.contains)
      let until = try item.integer("until", in: step + 1...Self.mostSteps, default: nil)
      return .hold(squaredNorm: squaredNorm, until: until)
    case .perturb:
      let name = try item.text("perturb.tensor")
      let tensor = try tensor(name, item, "perturb.tensor")
      let element = try item.integer("perturb.element", in: 0...tensor.count - 1, default: nil)
      let ulps = try item.integer("perturb.ulps", in: Intervention.ulpsBounds.range, default: nil)
      guard ulps != 0 else { throw item.refuse("perturb.ulps", "must not be 0") }
      return .perturb(tensor: name, element: element, ulps: ulps)
    }
  }

  private func tensors(_ item: ConfigFields) throws(RecordError) -> Intervention.Tensors {
    let key = "scale.tensors"
    let names = try item.texts(key)
    if names == [Intervention.Tensors.allName], !item.isList(key) { return .all }
    guard item.isList(key), !names.isEmpty else {
      throw item.refuse(key, "must be \(Intervention.Tensors.allName), or a list of tensors")
    }
    for (index, name) in names.enumerated() {
      _ = try tensor(name, item, key)
      if names[..<index].contains(name) { throw item.refuse(key, "has \(name) twice") }
    }
    return Intervention.Tensors(names, of: pairing.tensors.map { $0.name })
  }

  private func tensor(
    _ name: String, _ item: ConfigFields, _ key: String
  ) throws(RecordError) -> TensorShape {
    let all = pairing.tensors
    if let tensor = all.first(where: { $0.name == name }) { return tensor }
    let near = Spelling.nearest(to: name, among: all.map { $0.name })
    throw item.refuse(
      key,
      "the model has no tensor \(ConfigFields.Value.text(name))"
        + (near.map { "; did you mean \($0)?" } ?? ""))
  }

  /// Refuses an item that does not come after the ones before it.
  private func checkOrder(
    of intervention: Intervention, _ item: ConfigFields
  ) throws(RecordError) {
    if let last = interventions.last, intervention.step < last.step {
      throw item.refuse("step", "must not be below that of the item before, \(last.step)")
    }
    for other in interventions.reversed() {
      switch (intervention.action, other.action) {
      case (.hold, .hold(_, let until)):
        if intervention.step < until {
          throw item.refuse("step", "is one at which ‖θ‖² is held already, until \(until)")
        }
      case (.set, .set), (.scale, .scale), (.perturb, .perturb):
        if intervention.step == other.step, intervention.concernsSame(as: other) {
          throw item.refuse("step", "has such an item already; one step has one of each verb")
        }
      default: break
      }
    }
  }
}

extension Intervention {
  /// Whether two items with the same verb concern the same tensors.
  fileprivate func concernsSame(as other: Intervention) -> Bool {
    switch (action, other.action) {
    case (.scale(let a, _), .scale(let b, _)): a == b
    case (.perturb(let a, _, _), .perturb(let b, _, _)): a == b
    default: true
    }
  }
}

/// Reads what an item sets, each value within the bounds of its key.
private struct SettingReader: FieldVisitor {
  typealias Failure = RecordError

  let item: ConfigFields
  var settings: [Intervention.Setting] = []

  private func has(_ key: String) -> Bool { item.entries["set." + key] != nil }

  func variant<Name: FieldName>(_ key: String, _ name: Name, default standard: Name?) {}
  func addedNames<Name: FieldName>(_ key: String, _ value: inout [Name]) {}
  func seed(_ key: String, _ value: inout UInt64) {}

  mutating func integer(
    _ key: String, _ bounds: IntegerBounds, _ value: inout Int
  ) throws(RecordError) {
    guard has(key) else { return }
    let new = try item.integer("set." + key, in: bounds.range, default: nil)
    settings.append(.init(key: key, value: .number(Double(new))))
  }

  mutating func number(
    _ key: String, _ bounds: NumberBounds, _ value: inout Double
  ) throws(RecordError) {
    guard has(key) else { return }
    let new = try item.number(
      "set." + key, bounds.demand, default: nil, accepts: bounds.contains)
    settings.append(.init(key: key, value: .number(new)))
  }

  mutating func name<Name: FieldName>(
    _ key: String, _ value: inout Name, hasDefault: Bool
  ) throws(RecordError) {
    guard has(key) else { return }
    let new = try item.name("set." + key, { (name: Name) in name.rawValue }, default: nil)
    settings.append(.init(key: key, value: .name(new.rawValue)))
  }
}

extension ConfigFields {
  /// A text, or a list of them.
  fileprivate func texts(_ key: String) throws(RecordError) -> [String] {
    switch entries[key]?.value {
    case .list(let values)?:
      var texts: [String] = []
      for value in values {
        switch value {
        case .plain(let text) where form == .yaml: texts.append(text)
        case .text(let text): texts.append(text)
        case .plain, .number, .list, .other:
          throw refuse(key, "has an item that is no name, but \(value)")
        }
      }
      return texts
    case .plain, .text, .number, .other, nil: return [try text(key)]
    }
  }

  fileprivate func isList(_ key: String) -> Bool {
    if case .list? = entries[key]?.value { true } else { false }
  }

  fileprivate func text(_ key: String) throws(RecordError) -> String {
    switch entries[key]?.value {
    case .plain(let text)? where form == .yaml: return text
    case .text(let text)?: return text
    case nil: throw refuse(key, "is missing")
    case .plain?, .number?, .list?, .other?: throw refuse(key, "must be a name")
    }
  }
}
