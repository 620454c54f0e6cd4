/// A model measured on all its examples.
public struct Evaluation: Sendable {
  /// Mean loss; of cross-entropy in nats.
  public let trainLoss: Double
  public let trainAccuracy: Double
  public let validationLoss: Double
  public let validationAccuracy: Double
  /// Shares of the training set: of examples whose Σ exp(x − max) is 1, and whose loss is 0.
  public let collapsedShare: Double
  public let zeroLossShare: Double
}
