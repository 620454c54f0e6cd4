/// A model with a task that it can learn, and what depends on both.
public enum Pairing: Sendable, Hashable {
  case transformer(ModelSpec.TransformerSpec, PairTask)
  case pairMLP(ModelSpec.PairMLPSpec, PairTask)
  case mlp(ModelSpec.MLPSpec, TaskSpec.SparseParityTask)

  /// Nil if the model cannot learn the task.
  public init?(task: TaskSpec, model: ModelSpec) {
    switch (model, task.examples) {
    case (.transformer(let model), .pairs(let task)): self = .transformer(model, task)
    case (.pairMLP(let model), .pairs(let task)): self = .pairMLP(model, task)
    case (.mlp(let model), .bits(let task)): self = .mlp(model, task)
    case (.transformer, .bits), (.pairMLP, .bits), (.mlp, .pairs): return nil
    }
  }
}

// MARK: Sizes

extension Pairing {
  /// The most parameters of a model.
  private static let mostParameters = 1 << 26
  /// The most numbers that a batch may have in the widest layer.
  private static let mostActivations = 1 << 26

  /// All parameters, in the order of the state_dict and of checkpoints.
  public var tensors: [TensorShape] {
    switch self {
    case .transformer(let model, let task): model.tensors(vocabulary: task.vocabulary)
    case .pairMLP(let model, let task): model.tensors(vocabulary: task.vocabulary)
    case .mlp(let model, let task):
      model.tensors(inputs: task.bits, classes: TaskSpec.SparseParityTask.classCount)
    }
  }

  /// How many parameters the model has.
  public var parameterCount: Int { tensors.reduce(0) { $0 + $1.count } }

  /// How many numbers an example has in the widest layer.
  var widestLayer: Int {
    switch self {
    case .transformer(let model, let task):
      max(3 * model.width, model.feedforward, task.vocabulary) * (model.layers > 1 ? 2 : 1)
    case .pairMLP(let model, let task):
      max(model.width, model.inputs(vocabulary: task.vocabulary), task.vocabulary)
    case .mlp(let model, let task): max(model.width, task.bits)
    }
  }

  /// Values that do not go together, apart from the task's own; nil if there are none.
  public func conflict(batch: Int) -> Conflict? {
    let count = parameterCount
    guard count <= Self.mostParameters else {
      return Conflict(
        key: "model.width",
        reason: "makes a model of \(count) parameters, and \(Self.mostParameters) are the most")
    }
    let mostRows = Self.mostActivations / widestLayer
    guard batch <= mostRows else {
      return Conflict(
        key: "batch", reason: "must be at most \(mostRows) for this model, not \(batch)")
    }
    switch self {
    case .transformer(let model, _): return model.conflict
    case .mlp, .pairMLP: return nil
    }
  }
}
