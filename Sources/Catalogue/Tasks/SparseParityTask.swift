extension TaskSpec {
  /// Strings of `bits` random bits, labelled by the parity of the first `relevantBits`.
  public struct SparseParityTask: Sendable, Hashable {
    public var bits: Int
    public var relevantBits: Int
    public var trainSamples: Int
    public var validationSamples: Int

    public init(bits: Int, relevantBits: Int, trainSamples: Int, validationSamples: Int) {
      self.bits = bits
      self.relevantBits = relevantBits
      self.trainSamples = trainSamples
      self.validationSamples = validationSamples
    }
  }
}

extension TaskSpec.SparseParityTask {
  /// The task with its defaults: S10 of arXiv 2603.13331.
  public static let standard = Self(
    bits: 20, relevantBits: 3, trainSamples: 25_000, validationSamples: 25_000)

  /// Even and odd.
  public static let classCount = 2

  /// The most bits of all samples.
  private static let mostSampleBits = 1 << 27

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    let samples = IntegerBounds(1...1_000_000)
    try visitor.integer("task.bits", IntegerBounds(1...256), &bits)
    try visitor.integer(
      "task.relevant_bits", IntegerBounds(from: 1, toValueOfKey: bits), &relevantBits)
    try visitor.integer("task.train_samples", samples, &trainSamples)
    try visitor.integer("task.validation_samples", samples, &validationSamples)
  }

  /// Limits what a stranger's config can make a program allocate.
  var conflict: Conflict? {
    let most = Self.mostSampleBits / bits - validationSamples
    guard trainSamples <= most else {
      return Conflict(
        key: "task.train_samples",
        reason: "must be at most \(max(0, most)) with these bits and validation_samples, not "
          + "\(trainSamples)")
    }
    return nil
  }
}
