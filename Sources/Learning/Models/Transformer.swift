internal import DeterministicNumerics

/// One post-norm encoder layer over two tokens, read at the last position (SPEC.md, "The transformer").
///
/// Only the second position's output is used, so queries, attention output, feed-forward and head exist for it alone;
/// queries, keys and values depend on (token, position) only and are computed once per distinct token, in tables of
/// 2V rows: row t is token t at position 0, row V + t token t at position 1.
final class Transformer: Network {
  let layout: ParameterLayout
  let capacity: Int
  let examples: ModularPairs
  let vocabulary: Int
  let width: Int
  let heads: Int
  let headWidth: Int
  let feedforward: Int
  let embedding: Architecture.Embedding
  /// 1/√headWidth.
  let scoreScale: Float
  /// The vocabulary rounded up to 16: the row stride of the logits.
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
    var embedding0 = 0
    var embedding1 = 0
    var inWeight = 0
    var inBias = 0
    var outBias = 0
    var bias1 = 0
    var bias2 = 0
    var norm1 = (gamma: 0, beta: 0)
    var norm2 = (gamma: 0, beta: 0)
    var norm = (gamma: 0, beta: 0)
    var headBias = 0
  }

  /// - Precondition: `width / heads` is whole, and `width` and `feedforward` are multiples of 16.
  init(
    examples: ModularPairs, vocabulary: Int, embedding: Architecture.Embedding, width: Int,
    heads: Int, feedforward: Int, embeddingScale: Float, capacity: Int
  ) {
    precondition(
      width % 16 == 0 && feedforward % 16 == 0 && width % heads == 0,
      "width \(width) with \(heads) heads and feed-forward \(feedforward) does not fit the kernels")
    self.examples = examples
    self.vocabulary = vocabulary
    self.embedding = embedding
    self.width = width
    self.heads = heads
    self.feedforward = feedforward
    self.capacity = capacity
    headWidth = width / heads
    scoreScale = Float(1 / Double(headWidth).squareRoot())
    logitStride = vocabulary.roundedUpTo16

    var layout = ParameterLayout()
    var tensors = Tensors()
    let normal = ParameterLayout.Initialization.normal(scale: embeddingScale)
    switch embedding {
    case .shared:
      tensors.embedding0 = layout.add("tok.weight", [vocabulary, width], normal)
      tensors.embedding1 = layout.add("pos.weight", [2, width], normal)
    case .perOperand:
      tensors.embedding0 = layout.add("tok_a.weight", [vocabulary, width], normal)
      tensors.embedding1 = layout.add("tok_b.weight", [vocabulary, width], normal)
    }
    let layer = "tf.layers.0."
    let xavier = ParameterLayout.bound(6 / Double(3 * width + width))
    tensors.inWeight = layout.add(
      layer + "self_attn.in_proj_weight", [3 * width, width], .uniform(bound: xavier))
    tensors.inBias = layout.add(layer + "self_attn.in_proj_bias", [3 * width], .constant(0))
    let outWeight = layout.add(
      layer + "self_attn.out_proj.weight", [width, width],
      .uniform(bound: ParameterLayout.bound(1 / Double(width))))
    tensors.outBias = layout.add(layer + "self_attn.out_proj.bias", [width], .constant(0))
    let weight1: Int
    (weight1, tensors.bias1) = layout.addLinear(
      layer + "linear1", inputs: width, outputs: feedforward)
    let weight2: Int
    (weight2, tensors.bias2) = layout.addLinear(
      layer + "linear2", inputs: feedforward, outputs: width)
    tensors.norm1 = layout.addLayerNorm(layer + "norm1", width: width)
    tensors.norm2 = layout.addLayerNorm(layer + "norm2", width: width)
    tensors.norm = layout.addLayerNorm("norm", width: width)
    let headWeight: Int
    (headWeight, tensors.headBias) = layout.addLinear("head", inputs: width, outputs: vocabulary)

    self.layout = layout
    self.tensors = tensors
    inProjection = PackedWeight(
      offset: tensors.inWeight, outputs: 3 * width, inputs: width, capacity: 0)
    outProjection = PackedWeight(
      offset: outWeight, outputs: width, inputs: width, capacity: capacity)
    linear1 = PackedWeight(
      offset: weight1, outputs: feedforward, inputs: width, capacity: capacity)
    linear2 = PackedWeight(
      offset: weight2, outputs: width, inputs: feedforward, capacity: capacity)
    head = PackedWeight(
      offset: headWeight, outputs: vocabulary, inputs: width, capacity: capacity)
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

  func inputs(of example: Int) -> [Int] {
    // SAFETY: the trainer has checked the number.
    unsafe [Int(examples.first.base[example]), Int(examples.second.base[example])]
  }
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
