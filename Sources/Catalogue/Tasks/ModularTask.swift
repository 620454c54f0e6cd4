extension TaskSpec {
  /// All pairs (a, b) below `modulus`, labelled a + b or a · b modulo `modulus`.
  public struct ModularTask: Sendable, Hashable {
    public enum Operation: Sendable, CaseIterable { case addition, multiplication }
    public var operation: Operation
    public var modulus: Int
    /// The first ⌊fraction · modulus²⌋ pairs of the shuffled list are the training set.
    public var trainFraction: Double

    public init(operation: Operation, modulus: Int, trainFraction: Double) {
      self.operation = operation
      self.modulus = modulus
      self.trainFraction = trainFraction
    }
  }
}

extension TaskSpec.ModularTask {
  /// The task with its defaults: the moduli of S1 and S9 of arXiv 2603.13331.
  public init(_ operation: Operation) {
    let modulus =
      switch operation {
      case .addition: 97
      case .multiplication: 53
      }
    self.init(operation: operation, modulus: modulus, trainFraction: 0.5)
  }

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.integer("task.modulus", IntegerBounds(2...1021), &modulus)
    try visitor.number("task.train_fraction", NumberBounds(.above(0), .below(1)), &trainFraction)
  }
}
