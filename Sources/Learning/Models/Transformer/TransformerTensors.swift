internal import Catalogue

/// Where the tensors of a transformer lie in the parameter block.
struct TensorOffsets {
  private let kinds: [ModelSpec.TransformerSpec.Tensor]
  private let layout: ParameterLayout

  init(_ model: ModelSpec.TransformerSpec, _ layout: ParameterLayout) {
    kinds = model.tensorKinds
    self.layout = layout
  }

  /// - Precondition: The model has the tensor.
  subscript(_ tensor: ModelSpec.TransformerSpec.Tensor) -> Int {
    guard let index = kinds.firstIndex(of: tensor) else {
      preconditionFailure("the model has no such tensor")
    }
    return layout.tensors[index].offset
  }
}

extension ParameterLayout {
  init(_ model: ModelSpec.TransformerSpec, vocabulary: Int) {
    let kinds = model.tensorKinds
    self.init(model.tensors(vocabulary: vocabulary)) { model.initialization(of: kinds[$0]) }
  }
}

extension ModelSpec.TransformerSpec {
  /// How PyTorch's modules are initialised (SPEC.md, "Initialisation").
  fileprivate func initialization(of tensor: Tensor) -> ParameterLayout.Initialization {
    switch tensor {
    case .firstEmbedding, .secondEmbedding: .normal(scale: Float(embeddingScale))
    case .layer(_, let tensor): initialization(of: tensor)
    case .normWeight: .constant(1)
    case .normBias: .constant(0)
    case .headWeight, .headBias: .linear(inputs: width)
    }
  }

  private func initialization(of tensor: LayerTensor) -> ParameterLayout.Initialization {
    switch tensor {
    // Xavier's, for queries, keys and values as one matrix.
    case .inProjectionWeight: .uniform(boundSquared: 6 / Double(3 * width + width))
    case .outProjectionWeight: .linear(inputs: width)
    case .inProjectionBias, .outProjectionBias: .constant(0)
    case .linear1Weight, .linear1Bias: .linear(inputs: width)
    case .linear2Weight, .linear2Bias: .linear(inputs: feedforward)
    case .norm1Weight, .norm2Weight: .constant(1)
    case .norm1Bias, .norm2Bias: .constant(0)
    }
  }
}
