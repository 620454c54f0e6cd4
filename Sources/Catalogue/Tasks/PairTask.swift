/// A task whose examples are pairs of tokens, labelled by a token (SPEC.md 1.7).
public enum PairTask: Sendable, Hashable {
  case modular(TaskSpec.ModularTask)
  case operation(TaskSpec.ModularOperationTask)
  case permutations(TaskSpec.PermutationTask)
}

extension PairTask {
  /// How many tokens an operand can be; also the number of classes.
  public var vocabulary: Int {
    switch self {
    case .modular(let task): task.modulus
    case .operation(let task): task.modulus
    case .permutations(let task): task.order
    }
  }

  /// The least value of the second operand.
  public var leastSecond: Int {
    switch self {
    case .operation(let task) where task.operation == .quotient: 1
    case .modular, .operation, .permutations: 0
    }
  }

  private var trainFraction: Double {
    switch self {
    case .modular(let task): task.trainFraction
    case .operation(let task): task.trainFraction
    case .permutations(let task): task.trainFraction
    }
  }

  /// How many pairs both sets have together.
  public var pairCount: Int { vocabulary * (vocabulary - leastSecond) }

  /// How many pairs are the training set; the other pairs are the validation set.
  public var trainCount: Int {
    // The product is not negative, so truncation is ⌊ ⌋.
    Int(trainFraction * Double(pairCount))
  }

  /// The operands of the pair with this number, 0 ..< `pairCount`. The second varies fastest.
  public func operands(of pair: Int) -> (first: Int, second: Int) {
    let seconds = vocabulary - leastSecond
    return (pair / seconds, pair % seconds + leastSecond)
  }

  /// - Parameter decimal: Writes a number as text.
  func conflict(decimal: (Double) -> String) -> Conflict? {
    if case .operation(let task) = self, let conflict = task.conflict { return conflict }
    guard trainCount >= 1, trainCount < pairCount else {
      return Conflict(
        key: "task.train_fraction",
        reason: "must leave a pair to train on and a pair to validate on, and ⌊"
          + "\(decimal(trainFraction)) · \(pairCount)⌋ = \(trainCount) of \(pairCount) does not")
    }
    return nil
  }
}
