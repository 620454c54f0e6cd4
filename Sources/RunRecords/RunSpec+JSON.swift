import Digests

extension RunSpec {
  /// The content of `config.json`: every key, also those that have a default.
  public var canonicalJSON: CanonicalJSON {
    [
      "numerics": CanonicalJSON(numerics),
      "seed": .string(String(seed)),
      "task": task.json,
      "model": model.json,
      "optimizer": optimizer.json,
      "batch": CanonicalJSON(batch),
      "max_steps": CanonicalJSON(maxSteps),
      "log_interval": CanonicalJSON(logInterval),
      "checkpoint_interval": CanonicalJSON(checkpointInterval),
      "stop": [
        "memorized": .number(stop.memorized),
        "grokked": .number(stop.grokked),
        "steps_after_grokking": CanonicalJSON(stop.stepsAfterGrokking),
      ],
    ]
  }

  /// The first 16 hexadecimal digits of the SHA-256 of the canonical config.
  public var runID: String { String(Digest(of: canonicalJSON.utf8).hex.prefix(16)) }

  /// Reads what `canonicalJSON` could have written: every key present, no other, each of its type and in its bounds.
  public init(json: CanonicalJSON) throws(RecordError) {
    guard case .object(let members) = json else {
      throw .config(place: "", key: "", reason: "a config is a JSON object")
    }
    var fields = ConfigFields(form: .canonicalJSON, place: "")
    for (key, value) in members.sorted(by: { $0.key < $1.key }) {
      if case .object(let section) = value {
        if section.isEmpty { fields.set(key.text, .other("an empty section"), place: "") }
        for (inner, value) in section.sorted(by: { $0.key < $1.key }) {
          fields.set(key.text + "." + inner.text, ConfigFields.Value(value), place: "")
        }
      } else {
        fields.set(key.text, ConfigFields.Value(value), place: "")
      }
    }
    try self.init(fields: fields, base: nil)
    // A key with a dot in it would pass as a section's; nothing but our own form may.
    guard canonicalJSON == json else {
      throw .config(place: "", key: "", reason: "the config is not in its canonical form")
    }
  }
}

extension ConfigFields.Value {
  fileprivate init(_ json: CanonicalJSON) {
    self =
      switch json {
      case .string(let text): .text(text)
      case .number(let value): .number(value)
      case .bool(let value): .other(value ? "true" : "false")
      case .null: .other("null")
      case .array: .other("a list")
      case .object: .other("a section")
      }
  }
}

extension TaskSpec {
  fileprivate var json: CanonicalJSON {
    switch self {
    case .modular(let task):
      [
        "name": .string(name.rawValue),
        "modulus": CanonicalJSON(task.modulus),
        "train_fraction": .number(task.trainFraction),
      ]
    case .sparseParity(let task):
      [
        "name": .string(name.rawValue),
        "bits": CanonicalJSON(task.bits),
        "relevant_bits": CanonicalJSON(task.relevantBits),
        "train_samples": CanonicalJSON(task.trainSamples),
        "validation_samples": CanonicalJSON(task.validationSamples),
      ]
    }
  }
}

extension ModelSpec {
  fileprivate var json: CanonicalJSON {
    switch self {
    case .transformer(let model):
      [
        "name": .string(name.rawValue),
        "embedding": .string(model.embedding.rawValue),
        "width": CanonicalJSON(model.width),
        "heads": CanonicalJSON(model.heads),
        "feedforward": CanonicalJSON(model.feedforward),
        "embedding_scale": .number(model.embeddingScale),
      ]
    case .mlp(let model):
      [
        "name": .string(name.rawValue),
        "width": CanonicalJSON(model.width),
        "hidden_layers": CanonicalJSON(model.hiddenLayers),
      ]
    }
  }
}

extension OptimizerSpec {
  fileprivate var json: CanonicalJSON {
    switch self {
    case .adamW(let spec):
      [
        "name": .string(name.rawValue),
        "learning_rate": .number(spec.learningRate),
        "weight_decay": .number(spec.weightDecay),
        "beta1": .number(spec.beta1),
        "beta2": .number(spec.beta2),
        "epsilon": .number(spec.epsilon),
      ]
    case .sgd(let spec):
      [
        "name": .string(name.rawValue),
        "learning_rate": .number(spec.learningRate),
        "weight_decay": .number(spec.weightDecay),
        "decay_convention": .string(spec.decayConvention.rawValue),
      ]
    }
  }
}
