extension OptimizerSpec {
  /// Gradient descent with momentum. Decay λθ is added to the gradient, as in PyTorch's `SGD`.
  public struct MomentumSpec: Sendable, Hashable {
    /// Whether a step follows the momentum buffer, or (Nesterov) the gradient plus `momentum` times
    /// that buffer.
    public enum Variant: String, FieldName {
      case classical
      case nesterov
    }
    public var learningRate: Double
    public var weightDecay: Double
    public var momentum: Double
    public var variant: Variant

    public init(learningRate: Double, weightDecay: Double, momentum: Double, variant: Variant) {
      self.learningRate = learningRate
      self.weightDecay = weightDecay
      self.momentum = momentum
      self.variant = variant
    }
  }
}

extension OptimizerSpec.MomentumSpec {
  /// The optimizer with its defaults.
  public static let standard = Self(
    learningRate: 0.001, weightDecay: 1, momentum: 0.9, variant: .classical)

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    let rate = NumberBounds(.from(0), .unlimited)
    try visitor.number("optimizer.learning_rate", rate, &learningRate)
    try visitor.number("optimizer.weight_decay", rate, &weightDecay)
    try visitor.number("optimizer.momentum", NumberBounds(.from(0), .below(1)), &momentum)
    try visitor.name("optimizer.variant", &variant)
  }
}
