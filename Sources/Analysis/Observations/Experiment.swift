public import RunRecords

/// The experiments of arXiv 2603.13331, and the controls beyond it.
public enum Experiment: String, Sendable, CaseIterable {
  case contraction = "S1"
  case decaySweep = "S2"
  case modulusSweep = "S3"
  case spectrum = "S4"
  case rateSweep = "S5A"
  case jointSweep = "S5B"
  case optimizers = "S6"
  case spectrumInFull = "S7 full"
  case spectrumAgain = "S7 low"
  case threeOptimizers = "S8"
  case multiplication = "S9"
  case parity = "S10"
  /// The nine runs that the paper counts and nowhere describes; ours are seeds 52-60 of S1.
  case undescribed = "S1 52-60"

  /// S3 logged every 50 steps, as in the paper's table.
  case modulusSweepFine = "S3 at 50"
  /// S1's cell logged every 20 steps, any seed: what the predictor needs.
  case baseFine = "S1 at 20"
  /// S1's cell with embeddings × 0.02, logged every 50 steps, any seed.
  case smallEmbedding = "embedding × 0.02"
  /// λ = 0.01 for 150 000 steps, any seed.
  case weakDecayLong = "λ = 0.01, 150 000 steps"
  /// The addition model on multiplication, any seed.
  case multiplicationControl = "S9, addition's model"
  /// Parity logged every 5 steps, any seed.
  case parityFine = "S10 at 5"
  /// Parity with 1000 training samples, any seed.
  case parityScarce = "S10, m = 1000"

  /// The 293 runs that the paper counts.
  public static let paper: [Experiment] = [
    .contraction, .decaySweep, .modulusSweep, .spectrum, .rateSweep, .jointSweep, .optimizers,
    .spectrumInFull, .spectrumAgain, .threeOptimizers, .multiplication, .parity, .undescribed,
  ]
}

extension Experiment {
  /// Every seed that is there counts; the cells' own is a place holder.
  public var takesAnySeed: Bool {
    switch self {
    case .baseFine, .smallEmbedding, .weakDecayLong, .multiplicationControl, .parityFine,
      .parityScarce:
      true
    default: false
    }
  }

  /// How many runs of each cell a conclusion needs, where any seed counts; else the cells are all there are.
  public var leastSeeds: Int {
    switch self {
    case .baseFine: 60
    case .smallEmbedding: 10
    case .multiplicationControl, .parityFine, .parityScarce: 5
    case .weakDecayLong: 3
    default: 1
    }
  }

  /// At which resolution the experiment looks at the spectrum of the logits; nil where it does not.
  func spectrumResolution(of cell: RunSpec) -> SpectrumResolution? {
    switch (self, cell.task) {
    case (.spectrum, .modular), (.spectrumAgain, .modular): .low
    case (.spectrumInFull, .modular(let task)): .full(modulus: task.modulus)
    default: nil
    }
  }

  /// The configs of the runs, in the paper's order.
  public var cells: [RunSpec] {
    switch self {
    case .contraction: Self.base(seeds: 42...51)
    case .undescribed: Self.base(seeds: 52...60)
    case .decaySweep:
      [0.001, 0.01, 0.1, 0.3, 0.5, 1, 2, 5].flatMap { decay in
        Self.base(
          seeds: 42...51, decay: decay, maxSteps: decay <= 0.01 ? 15_000 : 80_000, log: 500)
      }
    case .modulusSweep: Self.moduli.flatMap { Self.base(seeds: 42...48, modulus: $0) }
    case .modulusSweepFine: Self.moduli.flatMap { Self.base(seeds: 42...48, modulus: $0, log: 50) }
    case .spectrum, .spectrumInFull, .spectrumAgain: Self.base(seeds: 42...46, after: 7000)
    case .rateSweep: Self.rates.flatMap { Self.base(seeds: 42...46, rate: $0.0, maxSteps: $0.1) }
    case .jointSweep:
      Self.rates.prefix(3).flatMap { rate in
        [0.5, 1, 2].flatMap { decay in
          Self.base(seeds: 42...46, rate: rate.0, decay: decay, maxSteps: rate.1)
        }
      }
    case .optimizers:
      Self.base(seeds: 42...46, after: 3000)
        + Self.base(seeds: 42...46, sgd: .twoLambda, after: 3000)
    case .threeOptimizers:
      Self.base(seeds: 42...46, sgd: .twoLambda, after: 3000)
        + Self.base(seeds: 42...46, sgd: .lambda, after: 3000)
        + Self.base(seeds: 42...46, after: 3000)
    case .multiplication: Self.multiplied(Preset.modularMultiplication.spec.model, seeds: 42...46)
    case .multiplicationControl:
      Self.multiplied(Preset.modularAddition.spec.model, seeds: 42...42)
    case .parity: Self.parities(seeds: 42...46, log: 200)
    case .parityFine: Self.parities(seeds: 42...42, log: 5)
    case .parityScarce: Self.parities(seeds: 42...42, log: 200, samples: 1000)
    case .baseFine: Self.base(seeds: 42...42, log: 20)
    case .smallEmbedding: Self.base(seeds: 42...42, log: 50, embeddingScale: 0.02)
    case .weakDecayLong: Self.base(seeds: 42...42, decay: 0.01, maxSteps: 150_000, log: 500)
    }
  }

  public static let moduli = [53, 67, 89, 97, 101, 113, 127]
  /// η, and the steps that S5 gives it.
  public static let rates: [(Double, Int)] = [
    (2e-3, 50_000), (1e-3, 100_000), (5e-4, 200_000), (2e-4, 200_000), (1e-4, 200_000),
  ]

  private static func base(
    seeds: ClosedRange<UInt64>, modulus: Int = 97, rate: Double = 1e-3, decay: Double = 1,
    sgd: OptimizerSpec.SGDSpec.DecayConvention? = nil, maxSteps: Int = 50_000, log: Int = 200,
    after: Int = 2000, embeddingScale: Double = 1
  ) -> [RunSpec] {
    var spec = Preset.modularAddition.spec
    spec.task = .modular(.init(operation: .addition, modulus: modulus, trainFraction: 0.5))
    if case .transformer(var model) = spec.model {
      model.embeddingScale = embeddingScale
      spec.model = .transformer(model)
    }
    if let sgd {
      spec.optimizer = .sgd(.init(learningRate: rate, weightDecay: decay, decayConvention: sgd))
    } else if case .adamW(var adamW) = spec.optimizer {
      adamW.learningRate = rate
      adamW.weightDecay = decay
      spec.optimizer = .adamW(adamW)
    }
    spec.maxSteps = maxSteps
    spec.logInterval = log
    spec.stop.stepsAfterGrokking = after
    return seeds.map { seed in
      var spec = spec
      spec.seed = seed
      return spec
    }
  }

  private static func multiplied(_ model: ModelSpec, seeds: ClosedRange<UInt64>) -> [RunSpec] {
    [53, 67, 89, 97].flatMap { modulus in
      seeds.map { seed in
        var spec = Preset.modularMultiplication.spec
        spec.task = .modular(
          .init(operation: .multiplication, modulus: modulus, trainFraction: 0.5))
        spec.model = model
        spec.seed = seed
        return spec
      }
    }
  }

  private static func parities(seeds: ClosedRange<UInt64>, log: Int, samples: Int = 25_000)
    -> [RunSpec]
  {
    [20, 30, 40].flatMap { bits in
      seeds.map { seed in
        var spec = Preset.sparseParity.spec
        spec.task = .sparseParity(
          .init(
            bits: bits, relevantBits: 3, trainSamples: samples, validationSamples: 25_000))
        spec.logInterval = log
        spec.seed = seed
        return spec
      }
    }
  }
}
