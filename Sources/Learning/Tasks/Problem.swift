/// What is learned.
public enum Problem: Sendable {
  /// All pairs (a, b) below `modulus`; the first `trainCount` of the shuffled list are the training set.
  case modular(operation: ModularOperation, modulus: Int, trainCount: Int)
  /// Random bit strings labelled by the parity of their first `relevantBits` bits.
  case sparseParity(bits: Int, relevantBits: Int, trainSamples: Int, validationSamples: Int)
}

public enum ModularOperation: Sendable {
  case addition
  case multiplication
}
