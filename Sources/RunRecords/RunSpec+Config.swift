/// The names that a config gives the variants of a task, a model and an optimizer.
enum TaskName: String, CaseIterable {
  case modularAddition = "modular-addition"
  case modularMultiplication = "modular-multiplication"
  case sparseParity = "sparse-parity"
}

enum ModelName: String, CaseIterable {
  case transformer
  case mlp
}

enum OptimizerName: String, CaseIterable {
  case adamW = "adamw"
  case sgd
}

extension TaskSpec {
  var name: TaskName {
    switch self {
    case .modular(let task):
      task.operation == .addition ? .modularAddition : .modularMultiplication
    case .sparseParity: .sparseParity
    }
  }
}

extension ModelSpec {
  var name: ModelName {
    switch self {
    case .transformer: .transformer
    case .mlp: .mlp
    }
  }
}

extension OptimizerSpec {
  var name: OptimizerName {
    switch self {
    case .adamW: .adamW
    case .sgd: .sgd
    }
  }
}

extension TaskSpec.ModularTask {
  /// How many pairs are the training set; the other pairs are the validation set.
  public var trainCount: Int {
    Int((trainFraction * Double(modulus * modulus)).rounded(.down))
  }
}

// MARK: Sizes

extension RunSpec {
  /// How many numbers the model has to learn.
  public var parameterCount: Int { model.parameterCount(for: task) }
}

extension ModelSpec {
  fileprivate func parameterCount(for task: TaskSpec) -> Int {
    func linear(_ inputs: Int, _ outputs: Int) -> Int { inputs * outputs + outputs }
    switch (self, task) {
    case (.transformer(let model), .modular(let task)):
      let width = model.width
      let rows = model.embedding == .shared ? task.modulus + 2 : 2 * task.modulus
      return rows * width + linear(width, 3 * width) + linear(width, width)
        + linear(width, model.feedforward)
        + linear(model.feedforward, width) + 3 * 2 * width + linear(width, task.modulus)
    case (.mlp(let model), .sparseParity(let task)):
      return linear(task.bits, model.width)
        + (model.hiddenLayers - 1) * linear(model.width, model.width) + linear(model.width, 2)
    default: return 0
    }
  }

  fileprivate func widestLayer(for task: TaskSpec) -> Int {
    switch (self, task) {
    case (.transformer(let model), .modular(let task)):
      max(3 * model.width, model.feedforward, task.modulus)
    case (.mlp(let model), .sparseParity(let task)): max(model.width, task.bits)
    default: 1
    }
  }
}

// MARK: Reading

extension RunSpec {
  /// The largest number of steps, and of everything counted in steps.
  static let mostSteps = 1 << 31
  /// The largest model.
  static let mostParameters = 1 << 26
  /// The largest batch times the widest layer.
  static let mostActivations = 1 << 26
  /// The most bits of all samples of a parity task.
  static let mostSampleBits = 1 << 27

  /// Reads a spec from the entries of a config: the one place that knows the keys, their bounds and
  /// what must hold between them.
  ///
  /// - Parameter base: Where entries that are not there come from; nil takes the preset of the task's name.
  init(fields: ConfigFields, base: RunSpec?) throws(RecordError) {
    let version = try fields.integer("numerics", in: 0...Int(Int32.max), default: 1)
    guard version == 1 else { throw .unknownNumerics(version: version) }

    let taskName = try fields.name(
      "task.name", \TaskName.rawValue, default: base?.task.name)
    // A section keeps the base's values only while it has the base's name.
    let preset = Preset.basic(for: taskName).spec
    let base = base ?? preset
    let taskBase = base.task.name == taskName ? base.task : preset.task
    let modelDefault = base.task.name == taskName ? base.model : preset.model
    let modelName = try fields.name(
      "model.name", \ModelName.rawValue, default: modelDefault.name)
    let optimizerName = try fields.name(
      "optimizer.name", \OptimizerName.rawValue, default: base.optimizer.name)

    try fields.refuseKeys(
      notIn: Self.keys(task: taskName, model: modelName, optimizer: optimizerName))

    numerics = version
    seed = try fields.seed("seed", default: base.seed)
    task = try TaskSpec(fields: fields, name: taskName, base: taskBase)
    model = try ModelSpec(fields: fields, name: modelName, base: modelDefault)
    optimizer = try OptimizerSpec(fields: fields, name: optimizerName, base: base.optimizer)
    batch = try fields.integer("batch", in: 1...65_536, default: base.batch)
    maxSteps = try fields.integer("max_steps", in: 1...Self.mostSteps, default: base.maxSteps)
    logInterval = try fields.integer(
      "log_interval", in: 1...Self.mostSteps, default: base.logInterval)
    checkpointInterval = try fields.integer(
      "checkpoint_interval", in: 0...Self.mostSteps, default: base.checkpointInterval)
    func threshold(_ key: String, _ value: Double) throws(RecordError) -> Double {
      try fields.number(key, "a number above 0 and at most 1", default: value) {
        $0 > 0 && $0 <= 1
      }
    }
    stop = StopRule(
      memorized: try threshold("stop.memorized", base.stop.memorized),
      grokked: try threshold("stop.grokked", base.stop.grokked),
      stepsAfterGrokking: try fields.integer(
        "stop.steps_after_grokking", in: 0...Self.mostSteps, default: base.stop.stepsAfterGrokking))
    try checkRelations(fields)
  }

  /// What must hold between entries.
  private func checkRelations(_ fields: ConfigFields) throws(RecordError) {
    if checkpointInterval % logInterval != 0 {
      throw fields.refuse(
        "checkpoint_interval",
        "must be 0 or a multiple of log_interval, and \(checkpointInterval) is not one of "
          + "\(logInterval)")
    }
    let wanted: ModelName = task.name == .sparseParity ? .mlp : .transformer
    if model.name != wanted {
      throw fields.refuse(
        "model.name",
        "must be \(wanted.rawValue) for the task \(task.name.rawValue), not \(model.name.rawValue)")
    }
    if case .modular(let task) = task {
      let count = task.trainCount
      let pairs = task.modulus * task.modulus
      if count < 1 || count >= pairs {
        throw fields.refuse(
          "task.train_fraction",
          "must leave a pair to train on and a pair to validate on, and ⌊"
            + "\(shortestDecimal(task.trainFraction)) · \(pairs)⌋ = \(count) of \(pairs) does not")
      }
    }
    // What a stranger's config can make this program allocate stays bounded.
    if case .sparseParity(let task) = task {
      let most = Self.mostSampleBits / task.bits - task.validationSamples
      if task.trainSamples > most {
        throw fields.refuse(
          "task.train_samples",
          "must be at most \(max(0, most)) with these bits and validation_samples, not "
            + "\(task.trainSamples)")
      }
    }
    if model.parameterCount(for: task) > Self.mostParameters {
      throw fields.refuse(
        "model.width",
        "makes a model of \(model.parameterCount(for: task)) parameters, and "
          + "\(Self.mostParameters) are the most")
    }
    if batch * model.widestLayer(for: task) > Self.mostActivations {
      throw fields.refuse(
        "batch",
        "must be at most \(Self.mostActivations / model.widestLayer(for: task)) for this model, "
          + "not \(batch)")
    }
    if case .transformer(let model) = model, model.width % model.heads != 0 {
      throw fields.refuse(
        "model.heads", "must divide model.width, and \(model.heads) does not divide \(model.width)")
    }
  }

  /// The keys that any config can have, each once.
  package static let keys: [String] = {
    var keys: [String] = []
    for task in TaskName.allCases {
      for model in ModelName.allCases {
        for optimizer in OptimizerName.allCases {
          keys += Self.keys(task: task, model: model, optimizer: optimizer)
            .filter { !keys.contains($0) }
        }
      }
    }
    return keys
  }()

  /// All keys of a config with these variants, in the order in which people expect them.
  static func keys(task: TaskName, model: ModelName, optimizer: OptimizerName) -> [String] {
    let taskKeys =
      task == .sparseParity
      ? ["name", "bits", "relevant_bits", "train_samples", "validation_samples"]
      : ["name", "modulus", "train_fraction"]
    let modelKeys =
      model == .mlp
      ? ["name", "width", "hidden_layers"]
      : ["name", "embedding", "width", "heads", "feedforward", "embedding_scale"]
    let optimizerKeys =
      optimizer == .sgd
      ? ["name", "learning_rate", "weight_decay", "decay_convention"]
      : ["name", "learning_rate", "weight_decay", "beta1", "beta2", "epsilon"]
    return ["numerics", "seed"] + taskKeys.map { "task." + $0 } + modelKeys.map { "model." + $0 }
      + optimizerKeys.map { "optimizer." + $0 }
      + ["batch", "max_steps", "log_interval", "checkpoint_interval"]
      + ["stop.memorized", "stop.grokked", "stop.steps_after_grokking"]
  }
}

extension TaskSpec {
  fileprivate init(fields: ConfigFields, name: TaskName, base: TaskSpec) throws(RecordError) {
    switch name {
    case .modularAddition, .modularMultiplication:
      guard case .modular(let base) = base else { preconditionFailure("base of another task") }
      self = .modular(
        ModularTask(
          operation: name == .modularAddition ? .addition : .multiplication,
          modulus: try fields.integer("task.modulus", in: 2...1021, default: base.modulus),
          trainFraction: try fields.number(
            "task.train_fraction", "a number above 0 and below 1", default: base.trainFraction
          ) { $0 > 0 && $0 < 1 }))
    case .sparseParity:
      guard case .sparseParity(let base) = base else { preconditionFailure("base of another task") }
      let bits = try fields.integer("task.bits", in: 1...256, default: base.bits)
      self = .sparseParity(
        SparseParityTask(
          bits: bits,
          relevantBits: try fields.integer(
            "task.relevant_bits", in: 1...bits, default: min(base.relevantBits, bits)),
          trainSamples: try fields.integer(
            "task.train_samples", in: 1...1_000_000, default: base.trainSamples),
          validationSamples: try fields.integer(
            "task.validation_samples", in: 1...1_000_000, default: base.validationSamples)))
    }
  }
}

extension ModelSpec {
  fileprivate init(fields: ConfigFields, name: ModelName, base: ModelSpec) throws(RecordError) {
    func width(_ key: String, upTo most: Int, default fallback: Int) throws(RecordError) -> Int {
      let value = try fields.integer(key, in: 16...most, default: fallback)
      if value % 16 != 0 { throw fields.refuse(key, "must be a multiple of 16, not \(value)") }
      return value
    }
    switch name {
    case .transformer:
      let base = if case .transformer(let base) = base { base } else { TransformerSpec.paper }
      let modelWidth = try width("model.width", upTo: 4096, default: base.width)
      self = .transformer(
        TransformerSpec(
          embedding: try fields.name(
            "model.embedding", \TransformerSpec.Embedding.rawValue, default: base.embedding),
          width: modelWidth,
          heads: try fields.integer("model.heads", in: 1...256, default: base.heads),
          feedforward: try width("model.feedforward", upTo: 16_384, default: base.feedforward),
          embeddingScale: try fields.number(
            "model.embedding_scale", "a number from 0 to 1000000", default: base.embeddingScale
          ) { $0 >= 0 && $0 <= 1e6 }))
    case .mlp:
      let base = if case .mlp(let base) = base { base } else { MLPSpec.paper }
      self = .mlp(
        MLPSpec(
          width: try width("model.width", upTo: 4096, default: base.width),
          hiddenLayers: try fields.integer(
            "model.hidden_layers", in: 1...64, default: base.hiddenLayers)))
    }
  }
}

extension OptimizerSpec {
  fileprivate init(fields: ConfigFields, name: OptimizerName, base: OptimizerSpec)
    throws(RecordError)
  {
    func rate(_ key: String, default fallback: Double) throws(RecordError) -> Double {
      try fields.number(key, "a number, 0 or above", default: fallback) { $0 >= 0 }
    }
    let learningRate = try rate("optimizer.learning_rate", default: base.learningRate)
    let weightDecay = try rate("optimizer.weight_decay", default: base.weightDecay)
    switch name {
    case .adamW:
      let base = if case .adamW(let base) = base { base } else { AdamWSpec.paper }
      func beta(_ key: String, default fallback: Double) throws(RecordError) -> Double {
        try fields.number(key, "a number from 0 and below 1", default: fallback) {
          $0 >= 0 && $0 < 1
        }
      }
      self = .adamW(
        AdamWSpec(
          learningRate: learningRate, weightDecay: weightDecay,
          beta1: try beta("optimizer.beta1", default: base.beta1),
          beta2: try beta("optimizer.beta2", default: base.beta2),
          epsilon: try fields.number("optimizer.epsilon", "a number above 0", default: base.epsilon)
          { $0 > 0 }))
    case .sgd:
      // No default but a preset's: the paper has an experiment for each convention.
      var convention: SGDSpec.DecayConvention?
      if case .sgd(let base) = base { convention = base.decayConvention }
      self = .sgd(
        SGDSpec(
          learningRate: learningRate, weightDecay: weightDecay,
          decayConvention: try fields.name(
            "optimizer.decay_convention", \SGDSpec.DecayConvention.rawValue, default: convention)))
    }
  }
}
