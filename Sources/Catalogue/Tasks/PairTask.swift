/// A task whose examples are pairs of tokens, labelled by a token (SPEC.md 1.7).
public enum PairTask: Sendable, Hashable {
  case modular(TaskSpec.ModularTask)
  case operation(TaskSpec.ModularOperationTask)
  case permutations(TaskSpec.PermutationTask)
}

extension PairTask {
  /// Tokens that an operand can be, and classes.
  public var vocabulary: Int {
    switch self {
    case .modular(let task): task.modulus
    case .operation(let task): task.modulus
    case .permutations(let task): task.order
    }
  }

  /// The least second operand.
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

  /// Pairs of both sets.
  public var pairCount: Int { vocabulary * (vocabulary - leastSecond) }

  /// How many pairs are the training set; the other pairs are the validation set.
  public var trainCount: Int {
    // The product is not negative, so cutting its fraction off is ⌊ ⌋.
    Int(trainFraction * Double(pairCount))
  }

  /// The operands of a pair by its number, 0 ..< `pairCount`, the second varying fastest.
  public func operands(of pair: Int) -> (first: Int, second: Int) {
    let seconds = vocabulary - leastSecond
    return (pair / seconds, pair % seconds + leastSecond)
  }

  /// - Parameter decimal: How a number is written.
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
