package import Catalogue

// MARK: The keys

extension RunSpec {
  /// The largest number of steps, and the largest value of every setting counted in steps.
  static let mostSteps = Int(clamping: 1 << 31 as Int64)
  static let largestBatch = 65_536

  /// Visits all keys in the order that people expect: the run's own, with those of its task, model
  /// and optimizer from the catalogue.
  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.integer("numerics", IntegerBounds(0...Int(Int32.max)), &numerics)
    try visitor.seed("seed", &seed)
    try task.visitFields(&visitor)
    try model.visitFields(&visitor, for: task.name)
    try loss.visitFields(&visitor)
    try optimizer.visitFields(&visitor)
    try rateSchedule.visitFields(&visitor)
    let steps = IntegerBounds(1...Self.mostSteps)
    let stepsOrNone = IntegerBounds(0...Self.mostSteps)
    try visitor.integer("batch", IntegerBounds(1...Self.largestBatch), &batch)
    try visitor.addedName("sampling", &sampling, absent: .withReplacement)
    try visitor.integer("max_steps", steps, &maxSteps)
    try visitor.integer("log_interval", steps, &logInterval)
    try visitor.integer("checkpoint_interval", stepsOrNone, &checkpointInterval)
    try visitor.addedNames("log.columns", &logColumns)
    let threshold = NumberBounds(.above(0), .upTo(1))
    try visitor.number("stop.memorized", threshold, &stop.memorized)
    try visitor.number("stop.grokked", threshold, &stop.grokked)
    try visitor.integer("stop.steps_after_grokking", stepsOrNone, &stop.stepsAfterGrokking)
  }

  /// The values of keys that this config's record leaves out, because a record leaves out a key
  /// that has this value.
  package var unwrittenValues: [String: CanonicalJSON] {
    let written = canonicalJSON.leaves
    var values: [String: CanonicalJSON] = [:]
    for field in fields where written[field.key] == nil {
      switch field.defaultValue {
      case .integer(let value): values[field.key] = CanonicalJSON(value)
      case .number(let value): values[field.key] = .number(value)
      case .name(let name): values[field.key] = .string(name)
      case .seed, nil: break
      }
    }
    return values
  }

  /// The keys of configs with this spec's variants. Their defaults are this spec's values.
  package var fields: [Field] {
    var list = FieldList()
    var spec = self
    spec.visitFields(&list)
    return list.fields
  }

  /// All keys that any config can have, each once.
  package static let keys: [String] = {
    var keys: [String] = []
    for section in [Variants.Keys.common] + Variants.Keys.all {
      keys += section.filter { !keys.contains($0) }
    }
    return keys
  }()
}

/// The choices that determine which keys a config has.
private struct Variants: Hashable {
  let task: TaskName
  let model: ModelName
  let optimizer: OptimizerName
  let schedule: RateScheduleName

  /// The keys of configs with these variants. The keys of a section do not depend on another
  /// section.
  var keys: [String] {
    Keys.common + (Keys.tasks[task] ?? []) + (Keys.models[model] ?? [])
      + (Keys.optimizers[optimizer] ?? []) + (Keys.schedules[schedule] ?? [])
  }

  /// Computed once, because a plan reads thousands of configs.
  enum Keys {
    private static let sections = ["task.", "model.", "optimizer.", "schedule."]

    /// The keys outside these sections.
    static let common = RunSpec.standard(for: .modularAddition).fields.map { $0.key }
      .filter { key in !sections.contains { key.utf8.starts(with: $0.utf8) } }

    static let tasks = listed(TaskName.allCases, 0) { .standard(for: $0) }
    static let models = listed(ModelName.allCases, 1) { name in
      var spec = RunSpec.standard(for: .modularAddition)
      spec.model = ModelSpec(name, for: .modularAddition)
      return spec
    }
    static let optimizers = listed(OptimizerName.allCases, 2) { name in
      var spec = RunSpec.standard(for: .modularAddition)
      spec.optimizer = OptimizerSpec(name)
      return spec
    }
    static let schedules = listed(RateScheduleName.allCases, 3) { name in
      var spec = RunSpec.standard(for: .modularAddition)
      spec.rateSchedule = RateSchedule(name)
      return spec
    }

    static var all: [[String]] {
      TaskName.allCases.map { tasks[$0] ?? [] } + ModelName.allCases.map { models[$0] ?? [] }
        + OptimizerName.allCases.map { optimizers[$0] ?? [] }
        + RateScheduleName.allCases.map { schedules[$0] ?? [] }
    }

    private static func listed<Name: Hashable>(
      _ names: [Name], _ section: Int, _ spec: (Name) -> RunSpec
    ) -> [Name: [String]] {
      var keys: [Name: [String]] = [:]
      for name in names {
        keys[name] = spec(name).fields.map { $0.key }
          .filter { $0.utf8.starts(with: sections[section].utf8) }
      }
      return keys
    }
  }
}

// MARK: Reading

extension RunSpec {
  /// Reads a spec from the entries of a config, using the catalogue's tables.
  ///
  /// - Parameter base: The source of missing entries; nil uses the preset with the task's name.
  package init(fields: ConfigFields, base: RunSpec?) throws(RecordError) {
    let version = try fields.integer("numerics", in: 0...Int(Int32.max), default: 1)
    guard version == 1 else { throw .unknownNumerics(version: version) }

    let taskName = try fields.name(
      "task.name", { $0.rawValue }, default: base?.task.name)
    let preset = RunSpec.standard(for: taskName)
    let base = base ?? preset
    var spec = base
    spec.numerics = version
    // A section keeps the base's values only if it has the base's name.
    if base.task.name != taskName { (spec.task, spec.model) = (preset.task, preset.model) }
    let modelName = try fields.name(
      "model.name", { $0.rawValue }, default: spec.model.name)
    if spec.model.name != modelName { spec.model = ModelSpec(modelName, for: taskName) }
    let optimizerName = try fields.name(
      "optimizer.name", { $0.rawValue }, default: base.optimizer.name)
    if base.optimizer.name != optimizerName { spec.optimizer = OptimizerSpec(optimizerName) }

    let scheduleName =
      fields.entries["schedule.name"] == nil
      ? fields.form == .canonicalJSON ? .constant : base.rateSchedule.name
      : try fields.name("schedule.name", { $0.rawValue }, default: nil)
    if base.rateSchedule.name != scheduleName { spec.rateSchedule = RateSchedule(scheduleName) }

    let variants = Variants(
      task: taskName, model: modelName, optimizer: optimizerName, schedule: scheduleName)
    try Self.checkIsList(fields)
    try fields.refuseKeys(notIn: variants.keys)
    var reader = ConfigReader(fields: fields, base: base)
    try spec.visitFields(&reader)
    if spec.sampling == .full, fields.entries["batch"] == nil, fields.form == .yaml {
      spec.batch = spec.task.trainCount
    }
    try spec.checkRelations(fields)
    try spec.readInterventions(fields)
    self = spec
  }

  /// Checks what must hold between entries.
  private func checkRelations(_ fields: ConfigFields) throws(RecordError) {
    if checkpointInterval % logInterval != 0 {
      throw fields.refuse(
        "checkpoint_interval",
        "must be 0 or a multiple of log_interval, and \(checkpointInterval) is not one of "
          + "\(logInterval)")
    }
    guard Pairing(task: task, model: model) != nil else {
      let models = ConfigFields.list(task.models.map { $0.rawValue })
      throw fields.refuse(
        "model.name",
        "must be \(models) for the task \(task.name.rawValue), not \(model.name.rawValue)")
    }
    if let conflict { throw fields.refuse(conflict.key, conflict.reason) }
  }

  /// The values that do not go together; nil if there are none.
  ///
  /// - Precondition: The model can learn the task.
  var conflict: Conflict? {
    task.conflict(decimal: shortestDecimal) ?? pairing.conflict(batch: batch)
      ?? rateSchedule.conflict ?? samplingConflict ?? logConflict
  }

  private var samplingConflict: Conflict? {
    guard sampling == .full else { return nil }
    guard task.trainCount <= Self.largestBatch else {
      return Conflict(
        key: "sampling",
        reason: "\(sampling.rawValue) is a batch of all \(task.trainCount) training examples, and "
          + "\(Self.largestBatch) are the most")
    }
    guard batch != task.trainCount else { return nil }
    return Conflict(
      key: "batch",
      reason: "must be the number of training examples, \(task.trainCount), where sampling is "
        + "\(sampling.rawValue), not \(batch)")
  }

  private var logConflict: Conflict? {
    guard logColumns.contains(.softmaxCollapse), loss.name != .crossEntropy else { return nil }
    return Conflict(
      key: "log.columns",
      reason: "has \(LogColumn.softmaxCollapse.rawValue), and the loss is \(loss.name.rawValue), "
        + "which has no softmax")
  }
}

/// Sets the keys of a spec from a config. A key that the config leaves out keeps its value.
private struct ConfigReader: FieldVisitor {
  typealias Failure = RecordError

  private let fields: ConfigFields
  /// The variants of the preset that the values come from.
  private let presetNames: [String: String]
  /// Whether the section's values come from a preset. Then keys without a default have one, too.
  private var isPresets = true

  init(fields: ConfigFields, base: RunSpec) {
    self.fields = fields
    presetNames = [
      "task.name": base.task.name.rawValue, "model.name": base.model.name.rawValue,
      "optimizer.name": base.optimizer.name.rawValue,
      "schedule.name": base.rateSchedule.name.rawValue,
    ]
  }

  mutating func variant<Name: FieldName>(_ key: String, _ name: Name, default standard: Name?) {
    isPresets = presetNames[key] == name.rawValue
  }

  func integer(
    _ key: String, _ bounds: IntegerBounds, _ value: inout Int
  ) throws(RecordError) {
    let fallback = bounds.isLimitedByKey ? min(value, bounds.range.upperBound) : value
    value = try fields.integer(key, in: bounds.range, default: fallback)
    if value % bounds.divisor != 0 {
      throw fields.refuse(key, "must be a multiple of \(bounds.divisor), not \(value)")
    }
  }

  func number(
    _ key: String, _ bounds: NumberBounds, _ value: inout Double
  ) throws(RecordError) {
    value = try fields.number(key, bounds.demand, default: value, accepts: bounds.contains)
  }

  func name<Name: FieldName>(
    _ key: String, _ value: inout Name, hasDefault: Bool
  ) throws(RecordError) {
    value = try fields.name(
      key, { $0.rawValue }, default: hasDefault || isPresets ? value : nil)
  }

  func addedName<Name: FieldName>(
    _ key: String, _ value: inout Name, absent: Name
  ) throws(RecordError) {
    value = try added(key, value, absent: absent) { fallback throws(RecordError) in
      try fields.name(key, { $0.rawValue }, default: fallback)
    }
  }

  func addedInteger(
    _ key: String, _ bounds: IntegerBounds, _ value: inout Int, absent: Int
  ) throws(RecordError) {
    value = try added(key, value, absent: absent) { fallback throws(RecordError) in
      try fields.integer(key, in: bounds.range, default: fallback)
    }
  }

  func addedNumber(
    _ key: String, _ bounds: NumberBounds, _ value: inout Double, absent: Double
  ) throws(RecordError) {
    value = try added(key, value, absent: absent) { fallback throws(RecordError) in
      try fields.number(key, bounds.demand, default: fallback, accepts: bounds.contains)
    }
  }

  func addedNames<Name: FieldName>(
    _ key: String, _ value: inout [Name]
  ) throws(RecordError) {
    value = try added(key, value, absent: []) { _ throws(RecordError) in
      try fields.names(key)
    }
  }

  /// A key that was added later. A record without it has the value `absent`.
  private func added<Value>(
    _ key: String, _ value: Value, absent: Value,
    _ read: (Value?) throws(RecordError) -> Value
  ) throws(RecordError) -> Value {
    guard fields.entries[key] == nil else { return try read(nil) }
    return fields.form == .canonicalJSON ? absent : value
  }

  func seed(_ key: String, _ value: inout UInt64) throws(RecordError) {
    value = try fields.seed(key, default: value)
  }
}
