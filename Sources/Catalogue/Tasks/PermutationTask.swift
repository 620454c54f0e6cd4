extension TaskSpec {
  /// Pairs (x, y) of permutations, labelled by a product of them: tasks of A. Power et al., arXiv
  /// 2201.02177.
  public struct PermutationTask: Sendable, Hashable {
    /// In a product, the right factor acts first.
    public enum Operation: String, FieldName {
      case product = "xy"
      case conjugation = "xyx^-1"
      case sandwich = "xyx"
    }
    public var operation: Operation
    /// How many things are permuted.
    public var degree: Int
    /// The first ⌊fraction · pairs⌋ of the shuffled list are the training set.
    public var trainFraction: Double

    public init(operation: Operation, degree: Int, trainFraction: Double) {
      self.operation = operation
      self.degree = degree
      self.trainFraction = trainFraction
    }
  }
}

extension TaskSpec.PermutationTask {
  /// The task with its defaults.
  public static let standard = Self(operation: .product, degree: 5, trainFraction: 0.5)

  /// How many permutations there are.
  public var order: Int { (1...degree).reduce(1, *) }

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.name("task.operation", &operation)
    try visitor.integer("task.degree", IntegerBounds(3...5), &degree)
    try visitor.number("task.train_fraction", NumberBounds(.above(0), .below(1)), &trainFraction)
  }
}
