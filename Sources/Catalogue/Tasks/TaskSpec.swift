/// What is learned.
public enum TaskSpec: Sendable, Hashable {
  case modular(ModularTask)
  case modularOperation(ModularOperationTask)
  case permutations(PermutationTask)
  case sparseParity(SparseParityTask)
}

/// The names that a config gives tasks.
public enum TaskName: String, FieldName {
  case modularAddition = "modular-addition"
  case modularMultiplication = "modular-multiplication"
  case sparseParity = "sparse-parity"
  case modularOperation = "modular-operation"
  case permutations
}

extension TaskName {
  /// The model that learns it where a config names none.
  public var standardModel: ModelName {
    switch self {
    case .modularAddition, .modularMultiplication, .modularOperation, .permutations: .transformer
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

  /// What of the values does not go together.
  ///
  /// - Parameter decimal: How a number is written.
  public func conflict(decimal: (Double) -> String) -> Conflict? {
    switch examples {
    case .pairs(let task): task.conflict(decimal: decimal)
    case .bits(let task): task.conflict
    }
  }
}

// MARK: Examples

extension TaskSpec {
  /// What an example is.
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

  /// Examples of the training set (SPEC.md 1.7).
  public var trainCount: Int {
    switch examples {
    case .pairs(let task): task.trainCount
    case .bits(let task): task.trainSamples
    }
  }

  /// Examples of the validation set.
  public var validationCount: Int {
    switch examples {
    case .pairs(let task): task.pairCount - task.trainCount
    case .bits(let task): task.validationSamples
    }
  }

  /// Examples of both sets.
  public var exampleCount: Int { trainCount + validationCount }

  /// Labels that an example can have.
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
