/// What training makes small: the mean over a batch of this.
public enum LossSpec: Sendable, Hashable, CaseIterable {
  /// −log of the label's softmax probability, in nats.
  case crossEntropy
}
