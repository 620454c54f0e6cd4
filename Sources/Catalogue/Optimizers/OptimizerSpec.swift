/// How it learns.
public enum OptimizerSpec: Sendable, Hashable {
  case adamW(AdamWSpec)
  case sgd(SGDSpec)
}

/// The names that a config gives optimizers.
public enum OptimizerName: String, FieldName {
  case adamW = "adamw"
  case sgd

  /// The optimizer where a config names none.
  public static let standard = OptimizerName.adamW
}

extension OptimizerSpec {
  /// The optimizer of a name, each key with its default; those that have none mean nothing yet.
  public init(_ name: OptimizerName) {
    self =
      switch name {
      case .adamW: .adamW(.standard)
      case .sgd: .sgd(.start)
      }
  }

  public var name: OptimizerName {
    switch self {
    case .adamW: .adamW
    case .sgd: .sgd
    }
  }

  public mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.variant("optimizer.name", name, default: .standard)
    switch self {
    case .adamW(var spec):
      try spec.visitFields(&visitor)
      self = .adamW(spec)
    case .sgd(var spec):
      try spec.visitFields(&visitor)
      self = .sgd(spec)
    }
  }

  public var learningRate: Double {
    switch self {
    case .adamW(let spec): spec.learningRate
    case .sgd(let spec): spec.learningRate
    }
  }

  public var weightDecay: Double {
    switch self {
    case .adamW(let spec): spec.weightDecay
    case .sgd(let spec): spec.weightDecay
    }
  }

  /// The moments kept for each parameter, by their names in PyTorch's optimizer state.
  public var momentNames: [String] {
    switch self {
    case .adamW: ["exp_avg", "exp_avg_sq"]
    case .sgd: []
    }
  }
}
