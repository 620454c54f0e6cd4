extension TaskSpec {
  /// Pairs (x, y) below `modulus`, labelled by a polynomial or a quotient of x and y modulo
  /// `modulus`: tasks of A. Power et al., arXiv 2201.02177.
  public struct ModularOperationTask: Sendable, Hashable {
    public enum Operation: String, FieldName {
      case difference = "x-y"
      /// y is never 0.
      case quotient = "x/y"
      case squares = "x^2+y^2"
      case squaresAndProduct = "x^2+xy+y^2"
      case squaresProductAndFirst = "x^2+xy+y^2+x"
      case cubeAndProduct = "x^3+xy"
      case cubeProductAndSecond = "x^3+xy^2+y"
    }
    public var operation: Operation
    public var modulus: Int
    /// The first ⌊fraction · pairs⌋ of the shuffled list are the training set.
    public var trainFraction: Double

    public init(operation: Operation, modulus: Int, trainFraction: Double) {
      self.operation = operation
      self.modulus = modulus
      self.trainFraction = trainFraction
    }
  }
}

extension TaskSpec.ModularOperationTask {
  /// The values at which reading begins. A config must name the operation.
  static let start = Self(operation: .difference, modulus: 97, trainFraction: 0.5)

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.name("task.operation", &operation, hasDefault: false)
    try visitor.integer("task.modulus", IntegerBounds(2...1021), &modulus)
    try visitor.number("task.train_fraction", NumberBounds(.above(0), .below(1)), &trainFraction)
  }

  var conflict: Conflict? {
    guard operation == .quotient, let divisor = (2..<modulus).first(where: { modulus % $0 == 0 })
    else { return nil }
    return Conflict(
      key: "task.modulus",
      reason: "must be a prime for \(operation.rawValue), and \(divisor) divides \(modulus)")
  }
}
