/// A model measured on all its examples.
public struct Evaluation: Sendable {
  /// Mean cross-entropy in nats.
  public let trainLoss: Double
  public let trainAccuracy: Double
  public let validationLoss: Double
  public let validationAccuracy: Double
}
