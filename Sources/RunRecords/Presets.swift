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
    case .modularAddition:
      RunSpec(
        seed: 42,
        task: .modular(.init(operation: .addition, modulus: 97, trainFraction: 0.5)),
        model: .transformer(.paper), optimizer: .adamW(.paper), batch: 512, maxSteps: 50_000,
        logInterval: 200, checkpointInterval: 1000,
        stop: StopRule(memorized: 0.99, grokked: 0.99, stepsAfterGrokking: 2000))
    case .modularMultiplication:
      RunSpec(
        seed: 42,
        task: .modular(.init(operation: .multiplication, modulus: 53, trainFraction: 0.5)),
        model: .transformer(
          .init(
            embedding: .perOperand, width: 128, heads: 4, feedforward: 512, embeddingScale: 1)),
        optimizer: .adamW(.paper), batch: 512, maxSteps: 50_000, logInterval: 200,
        checkpointInterval: 1000,
        stop: StopRule(memorized: 0.99, grokked: 0.99, stepsAfterGrokking: 2000))
    case .sparseParity:
      RunSpec(
        seed: 42,
        task: .sparseParity(
          .init(bits: 20, relevantBits: 3, trainSamples: 25_000, validationSamples: 25_000)),
        model: .mlp(.paper), optimizer: .adamW(.paper), batch: 256, maxSteps: 100_000,
        logInterval: 200, checkpointInterval: 1000,
        stop: StopRule(memorized: 0.99, grokked: 0.95, stepsAfterGrokking: 2000))
    case .tiny:
      RunSpec(
        seed: 42,
        task: .modular(.init(operation: .addition, modulus: 7, trainFraction: 0.5)),
        model: .transformer(
          .init(embedding: .shared, width: 16, heads: 2, feedforward: 32, embeddingScale: 1)),
        optimizer: .adamW(.paper), batch: 16, maxSteps: 400, logInterval: 20,
        checkpointInterval: 100,
        stop: StopRule(memorized: 0.99, grokked: 0.99, stepsAfterGrokking: 2000))
    }
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

extension ModelSpec.TransformerSpec {
  static let paper = Self(
    embedding: .shared, width: 128, heads: 4, feedforward: 512, embeddingScale: 1)
}

extension ModelSpec.MLPSpec {
  static let paper = Self(width: 128, hiddenLayers: 2)
}

extension OptimizerSpec.AdamWSpec {
  static let paper = Self(
    learningRate: 0.001, weightDecay: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
}
