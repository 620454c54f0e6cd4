extension ModelSpec {
  /// One post-norm encoder layer over two tokens, read at the last position.
  public struct TransformerSpec: Sendable, Hashable {
    /// `shared`: one token table and a position table; `per-operand`: one token table an operand,
    /// no positions.
    public enum Embedding: String, FieldName {
      case shared
      case perOperand = "per-operand"
    }
    public var embedding: Embedding
    public var width: Int
    public var heads: Int
    public var feedforward: Int
    /// Factor on the N(0, 1) initialisation of the embedding tables.
    public var embeddingScale: Double

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
      case .modularAddition, .sparseParity: .shared
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
  /// The tensors in their order.
  public enum Tensor: Int, Sendable, CaseIterable {
    case firstEmbedding, secondEmbedding
    case inProjectionWeight, inProjectionBias, outProjectionWeight, outProjectionBias
    case linear1Weight, linear1Bias, linear2Weight, linear2Bias
    case norm1Weight, norm1Bias, norm2Weight, norm2Bias, normWeight, normBias
    case headWeight, headBias
  }

  /// - Parameter vocabulary: Tokens that an operand can be, and classes.
  public func tensors(vocabulary: Int) -> [TensorShape] {
    Tensor.allCases.map { shape(of: $0, vocabulary: vocabulary) }
  }

  /// Name and shape of a tensor, as in PyTorch's state_dict.
  private func shape(of tensor: Tensor, vocabulary: Int) -> TensorShape {
    let layer = "tf.layers.0."
    switch tensor {
    case .firstEmbedding:
      switch embedding {
      case .shared: return TensorShape("tok.weight", [vocabulary, width])
      case .perOperand: return TensorShape("tok_a.weight", [vocabulary, width])
      }
    case .secondEmbedding:
      switch embedding {
      case .shared: return TensorShape("pos.weight", [2, width])
      case .perOperand: return TensorShape("tok_b.weight", [vocabulary, width])
      }
    case .inProjectionWeight:
      return TensorShape(layer + "self_attn.in_proj_weight", [3 * width, width])
    case .inProjectionBias: return TensorShape(layer + "self_attn.in_proj_bias", [3 * width])
    case .outProjectionWeight:
      return TensorShape(layer + "self_attn.out_proj.weight", [width, width])
    case .outProjectionBias: return TensorShape(layer + "self_attn.out_proj.bias", [width])
    case .linear1Weight: return TensorShape(layer + "linear1.weight", [feedforward, width])
    case .linear1Bias: return TensorShape(layer + "linear1.bias", [feedforward])
    case .linear2Weight: return TensorShape(layer + "linear2.weight", [width, feedforward])
    case .linear2Bias: return TensorShape(layer + "linear2.bias", [width])
    case .norm1Weight: return TensorShape(layer + "norm1.weight", [width])
    case .norm1Bias: return TensorShape(layer + "norm1.bias", [width])
    case .norm2Weight: return TensorShape(layer + "norm2.weight", [width])
    case .norm2Bias: return TensorShape(layer + "norm2.bias", [width])
    case .normWeight: return TensorShape("norm.weight", [width])
    case .normBias: return TensorShape("norm.bias", [width])
    case .headWeight: return TensorShape("head.weight", [vocabulary, width])
    case .headBias: return TensorShape("head.bias", [vocabulary])
    }
  }
}
