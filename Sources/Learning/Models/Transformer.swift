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
    inProjection = PackedWeight(
      offset: tensors.inWeight, outputs: 3 * width, inputs: width, capacity: 0)
    outProjection = PackedWeight(
      offset: tensors.outWeight, outputs: width, inputs: width, capacity: capacity)
    linear1 = PackedWeight(
      offset: tensors.weight1, outputs: feedforward, inputs: width, capacity: capacity)
    linear2 = PackedWeight(
      offset: tensors.weight2, outputs: width, inputs: feedforward, capacity: capacity)
    head = PackedWeight(
      offset: tensors.headWeight, outputs: vocabulary, inputs: width, capacity: capacity)
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
  /// Token plus position embedding, also in panels for the gradient of the input projection.
  let inputs: PanelRows
  /// Query, key, value side by side.
  let projections: FloatStorage
  let projectionGradients: FloatStorage
  /// The input projection's gradient: queries come from the second position only.
  let queryGradient: WeightGradient
  let keyValueGradient: WeightGradient
  let inputGradients: FloatStorage
  /// The part of the second position's input gradient that comes past the attention.
  let residualGradients: FloatStorage

  init(rows: Int, width: Int) {
    inputs = PanelRows(capacity: rows, width: width)
    projections = FloatStorage(count: rows * 3 * width)
    projectionGradients = FloatStorage(count: rows * 3 * width)
    queryGradient = WeightGradient(rows: width, capacity: rows / 2)
    keyValueGradient = WeightGradient(rows: 2 * width, capacity: rows)
    inputGradients = FloatStorage(count: rows * width)
    residualGradients = FloatStorage(count: rows / 2 * width)
  }
}

/// What a batch leaves behind on its way forward and back, a row an example. "Into" a block means the block's input.
final class BatchActivations {
  /// Attention weights of the two positions, [heads][2].
  let attention: FloatStorage
  /// Gradients of the scaled scores, [heads][2].
  let scoreGradients: FloatStorage
  /// Into the output projection.
  let mixed: PanelRows
  /// Into the feed-forward.
  let hidden: PanelRows
  /// Behind the GELU; on the way back, the gradient there.
  let activated: PanelRows
  /// GELU's derivative; on the way back, the gradient into it.
  let activationSlopes: FloatStorage
  /// Into the last normalisation.
  let encoded: FloatStorage
  /// Into the head.
  let features: PanelRows
  /// Logits, then exp(logit − max), then their gradient.
  let logits: FloatStorage
  /// x̂ and rstd of the three normalisations.
  let normalized1: FloatStorage
  let normalized2: FloatStorage
  let normalized3: FloatStorage
  let scales: FloatStorage
  /// Gradients of the outputs of the three normalisations.
  let normGradient1: FloatStorage
  let normGradient2: FloatStorage
  let normGradient3: FloatStorage
  /// Gradients of the sums that enter the first two normalisations.
  let sumGradient1: FloatStorage
  let sumGradient2: FloatStorage
  /// Gradient of the attention's mixed values.
  let mixedGradient: FloatStorage

  init(capacity: Int, width: Int, heads: Int, feedforward: Int, logitStride: Int) {
    func rows(_ width: Int) -> FloatStorage { FloatStorage(count: capacity * width) }
    attention = rows(2 * heads)
    scoreGradients = rows(2 * heads)
    mixed = PanelRows(capacity: capacity, width: width)
    hidden = PanelRows(capacity: capacity, width: width)
    activated = PanelRows(capacity: capacity, width: feedforward)
    activationSlopes = rows(feedforward)
    encoded = rows(width)
    features = PanelRows(capacity: capacity, width: width)
    logits = rows(logitStride)
    normalized1 = rows(width)
    normalized2 = rows(width)
    normalized3 = rows(width)
    scales = rows(3)
    normGradient1 = rows(width)
    normGradient2 = rows(width)
    normGradient3 = rows(width)
    sumGradient1 = rows(width)
    sumGradient2 = rows(width)
    mixedGradient = rows(width)
  }
}
