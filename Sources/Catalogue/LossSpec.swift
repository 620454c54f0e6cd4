/// What training minimises: the mean over a batch of a loss of each example's logits.
public struct LossSpec: Sendable, Hashable {
  public enum Name: String, FieldName {
    /// −log of the label's softmax probability, in nats.
    case crossEntropy = "cross-entropy"
    /// The squared distance to the label's unit vector, divided by the number of classes.
    case meanSquaredError = "mean-squared-error"
    /// −log of the label's share, with s(z) in place of the exponential. s(z) overflows nowhere (L.
    /// Prieto et al., arXiv 2501.04697).
    case stableMax = "stablemax"
  }
  public var name: Name
  /// The logits are divided by it first.
  public var temperature: Double

  public init(_ name: Name = .crossEntropy, temperature: Double = 1) {
    self.name = name
    self.temperature = temperature
  }
}

extension LossSpec {
  public mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.addedName("loss.name", &name, absent: .crossEntropy)
    try visitor.addedNumber(
      "loss.temperature", NumberBounds(.above(0), .unlimited), &temperature, absent: 1)
  }
}
