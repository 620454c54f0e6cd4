/// The model that is trained.
public enum ModelSpec: Sendable, Hashable {
  case transformer(TransformerSpec)
  case mlp(MLPSpec)
  case pairMLP(PairMLPSpec)
}

/// The names of models in a config.
public enum ModelName: String, FieldName {
  case transformer
  case mlp
  case pairMLP = "pair-mlp"
}

extension ModelSpec {
  /// The model with this name. Each key has its default for this task.
  public init(_ name: ModelName, for task: TaskName) {
    self =
      switch name {
      case .transformer: .transformer(TransformerSpec(for: task))
      case .mlp: .mlp(.standard)
      case .pairMLP: .pairMLP(.standard)
      }
  }

  public var name: ModelName {
    switch self {
    case .transformer: .transformer
    case .mlp: .mlp
    case .pairMLP: .pairMLP
    }
  }

  /// - Parameter task: The task that the model learns.
  public mutating func visitFields<V: FieldVisitor>(
    _ visitor: inout V, for task: TaskName
  ) throws(V.Failure) {
    try visitor.variant("model.name", name, default: task.standardModel)
    switch self {
    case .transformer(var model):
      try model.visitFields(&visitor)
      self = .transformer(model)
    case .mlp(var model):
      try model.visitFields(&visitor)
      self = .mlp(model)
    case .pairMLP(var model):
      try model.visitFields(&visitor)
      self = .pairMLP(model)
    }
  }
}
