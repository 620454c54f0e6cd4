extension ModelSpec {
  /// Linear layers over two tokens (SPEC.md 1.18).
  public struct PairMLPSpec: Sendable, Hashable {
    /// How two tokens become numbers.
    public enum Input: String, FieldName {
      /// The rows of one table, side by side.
      case embedding
      /// 1 at the token's place and 0 elsewhere, side by side.
      case oneHot = "one-hot"
    }
    public var width: Int
    public var hiddenLayers: Int
    public var input: Input
    public var activation: Activation
    public var bias: Switch

    public init(
      width: Int, hiddenLayers: Int, input: Input, activation: Activation, bias: Switch
    ) {
      self.width = width
      self.hiddenLayers = hiddenLayers
      self.input = input
      self.activation = activation
      self.bias = bias
    }
  }
}

extension ModelSpec.PairMLPSpec {
  /// The model with its defaults.
  public static let standard = Self(
    width: 128, hiddenLayers: 2, input: .embedding, activation: .relu, bias: .on)

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.integer("model.width", IntegerBounds(16...4096, multiplesOf: 16), &width)
    try visitor.integer("model.hidden_layers", IntegerBounds(1...64), &hiddenLayers)
    try visitor.name("model.input", &input)
    try visitor.name("model.activation", &activation)
    try visitor.name("model.bias", &bias)
  }
}

// MARK: Tensors

extension ModelSpec.PairMLPSpec {
  /// How many numbers go into the first layer.
  ///
  /// - Parameter vocabulary: How many tokens an operand can be.
  public func inputs(vocabulary: Int) -> Int {
    switch input {
    case .embedding: 2 * width
    case .oneHot: 2 * vocabulary
    }
  }

  /// Linear layers from the inputs to the logits, one more than the hidden ones.
  public func layers(vocabulary: Int) -> [LinearLayer] {
    LinearLayer.chain(
      inputs: inputs(vocabulary: vocabulary), width: width, hidden: hiddenLayers,
      outputs: vocabulary)
  }

  /// The table, if there is one, then each layer, with the names of PyTorch's state_dict.
  ///
  /// - Parameter vocabulary: How many tokens an operand can be; also the number of classes.
  public func tensors(vocabulary: Int) -> [TensorShape] {
    let table =
      switch input {
      case .embedding: [TensorShape("tok.weight", [vocabulary, width], .embedding)]
      case .oneHot: [TensorShape]()
      }
    return table + layers(vocabulary: vocabulary).tensors(bias: bias)
  }
}
