/// The optimizer that trains the model.
public enum OptimizerSpec: Sendable, Hashable {
  case adamW(AdamWSpec)
  case adam(AdamSpec)
  case sgd(SGDSpec)
  case momentum(MomentumSpec)
  case lion(LionSpec)
  case muon(MuonSpec)
}

/// The names of optimizers in a config.
public enum OptimizerName: String, FieldName {
  case adamW = "adamw"
  case sgd
  case adam
  case momentum = "sgd-momentum"
  case lion
  case muon

  /// The optimizer where a config names none.
  public static let standard = OptimizerName.adamW
}

extension OptimizerSpec {
  /// The optimizer with this name. Each key has its default; a key without one means nothing until
  /// it is set.
  public init(_ name: OptimizerName) {
    self =
      switch name {
      case .adamW: .adamW(.standard)
      case .adam: .adam(.standard)
      case .sgd: .sgd(.start)
      case .momentum: .momentum(.standard)
      case .lion: .lion(.standard)
      case .muon: .muon(.standard)
      }
  }

  public var name: OptimizerName {
    switch self {
    case .adamW: .adamW
    case .adam: .adam
    case .sgd: .sgd
    case .momentum: .momentum
    case .lion: .lion
    case .muon: .muon
    }
  }

  public mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.variant("optimizer.name", name, default: .standard)
    switch self {
    case .adamW(var spec):
      try spec.visitFields(&visitor)
      self = .adamW(spec)
    case .adam(var spec):
      try spec.visitFields(&visitor)
      self = .adam(spec)
    case .sgd(var spec):
      try spec.visitFields(&visitor)
      self = .sgd(spec)
    case .momentum(var spec):
      try spec.visitFields(&visitor)
      self = .momentum(spec)
    case .lion(var spec):
      try spec.visitFields(&visitor)
      self = .lion(spec)
    case .muon(var spec):
      try spec.visitFields(&visitor)
      self = .muon(spec)
    }
  }

  /// The moments kept for each parameter, by their names in PyTorch's optimizer state.
  public var momentNames: [String] {
    switch self {
    case .adamW, .adam: ["exp_avg", "exp_avg_sq"]
    case .sgd: []
    case .momentum: ["momentum_buffer"]
    case .lion: ["exp_avg"]
    case .muon: ["exp_avg", "exp_avg_sq"]
    }
  }
}
