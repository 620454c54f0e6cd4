package import Catalogue

/// The built-in configs, with the names that `--preset` takes.
public enum Preset: String, Sendable, CaseIterable {
  /// S1 of arXiv 2603.13331: p = 97, AdamW, η = 1e-3, λ = 1.
  case modularAddition = "modular-addition"
  /// S9: p = 53, one embedding table per operand.
  case modularMultiplication = "modular-multiplication"
  /// S10: the parity of 3 of 20 bits.
  case sparseParity = "sparse-parity"
  /// Addition modulo 7 with a small model; trains in under a second.
  case tiny

  public var spec: RunSpec {
    switch self {
    case .modularAddition: .standard(for: .modularAddition)
    case .modularMultiplication: .standard(for: .modularMultiplication)
    case .sparseParity: .standard(for: .sparseParity)
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
}

extension RunSpec {
  /// A task with the model that learns it. All keys have their defaults, those of arXiv 2603.13331.
  package static func standard(for task: TaskName) -> RunSpec {
    let (batch, maxSteps, grokked) =
      switch task {
      case .modularAddition, .modularMultiplication, .modularOperation, .permutations:
        (512, 50_000, 0.99)
      case .sparseParity: (256, 100_000, 0.95)
      }
    return RunSpec(
      seed: 42, task: TaskSpec(task), model: ModelSpec(task.standardModel, for: task),
      optimizer: OptimizerSpec(.standard), batch: batch, maxSteps: maxSteps, logInterval: 200,
      checkpointInterval: 1000,
      stop: StopRule(memorized: 0.99, grokked: grokked, stepsAfterGrokking: 2000))
  }
}
