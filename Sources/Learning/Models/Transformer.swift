internal import Catalogue
internal import DeterministicNumerics

/// One post-norm encoder layer over two tokens, read at the last position (SPEC.md, "The transformer"): the model of the
/// paper, with all that can be left out of it left out.
///
/// Only the second position's output is used, so queries, attention output, feed-forward and head exist for it alone;
/// queries, keys and values depend on (token, position) only and are computed once per distinct token, in tables of
/// 2V rows: row t is token t at position 0, row V + t token t at position 1.
final class Transformer: Network {
  let layout: ParameterLayout
  let capacity: Int
  let examples: PairExamples
  let vocabulary: Int
  let width: Int
  let heads: Int
  let headWidth: Int
  let feedforward: Int
  let embedding: ModelSpec.TransformerSpec.Embedding
  /// 1/√headWidth.
  let scoreScale: Float
  let logitStride: Int

  let tensors: Tensors
  let inProjection: PackedWeight
  let outProjection: PackedWeight
  let linear1: PackedWeight
  let linear2: PackedWeight
  let head: PackedWeight
  /// The head's bias with −∞ behind it, so that padded logits are no class.
  let headBias: FloatStorage

  let tokens: TokenTables
  let batch: BatchActivations
  let jobs: [GradientJob]
  let tokenJobs: [TokenGradientJob]

  /// Where each tensor lies in the parameter block.
  struct Tensors {
    let embedding0: Int
    let embedding1: Int
    let inWeight: Int
    let inBias: Int
    let outWeight: Int
    let outBias: Int
    let weight1: Int
    let bias1: Int
    let weight2: Int
    let bias2: Int
    let norm1: (gamma: Int, beta: Int)
    let norm2: (gamma: Int, beta: Int)
    let norm: (gamma: Int, beta: Int)
    let headWeight: Int
    let headBias: Int

    init(_ model: ModelSpec.TransformerSpec, _ layout: ParameterLayout) {
      let offsets = TensorOffsets(model, layout)
      func offset(_ tensor: ModelSpec.TransformerSpec.Tensor) -> Int { offsets[tensor] }
      func offset(_ tensor: ModelSpec.TransformerSpec.LayerTensor) -> Int {
        offsets[.layer(0, tensor)]
      }
      embedding0 = offset(.firstEmbedding)
      embedding1 = offset(.secondEmbedding)
      inWeight = offset(.inProjectionWeight)
      inBias = offset(.inProjectionBias)
      outWeight = offset(.outProjectionWeight)
      outBias = offset(.outProjectionBias)
      weight1 = offset(.linear1Weight)
      bias1 = offset(.linear1Bias)
      weight2 = offset(.linear2Weight)
      bias2 = offset(.linear2Bias)
      norm1 = (offset(.norm1Weight), offset(.norm1Bias))
      norm2 = (offset(.norm2Weight), offset(.norm2Bias))
      norm = (offset(.normWeight), offset(.normBias))
      headWeight = offset(.headWeight)
      headBias = offset(.headBias)
    }
  }

  /// Whether this is the model; `LayeredTransformer` is any.
  static func performs(_ model: ModelSpec.TransformerSpec) -> Bool {
    model.layers == 1 && model.norm == .post && model.activation == .gelu && model.finalNorm.isOn
  }

  /// - Precondition: It performs the model; the width divided by the heads is whole, and width and feed-forward are
  ///   multiples of 16.
  init(
    _ model: ModelSpec.TransformerSpec, examples: PairExamples, capacity: Int
  ) {
    let vocabulary = examples.vocabulary
    let (width, heads, feedforward) = (model.width, model.heads, model.feedforward)
    precondition(
      width % 16 == 0 && feedforward % 16 == 0 && width % heads == 0,
      "width \(width) with \(heads) heads and feed-forward \(feedforward) does not fit the kernels")
    self.examples = examples
    self.vocabulary = vocabulary
    embedding = model.embedding
    self.width = width
    self.heads = heads
    self.feedforward = feedforward
    self.capacity = capacity
    headWidth = width / heads
    scoreScale = Float(1 / Double(headWidth).squareRoot())
    logitStride = vocabulary.roundedUpTo16

    layout = ParameterLayout(model, vocabulary: vocabulary)
    tensors = Tensors(model, layout)
    inProjection = PackedWeight(offset: tensors.inWeight, outputs: 3 * width, inputs: width)
    outProjection = PackedWeight(offset: tensors.outWeight, outputs: width, inputs: width)
    linear1 = PackedWeight(offset: tensors.weight1, outputs: feedforward, inputs: width)
    linear2 = PackedWeight(offset: tensors.weight2, outputs: width, inputs: feedforward)
    head = PackedWeight(offset: tensors.headWeight, outputs: vocabulary, inputs: width)
    headBias = FloatStorage(count: logitStride, repeating: -.infinity)
    tokens = TokenTables(rows: 2 * vocabulary, width: width)
    batch = BatchActivations(
      capacity: capacity, width: width, heads: heads, feedforward: feedforward,
      logitStride: logitStride)
    jobs = GradientJob.all(
      heads: heads, width: width, feedforward: feedforward, vocabulary: vocabulary)
    tokenJobs = TokenGradientJob.all(width: width, rows: 2 * vocabulary)
  }

  var trainCount: Int { examples.trainCount }
  var exampleCount: Int { examples.count }

  var classCount: Int { vocabulary }
  var logitRows: FloatStorage { batch.logits }

  func inputs(of example: Int) -> [Int] { examples.inputs(of: example) }
  func label(of example: Int) -> Int { examples.label(of: example) }
}

/// Tables over (position, token): 2V rows.
final class TokenTables {
  /// Token plus position embedding.
  let inputs: Rows
  /// Query, key, value side by side.
  let projections: Rows
  let projectionGradients: Rows
  let inputGradients: Rows
  /// The part of the second position's input gradient that comes past the attention.
  let residualGradients: Rows

  init(rows: Int, width: Int) {
    inputs = .panels(rows, width: width)
    projections = .rowMajor(rows, width: 3 * width)
    projectionGradients = .rowMajor(rows, width: 3 * width)
    inputGradients = .panels(rows, width: width)
    residualGradients = .panels(rows / 2, width: width)
  }
}

/// What a batch leaves behind on its way forward and back, a row an example. "Into" a block means the block's input.
final class BatchActivations {
  /// Attention weights of the two positions, [heads][2].
  let attention: FloatStorage
  /// Gradients of the scaled scores, [heads][2].
  let scoreGradients: FloatStorage
  /// Into the output projection.
  let mixed: Rows
  /// Into the feed-forward.
  let hidden: Rows
  /// Behind the GELU.
  let activated: Rows
  let activation: HiddenActivation
  /// The gradient behind the GELU, then that into it.
  let activatedGradient: Rows
  /// Into the last normalisation.
  let encoded: Rows
  /// Into the head.
  let features: Rows
  /// Logits, then exp(logit − max), then their gradient.
  let logits: FloatStorage
  /// x̂ and rstd of the three normalisations.
  let normalized1: Rows
  let normalized2: Rows
  let normalized3: Rows
  let scales: FloatStorage
  /// Gradients of the outputs of the three normalisations.
  let normGradient1: Rows
  let normGradient2: Rows
  let normGradient3: Rows
  /// Gradients of the sums that enter the first two normalisations.
  let sumGradient1: Rows
  let sumGradient2: Rows
  /// Gradient of the attention's mixed values.
  let mixedGradient: Rows

  init(capacity: Int, width: Int, heads: Int, feedforward: Int, logitStride: Int) {
    func rows() -> Rows { .rowMajor(capacity, width: width) }
    attention = FloatStorage(count: capacity * 2 * heads)
    scoreGradients = FloatStorage(count: capacity * 2 * heads)
    mixed = rows()
    hidden = .panels(capacity, width: width)
    activated = .panels(capacity, width: feedforward)
    activation = HiddenActivation(.gelu, rows: capacity, width: feedforward)
    activatedGradient = .panels(capacity, width: feedforward)
    encoded = rows()
    features = .panels(capacity, width: width)
    logits = FloatStorage(count: capacity * logitStride)
    normalized1 = rows()
    normalized2 = rows()
    normalized3 = rows()
    scales = FloatStorage(count: capacity * 3)
    normGradient1 = rows()
    normGradient2 = rows()
    normGradient3 = rows()
    sumGradient1 = rows()
    sumGradient2 = rows()
    mixedGradient = rows()
  }
}
