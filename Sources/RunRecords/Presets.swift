internal import Catalogue

/// The configs that are built in, by the names that `--preset` takes.
public enum Preset: String, Sendable, CaseIterable {
  /// S1 of arXiv 2603.13331: p = 97, AdamW, η = 1e-3, λ = 1.
  case modularAddition = "modular-addition"
  /// S9: p = 53, one embedding table an operand.
  case modularMultiplication = "modular-multiplication"
  /// S10: the parity of 3 of 20 bits.
  case sparseParity = "sparse-parity"
  /// Addition modulo 7 with a small model; trains in under a second.
  case tiny

  public var spec: RunSpec {
    switch self {
    case .modularAddition: Self.paper(.modularAddition)
    case .modularMultiplication: Self.paper(.modularMultiplication)
    case .sparseParity:
      Self.paper(.sparseParity, batch: 256, maxSteps: 100_000, grokked: 0.95)
    case .tiny:
      RunSpec(
        seed: 42,
        task: .modular(.init(operation: .addition, modulus: 7, trainFraction: 0.5)),
        model: .transformer(
          .init(embedding: .shared, width: 16, heads: 2, feedforward: 32, embeddingScale: 1)),
        optimizer: OptimizerSpec(.standard), batch: 16, maxSteps: 400, logInterval: 20,
        checkpointInterval: 100,
        stop: StopRule(memorized: 0.99, grokked: 0.99, stepsAfterGrokking: 2000))
    }
  }

  /// A task with the model that learns it, all keys with their defaults.
  private static func paper(
    _ task: TaskName, batch: Int = 512, maxSteps: Int = 50_000, grokked: Double = 0.99
  ) -> RunSpec {
    RunSpec(
      seed: 42, task: TaskSpec(task), model: ModelSpec(task.standardModel, for: task),
      optimizer: OptimizerSpec(.standard), batch: batch, maxSteps: maxSteps, logInterval: 200,
      checkpointInterval: 1000,
      stop: StopRule(memorized: 0.99, grokked: grokked, stepsAfterGrokking: 2000))
  }

  /// The preset whose values a config of this task takes where it has none.
  static func basic(for task: TaskName) -> Preset {
    switch task {
    case .modularAddition: .modularAddition
    case .modularMultiplication: .modularMultiplication
    case .sparseParity: .sparseParity
    }
  }
}
