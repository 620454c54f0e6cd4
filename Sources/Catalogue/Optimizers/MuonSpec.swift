extension OptimizerSpec {
  /// Muon (K. Jordan et al., 2024) for the weights of hidden layers, whose updates are made
  /// orthogonal; AdamW for all other tensors. Decay is decoupled in both.
  public struct MuonSpec: Sendable, Hashable {
    public var learningRate: Double
    public var weightDecay: Double
    public var momentum: Double
    public var adamWLearningRate: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double

    public init(
      learningRate: Double, weightDecay: Double, momentum: Double, adamWLearningRate: Double,
      beta1: Double, beta2: Double, epsilon: Double
    ) {
      self.learningRate = learningRate
      self.weightDecay = weightDecay
      self.momentum = momentum
      self.adamWLearningRate = adamWLearningRate
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
    }
  }
}

extension OptimizerSpec.MuonSpec {
  /// The optimizer with its defaults: the published ones, and for AdamW those of S1 of arXiv
  /// 2603.13331.
  public static let standard = Self(
    learningRate: 0.02, weightDecay: 1, momentum: 0.95, adamWLearningRate: 0.001, beta1: 0.9,
    beta2: 0.999, epsilon: 1e-8)

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    let rate = NumberBounds(.from(0), .unlimited)
    let beta = NumberBounds(.from(0), .below(1))
    try visitor.number("optimizer.learning_rate", rate, &learningRate)
    try visitor.number("optimizer.weight_decay", rate, &weightDecay)
    try visitor.number("optimizer.momentum", beta, &momentum)
    try visitor.number("optimizer.adamw_learning_rate", rate, &adamWLearningRate)
    try visitor.number("optimizer.beta1", beta, &beta1)
    try visitor.number("optimizer.beta2", beta, &beta2)
    try visitor.number("optimizer.epsilon", NumberBounds(.above(0), .unlimited), &epsilon)
  }

  /// The optimizer of the other tensors.
  public var adamW: OptimizerSpec.AdamWSpec {
    OptimizerSpec.AdamWSpec(
      learningRate: adamWLearningRate, weightDecay: weightDecay, beta1: beta1, beta2: beta2,
      epsilon: epsilon)
  }
}
