extension ModelSpec {
  /// Encoder layers over two tokens, read at the last position.
  public struct TransformerSpec: Sendable, Hashable {
    /// `shared`: one token table and a position table. `per-operand`: one token table for each
    /// operand, and no positions.
    public enum Embedding: String, FieldName {
      case shared
      case perOperand = "per-operand"
    }
    /// Where a layer normalises: after each sum (`post`), or before each part (`pre`).
    public enum Norm: String, FieldName {
      case post
      case pre
    }
    public var embedding: Embedding
    public var width: Int
    public var heads: Int
    public var feedforward: Int
    /// Factor on the N(0, 1) initialisation of the embedding tables.
    public var embeddingScale: Double
    public var layers = 1
    public var norm = Norm.post
    public var activation = Activation.gelu
    /// Whether the last output is normalised before the head.
    public var finalNorm = Switch.on

    public init(
      embedding: Embedding, width: Int, heads: Int, feedforward: Int, embeddingScale: Double
    ) {
      self.embedding = embedding
      self.width = width
      self.heads = heads
      self.feedforward = feedforward
      self.embeddingScale = embeddingScale
    }
  }
}

extension ModelSpec.TransformerSpec {
  /// The model with its defaults beside a task: those of S1 and S9 of arXiv 2603.13331.
  public init(for task: TaskName) {
    let embedding: Embedding =
      switch task {
      case .modularAddition, .modularOperation, .permutations, .sparseParity: .shared
      case .modularMultiplication: .perOperand
      }
    self.init(embedding: embedding, width: 128, heads: 4, feedforward: 512, embeddingScale: 1)
  }

  mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.integer("model.width", IntegerBounds(16...4096, multiplesOf: 16), &width)
    try visitor.name("model.embedding", &embedding)
    try visitor.integer("model.heads", IntegerBounds(1...256), &heads)
    try visitor.integer(
      "model.feedforward", IntegerBounds(16...16_384, multiplesOf: 16), &feedforward)
    try visitor.number(
      "model.embedding_scale", NumberBounds(.from(0), .upTo(1_000_000)), &embeddingScale)
    try visitor.addedInteger("model.layers", IntegerBounds(1...8), &layers, absent: 1)
    try visitor.addedName("model.norm", &norm, absent: .post)
    try visitor.addedName("model.activation", &activation, absent: .gelu)
    try visitor.addedName("model.final_norm", &finalNorm, absent: .on)
  }

  var conflict: Conflict? {
    guard width % heads == 0 else {
      return Conflict(
        key: "model.heads",
        reason: "must divide model.width, and \(heads) does not divide \(width)")
    }
    return nil
  }
}

// MARK: Tensors

extension ModelSpec.TransformerSpec {
  /// A tensor by its place in the model.
  public enum Tensor: Sendable, Hashable {
    case firstEmbedding, secondEmbedding
    case layer(Int, LayerTensor)
    case normWeight, normBias
    case headWeight, headBias
  }

  /// The tensors of a layer in their order.
  public enum LayerTensor: Sendable, Hashable, CaseIterable {
    case inProjectionWeight, inProjectionBias, outProjectionWeight, outProjectionBias
    case linear1Weight, linear1Bias, linear2Weight, linear2Bias
    case norm1Weight, norm1Bias, norm2Weight, norm2Bias
  }

  /// The tensors in their order.
  public var tensorKinds: [Tensor] {
    var kinds: [Tensor] = [.firstEmbedding, .secondEmbedding]
    for layer in 0..<layers {
      for tensor in LayerTensor.allCases { kinds.append(.layer(layer, tensor)) }
    }
    if finalNorm.isOn { kinds += [.normWeight, .normBias] }
    return kinds + [.headWeight, .headBias]
  }

  /// The shapes of `tensorKinds`, in the same order.
  ///
  /// - Parameter vocabulary: How many tokens an operand can be; also the number of classes.
  public func tensors(vocabulary: Int) -> [TensorShape] {
    tensorKinds.map { shape(of: $0, vocabulary: vocabulary) }
  }

  /// Name and shape of a tensor, as in PyTorch's state_dict.
  private func shape(of tensor: Tensor, vocabulary: Int) -> TensorShape {
    switch tensor {
    case .firstEmbedding:
      switch embedding {
      case .shared: TensorShape("tok.weight", [vocabulary, width], .embedding)
      case .perOperand: TensorShape("tok_a.weight", [vocabulary, width], .embedding)
      }
    case .secondEmbedding:
      switch embedding {
      case .shared: TensorShape("pos.weight", [2, width], .embedding)
      case .perOperand: TensorShape("tok_b.weight", [vocabulary, width], .embedding)
      }
    case .layer(let layer, let tensor): shape(of: tensor, in: "tf.layers.\(layer).")
    case .normWeight: TensorShape("norm.weight", [width], .other)
    case .normBias: TensorShape("norm.bias", [width], .other)
    case .headWeight: TensorShape("head.weight", [vocabulary, width], .other)
    case .headBias: TensorShape("head.bias", [vocabulary], .other)
    }
  }

  private func shape(of tensor: LayerTensor, in layer: String) -> TensorShape {
    let hidden = TensorShape.Role.hidden(blocks: 1)
    let attention = layer + "self_attn."
    return switch tensor {
    case .inProjectionWeight:
      TensorShape(attention + "in_proj_weight", [3 * width, width], .hidden(blocks: 3))
    case .inProjectionBias: TensorShape(attention + "in_proj_bias", [3 * width], .other)
    case .outProjectionWeight: TensorShape(attention + "out_proj.weight", [width, width], hidden)
    case .outProjectionBias: TensorShape(attention + "out_proj.bias", [width], .other)
    case .linear1Weight: TensorShape(layer + "linear1.weight", [feedforward, width], hidden)
    case .linear1Bias: TensorShape(layer + "linear1.bias", [feedforward], .other)
    case .linear2Weight: TensorShape(layer + "linear2.weight", [width, feedforward], hidden)
    case .linear2Bias: TensorShape(layer + "linear2.bias", [width], .other)
    case .norm1Weight: TensorShape(layer + "norm1.weight", [width], .other)
    case .norm1Bias: TensorShape(layer + "norm1.bias", [width], .other)
    case .norm2Weight: TensorShape(layer + "norm2.weight", [width], .other)
    case .norm2Bias: TensorShape(layer + "norm2.bias", [width], .other)
    }
  }
}
