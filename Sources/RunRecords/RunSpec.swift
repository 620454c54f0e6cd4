/// Everything that determines a run, and nothing else: two runs with equal specs have equal bits.
///
/// Its canonical JSON is `config.json`; the first 16 hex digits of that file's SHA-256 are the run's id.
public struct RunSpec: Sendable, Hashable {
  /// The version of the arithmetic (SPEC.md, part 1).
  public var numerics: Int
  /// The key of every random stream.
  public var seed: UInt64
  public var task: TaskSpec
  public var model: ModelSpec
  public var optimizer: OptimizerSpec
  /// Examples drawn with replacement for each step.
  public var batch: Int
  /// Steps 0 ..< `maxSteps` are taken unless the stop rule ends the run earlier.
  public var maxSteps: Int
  /// A row of the trace is written after each step that this divides.
  public var logInterval: Int
  /// A checkpoint is kept after each step that this divides and after the last; 0 keeps none.
  public var checkpointInterval: Int
  public var stop: StopRule

  public init(
    numerics: Int = 1, seed: UInt64, task: TaskSpec, model: ModelSpec, optimizer: OptimizerSpec,
    batch: Int, maxSteps: Int, logInterval: Int, checkpointInterval: Int, stop: StopRule
  ) {
    self.numerics = numerics
    self.seed = seed
    self.task = task
    self.model = model
    self.optimizer = optimizer
    self.batch = batch
    self.maxSteps = maxSteps
    self.logInterval = logInterval
    self.checkpointInterval = checkpointInterval
    self.stop = stop
  }
}

/// What is learned.
public enum TaskSpec: Sendable, Hashable {
  case modular(ModularTask)
  case sparseParity(SparseParityTask)

  /// All pairs (a, b) below `modulus`, labelled a + b or a · b modulo `modulus`.
  public struct ModularTask: Sendable, Hashable {
    public enum Operation: String, Sendable, CaseIterable { case addition, multiplication }
    public var operation: Operation
    public var modulus: Int
    /// The first ⌊fraction · modulus²⌋ pairs of the shuffled list are the training set.
    public var trainFraction: Double

    public init(operation: Operation, modulus: Int, trainFraction: Double) {
      self.operation = operation
      self.modulus = modulus
      self.trainFraction = trainFraction
    }
  }

  /// Strings of `bits` random bits, labelled by the parity of the first `relevantBits`.
  public struct SparseParityTask: Sendable, Hashable {
    public var bits: Int
    public var relevantBits: Int
    public var trainSamples: Int
    public var validationSamples: Int

    public init(bits: Int, relevantBits: Int, trainSamples: Int, validationSamples: Int) {
      self.bits = bits
      self.relevantBits = relevantBits
      self.trainSamples = trainSamples
      self.validationSamples = validationSamples
    }
  }
}

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
    case .modular(let task): task.modulus * task.modulus - task.trainCount
    case .sparseParity(let task): task.validationSamples
    }
  }
}

/// What learns.
public enum ModelSpec: Sendable, Hashable {
  case transformer(TransformerSpec)
  case mlp(MLPSpec)

  /// One post-norm encoder layer over two tokens, read at the last position.
  public struct TransformerSpec: Sendable, Hashable {
    /// `shared`: one token table and a position table; `per-operand`: one token table an operand, no positions.
    public enum Embedding: String, Sendable, CaseIterable {
      case shared
      case perOperand = "per-operand"
    }
    public var embedding: Embedding
    public var width: Int
    public var heads: Int
    public var feedforward: Int
    /// Factor on the N(0, 1) initialisation of the embedding tables.
    public var embeddingScale: Double

    public init(
      embedding: Embedding, width: Int, heads: Int, feedforward: Int, embeddingScale: Double
    ) {
      self.embedding = embedding
      self.width = width
      self.heads = heads
      self.feedforward = feedforward
      self.embeddingScale = embeddingScale
    }
  }

  /// Linear layers with ReLU between them: bits → width → … → width → 2.
  public struct MLPSpec: Sendable, Hashable {
    public var width: Int
    public var hiddenLayers: Int

    public init(width: Int, hiddenLayers: Int) {
      self.width = width
      self.hiddenLayers = hiddenLayers
    }
  }
}

/// How it learns.
public enum OptimizerSpec: Sendable, Hashable {
  case adamW(AdamWSpec)
  case sgd(SGDSpec)

  /// AdamW on all parameters (Loshchilov and Hutter, arXiv 1711.05101), decay decoupled: θ ← (1 − ηλ)θ.
  public struct AdamWSpec: Sendable, Hashable {
    public var learningRate: Double
    public var weightDecay: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double

    public init(
      learningRate: Double, weightDecay: Double, beta1: Double, beta2: Double, epsilon: Double
    ) {
      self.learningRate = learningRate
      self.weightDecay = weightDecay
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
    }
  }

  /// Plain gradient descent without momentum; decay enters the gradient as w·θ.
  public struct SGDSpec: Sendable, Hashable {
    /// Whether w is λ (PyTorch's convention) or 2λ (the gradient of λ‖θ‖²).
    public enum DecayConvention: String, Sendable, CaseIterable {
      case lambda
      case twoLambda = "two-lambda"
    }
    public var learningRate: Double
    public var weightDecay: Double
    public var decayConvention: DecayConvention

    public init(learningRate: Double, weightDecay: Double, decayConvention: DecayConvention) {
      self.learningRate = learningRate
      self.weightDecay = weightDecay
      self.decayConvention = decayConvention
    }
  }
}

extension OptimizerSpec {
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
}

/// When a logged row says "memorised" and "grokked", and how long a run goes on after that.
public struct StopRule: Sendable, Hashable {
  /// Training accuracy from which the training set counts as memorised.
  public var memorized: Double
  /// Validation accuracy from which the run counts as grokked.
  public var grokked: Double
  /// The run ends after the first step greater than T_grok + this.
  public var stepsAfterGrokking: Int

  public init(memorized: Double, grokked: Double, stepsAfterGrokking: Int) {
    self.memorized = memorized
    self.grokked = grokked
    self.stepsAfterGrokking = stepsAfterGrokking
  }
}
