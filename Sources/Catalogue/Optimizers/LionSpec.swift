extension OptimizerSpec {
  /// Lion (Chen et al., arXiv 2302.06675) with decoupled decay. A step follows the sign of an
  /// average of gradients.
  public struct LionSpec: Sendable, Hashable {
    public var learningRate: Double
    public var weightDecay: Double
    /// For the average whose sign is taken.
    public var beta1: Double
    /// For the average that is kept.
    public var beta2: Double

    public init(learningRate: Double, weightDecay: Double, beta1: Double, beta2: Double) {
      self.learningRate = learningRate
      self.weightDecay = weightDecay
      self.beta1 = beta1
      self.beta2 = beta2
    }
  }
}

extension OptimizerSpec.LionSpec {
  /// The optimizer with its defaults; the betas are the paper's.
  public static let standard = Self(
    learningRate: 0.001, weightDecay: 1, beta1: 0.9, beta2: 0.99)

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    let rate = NumberBounds(.from(0), .unlimited)
    let beta = NumberBounds(.from(0), .below(1))
    try visitor.number("optimizer.learning_rate", rate, &learningRate)
    try visitor.number("optimizer.weight_decay", rate, &weightDecay)
    try visitor.number("optimizer.beta1", beta, &beta1)
    try visitor.number("optimizer.beta2", beta, &beta2)
  }
}
