extension OptimizerSpec {
  /// Plain gradient descent without momentum; decay enters the gradient as w·θ.
  public struct SGDSpec: Sendable, Hashable {
    /// Whether w is λ (PyTorch's convention) or 2λ (the gradient of λ‖θ‖²).
    public enum DecayConvention: String, FieldName {
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

extension OptimizerSpec.SGDSpec {
  /// The values at which reading begins. The convention has no default and means nothing yet.
  static let start = Self(learningRate: 0.001, weightDecay: 1, decayConvention: .lambda)

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    let rate = NumberBounds(.from(0), .unlimited)
    try visitor.number("optimizer.learning_rate", rate, &learningRate)
    try visitor.number("optimizer.weight_decay", rate, &weightDecay)
    // Only a preset gives it a value: the paper has an experiment for each convention.
    try visitor.name("optimizer.decay_convention", &decayConvention, hasDefault: false)
  }

  /// w of SPEC.md 1.11: the multiple of θ that is added to the gradient.
  public var gradientDecay: Double {
    switch decayConvention {
    case .lambda: weightDecay
    case .twoLambda: 2 * weightDecay
    }
  }
}
