extension ModelSpec {
  /// Linear layers with ReLU between them: bits → width → … → width → 2.
  public struct MLPSpec: Sendable, Hashable {
    public var width: Int
    public var hiddenLayers: Int

    public init(width: Int, hiddenLayers: Int) {
      self.width = width
      self.hiddenLayers = hiddenLayers
    }
  }
}

extension ModelSpec.MLPSpec {
  /// The model with its defaults: S10 of arXiv 2603.13331.
  public static let standard = Self(width: 128, hiddenLayers: 2)

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.integer("model.width", IntegerBounds(16...4096, multiplesOf: 16), &width)
    try visitor.integer("model.hidden_layers", IntegerBounds(1...64), &hiddenLayers)
  }
}

// MARK: Tensors

extension ModelSpec.MLPSpec {
  /// Linear layers from the inputs to the logits, one more than the hidden ones.
  public func layers(inputs: Int, classes: Int) -> [LinearLayer] {
    LinearLayer.chain(inputs: inputs, width: width, hidden: hiddenLayers, outputs: classes)
  }

  /// Weight and bias of each layer in turn, with the names of PyTorch's state_dict.
  public func tensors(inputs: Int, classes: Int) -> [TensorShape] {
    layers(inputs: inputs, classes: classes).tensors(bias: .on)
  }
}
