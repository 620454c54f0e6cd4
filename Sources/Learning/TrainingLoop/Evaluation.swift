/// A model measured on all its examples.
public struct Evaluation: Sendable {
  /// Mean loss; in nats for cross-entropy.
  public let trainLoss: Double
  public let trainAccuracy: Double
  public let validationLoss: Double
  public let validationAccuracy: Double
  /// The shares of the training set whose Σ exp(x − max) is 1, and whose loss is 0.
  public let collapsedShare: Double
  public let zeroLossShare: Double
}
