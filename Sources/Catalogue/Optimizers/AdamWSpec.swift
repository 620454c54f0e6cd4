extension OptimizerSpec {
  /// AdamW (Loshchilov and Hutter, arXiv 1711.05101) with decoupled decay: θ ← (1 − ηλ)θ.
  public struct AdamWSpec: Sendable, Hashable {
    /// Which tensors decay.
    public enum DecayOn: String, FieldName {
      case all
      /// Tensors of two dimensions, including embedding tables.
      case matrices
      case allButEmbeddings = "all-but-embeddings"
    }
    public var learningRate: Double
    public var weightDecay: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var decayOn: DecayOn

    public init(
      learningRate: Double, weightDecay: Double, beta1: Double, beta2: Double, epsilon: Double,
      decayOn: DecayOn = .all
    ) {
      self.learningRate = learningRate
      self.weightDecay = weightDecay
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.decayOn = decayOn
    }
  }
}

extension OptimizerSpec.AdamWSpec {
  /// The optimizer with its defaults: S1 of arXiv 2603.13331.
  public static let standard = Self(
    learningRate: 0.001, weightDecay: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8)

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    let rate = NumberBounds(.from(0), .unlimited)
    let beta = NumberBounds(.from(0), .below(1))
    try visitor.number("optimizer.learning_rate", rate, &learningRate)
    try visitor.number("optimizer.weight_decay", rate, &weightDecay)
    try visitor.number("optimizer.beta1", beta, &beta1)
    try visitor.number("optimizer.beta2", beta, &beta2)
    try visitor.number("optimizer.epsilon", NumberBounds(.above(0), .unlimited), &epsilon)
    try visitor.addedName("optimizer.decay_on", &decayOn, absent: .all)
  }
}
