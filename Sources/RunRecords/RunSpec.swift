public import Catalogue

/// Everything that determines a run, and nothing else: two runs with equal specs have equal bits.
///
/// Its canonical JSON is `config.json`; the first 16 hex digits of that file's SHA-256 are the
/// run's id.
public struct RunSpec: Sendable, Hashable {
  /// The version of the arithmetic (SPEC.md, part 1).
  public var numerics: Int
  /// The key of every random stream.
  public var seed: UInt64
  public var task: TaskSpec
  public var model: ModelSpec
  public var optimizer: OptimizerSpec
  /// The number of examples in each step.
  public var batch: Int
  /// Steps 0 ..< `maxSteps` are taken unless the stop rule ends the run earlier.
  public var maxSteps: Int
  /// A row of the trace is written after each step that this divides.
  public var logInterval: Int
  /// A checkpoint is kept after each step that this divides and after the last; 0 keeps none.
  public var checkpointInterval: Int
  public var stop: StopRule
  /// How the learning rate changes from step to step.
  public var rateSchedule = RateSchedule.constant
  public var loss = LossSpec()
  /// What is logged in addition to losses, accuracies and V, in the order of the cases.
  public var logColumns: [LogColumn] = []
  /// Which examples a batch has.
  public var sampling = Sampling.withReplacement
  /// What is changed during the run, by ascending steps. Interventions of one step act in this
  /// order.
  public var interventions: [Intervention] = []

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

extension RunSpec {
  /// The model with its task.
  ///
  /// - Precondition: The model can learn the task, as in any config that was read.
  public var pairing: Pairing {
    guard let pairing = Pairing(task: task, model: model) else {
      preconditionFailure("\(model.name.rawValue) cannot learn \(task.name.rawValue)")
    }
    return pairing
  }

  /// The headings of `logColumns` in a trace.
  public var addedHeadings: [String] {
    guard !logColumns.isEmpty else { return [] }
    let tensors = pairing.tensors.map { $0.name }
    return logColumns.flatMap { $0.headings(tensors: tensors) }
  }

  /// The headings that a config can add for any model.
  public static let addedHeadingsOfAnyModel =
    LogColumn.allCases.flatMap { $0.headings(tensors: []) }

  /// The text before a tensor's name in the heading of its column.
  public static let tensorHeading = LogColumn.tensorHeading

  /// p, if the task is addition or multiplication modulo p; only then do the logits have a
  /// spectrum.
  public var spectralModulus: Int? {
    switch task {
    case .modular(let task): task.modulus
    case .modularOperation, .permutations, .sparseParity: nil
    }
  }

  /// Whether the models have the same tensors: names and shapes.
  public func hasTensors(of other: RunSpec) -> Bool {
    let (own, others) = (pairing.tensors, other.pairing.tensors)
    return own.map { $0.name } == others.map { $0.name }
      && own.map { $0.shape } == others.map { $0.shape }
  }

  /// How many numbers the model learns.
  public var parameterCount: Int { pairing.parameterCount }
}

/// When a logged row counts as memorised or grokked, and how long a run continues after that.
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
