/// The task that is learned.
public enum TaskSpec: Sendable, Hashable {
  case modular(ModularTask)
  case modularOperation(ModularOperationTask)
  case permutations(PermutationTask)
  case sparseParity(SparseParityTask)
}

/// The names of tasks in a config.
public enum TaskName: String, FieldName {
  case modularAddition = "modular-addition"
  case modularMultiplication = "modular-multiplication"
  case sparseParity = "sparse-parity"
  case modularOperation = "modular-operation"
  case permutations
}

extension TaskName {
  /// The model for the task where a config names none.
  public var standardModel: ModelName {
    switch self {
    case .modularAddition, .modularMultiplication, .modularOperation, .permutations: .transformer
    case .sparseParity: .mlp
    }
  }
}

extension TaskSpec {
  /// The task with this name. Each key has its default.
  public init(_ name: TaskName) {
    self =
      switch name {
      case .modularAddition: .modular(ModularTask(.addition))
      case .modularMultiplication: .modular(ModularTask(.multiplication))
      case .sparseParity: .sparseParity(.standard)
      case .modularOperation: .modularOperation(.start)
      case .permutations: .permutations(.standard)
      }
  }

  public var name: TaskName {
    switch self {
    case .modular(let task):
      switch task.operation {
      case .addition: .modularAddition
      case .multiplication: .modularMultiplication
      }
    case .modularOperation: .modularOperation
    case .permutations: .permutations
    case .sparseParity: .sparseParity
    }
  }

  public mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.variant("task.name", name, default: nil)
    switch self {
    case .modular(var task):
      try task.visitFields(&visitor)
      self = .modular(task)
    case .modularOperation(var task):
      try task.visitFields(&visitor)
      self = .modularOperation(task)
    case .permutations(var task):
      try task.visitFields(&visitor)
      self = .permutations(task)
    case .sparseParity(var task):
      try task.visitFields(&visitor)
      self = .sparseParity(task)
    }
  }

  /// Values that do not go together; nil if there are none.
  ///
  /// - Parameter decimal: Writes a number as text.
  public func conflict(decimal: (Double) -> String) -> Conflict? {
    switch examples {
    case .pairs(let task): task.conflict(decimal: decimal)
    case .bits(let task): task.conflict
    }
  }
}

// MARK: Examples

extension TaskSpec {
  /// What the examples are.
  public enum Examples: Sendable, Hashable {
    case pairs(PairTask)
    case bits(SparseParityTask)
  }

  public var examples: Examples {
    switch self {
    case .modular(let task): .pairs(.modular(task))
    case .modularOperation(let task): .pairs(.operation(task))
    case .permutations(let task): .pairs(.permutations(task))
    case .sparseParity(let task): .bits(task)
    }
  }

  /// How many examples the training set has (SPEC.md 1.7).
  public var trainCount: Int {
    switch examples {
    case .pairs(let task): task.trainCount
    case .bits(let task): task.trainSamples
    }
  }

  /// How many examples the validation set has.
  public var validationCount: Int {
    switch examples {
    case .pairs(let task): task.pairCount - task.trainCount
    case .bits(let task): task.validationSamples
    }
  }

  /// How many examples both sets have.
  public var exampleCount: Int { trainCount + validationCount }

  /// How many different labels there are.
  public var classCount: Int {
    switch examples {
    case .pairs(let task): task.vocabulary
    case .bits: SparseParityTask.classCount
    }
  }
}

// MARK: What belongs to it

extension TaskSpec {
  /// The models that can learn it.
  public var models: [ModelName] {
    ModelName.allCases.filter { model in
      Pairing(task: self, model: ModelSpec(model, for: name)) != nil
    }
  }
}
