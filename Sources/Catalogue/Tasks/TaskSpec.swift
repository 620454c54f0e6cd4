/// What is learned.
public enum TaskSpec: Sendable, Hashable {
  case modular(ModularTask)
  case sparseParity(SparseParityTask)
}

/// The names that a config gives tasks.
public enum TaskName: String, FieldName {
  case modularAddition = "modular-addition"
  case modularMultiplication = "modular-multiplication"
  case sparseParity = "sparse-parity"
}

extension TaskName {
  /// The model that learns it where a config names none.
  public var standardModel: ModelName {
    switch self {
    case .modularAddition, .modularMultiplication: .transformer
    case .sparseParity: .mlp
    }
  }
}

extension TaskSpec {
  /// The task of a name, each key with its default.
  public init(_ name: TaskName) {
    self =
      switch name {
      case .modularAddition: .modular(ModularTask(.addition))
      case .modularMultiplication: .modular(ModularTask(.multiplication))
      case .sparseParity: .sparseParity(.standard)
      }
  }

  public var name: TaskName {
    switch self {
    case .modular(let task):
      switch task.operation {
      case .addition: .modularAddition
      case .multiplication: .modularMultiplication
      }
    case .sparseParity: .sparseParity
    }
  }

  public mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.variant("task.name", name, default: nil)
    switch self {
    case .modular(var task):
      try task.visitFields(&visitor)
      self = .modular(task)
    case .sparseParity(var task):
      try task.visitFields(&visitor)
      self = .sparseParity(task)
    }
  }

  /// What of the values does not go together.
  ///
  /// - Parameter decimal: How a number is written.
  public func conflict(decimal: (Double) -> String) -> Conflict? {
    switch self {
    case .modular(let task): task.conflict(decimal: decimal)
    case .sparseParity(let task): task.conflict
    }
  }
}

// MARK: Sizes

extension TaskSpec {
  /// Examples of the training set (SPEC.md 1.7).
  public var trainCount: Int {
    switch self {
    case .modular(let task): task.trainCount
    case .sparseParity(let task): task.trainSamples
    }
  }

  /// Examples of the validation set.
  public var validationCount: Int {
    switch self {
    case .modular(let task): task.pairCount - task.trainCount
    case .sparseParity(let task): task.validationSamples
    }
  }

  /// Examples of both sets.
  public var exampleCount: Int { trainCount + validationCount }

  /// Labels that an example can have.
  public var classCount: Int {
    switch self {
    case .modular(let task): task.modulus
    case .sparseParity: SparseParityTask.classCount
    }
  }
}

// MARK: What belongs to it

extension TaskSpec {
  /// What is made small.
  public var loss: LossSpec {
    switch self {
    case .modular, .sparseParity: .crossEntropy
    }
  }

  /// The models that can learn it.
  public var models: [ModelName] {
    ModelName.allCases.filter { model in
      Pairing(task: self, model: ModelSpec(model, for: name)) != nil
    }
  }
}
