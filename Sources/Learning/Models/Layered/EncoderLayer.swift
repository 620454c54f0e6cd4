internal import Catalogue
internal import DeterministicNumerics

/// One encoder layer over two positions (SPEC.md 1.17), and what a batch leaves behind there.
///
/// *Outputs* exist for the positions that have a query: both, but in the last layer the second alone. Rows of outputs
/// are (example, position), position fastest. *Inputs* of the first layer are the rows of its tables, row p·V + t for
/// token t at position p; of the others they are rows (example, position).
final class EncoderLayer {
  let isFirst: Bool
  let isPre: Bool
  /// Positions that have a query.
  let queries: Range<Int>
  let width: Int
  let heads: Int
  let headWidth: Int
  let feedforward: Int
  let vocabulary: Int
  /// 1/√headWidth.
  let scoreScale: Float

  let inProjection: PackedWeight
  let outProjection: PackedWeight
  let linear1: PackedWeight
  let linear2: PackedWeight
  let inBias: Int
  let outBias: Int
  let bias1: Int
  let bias2: Int

  /// x: the sums that run past the layer.
  let stream: FloatStorage
  /// What is projected: x, or x normalised.
  let inputs: PanelRows
  /// The rows of `inputs` that have a query, where not all have, and inputs are an example's.
  let queryInputs: PanelRows?
  /// Query, key, value side by side, a row an input.
  let projections: FloatStorage
  let projectionGradients: FloatStorage
  let queryGradient: WeightGradient
  let keyValueGradient: WeightGradient
  /// Attention weights of the two positions, [heads][2], a row an output; the gradients of the scaled scores.
  let attention: FloatStorage
  let scoreGradients: FloatStorage
  let mixed: PanelRows
  let mixedGradient: FloatStorage
  /// r = attention's output + x, and its gradient.
  let sums: FloatStorage
  let sumGradients: FloatStorage
  /// Into the feed-forward.
  let hidden: PanelRows
  let activated: PanelRows
  let activation: HiddenActivation
  /// With `post` the feed-forward's output + h, and its gradient.
  let secondSums: FloatStorage
  let secondSumGradients: FloatStorage
  let norm1: NormRows
  let norm2: NormRows
  /// Gradient of the layer's outputs; with `post` norm2's own.
  let outputGradients: FloatStorage
  /// With `pre` the gradients of the inputs that have been projected, norm1's own; nothing else.
  let inputGradients: FloatStorage
  /// Of the first layer: what comes to its tables' rows past the attention.
  let residualGradients: FloatStorage

  /// - Parameters:
  ///   - index: Which layer of the model it is.
  ///   - capacity: The most examples of a batch.
  init(
    _ model: ModelSpec.TransformerSpec, index: Int, vocabulary: Int, offsets: TensorOffsets,
    capacity: Int
  ) {
    let (width, heads, feedforward) = (model.width, model.heads, model.feedforward)
    func offset(_ tensor: ModelSpec.TransformerSpec.LayerTensor) -> Int {
      offsets[.layer(index, tensor)]
    }
    func weight(
      _ tensor: ModelSpec.TransformerSpec.LayerTensor, _ outputs: Int, _ inputs: Int, rows: Int
    ) -> PackedWeight {
      PackedWeight(offset: offset(tensor), outputs: outputs, inputs: inputs, capacity: rows)
    }
    isFirst = index == 0
    isPre = model.norm == .pre
    queries = index == model.layers - 1 ? 1..<2 : 0..<2
    self.width = width
    self.heads = heads
    self.feedforward = feedforward
    self.vocabulary = vocabulary
    headWidth = width / heads
    scoreScale = Float(1 / Double(headWidth).squareRoot())

    let outputRows = capacity * queries.count
    let inputRows = isFirst ? 2 * vocabulary : 2 * capacity
    inProjection = weight(.inProjectionWeight, 3 * width, width, rows: 0)
    outProjection = weight(.outProjectionWeight, width, width, rows: outputRows)
    linear1 = weight(.linear1Weight, feedforward, width, rows: outputRows)
    linear2 = weight(.linear2Weight, width, feedforward, rows: outputRows)
    (inBias, outBias) = (offset(.inProjectionBias), offset(.outProjectionBias))
    (bias1, bias2) = (offset(.linear1Bias), offset(.linear2Bias))

    inputs = PanelRows(capacity: inputRows, width: width)
    stream = isPre ? FloatStorage(count: inputRows * width) : inputs.rows
    queryInputs =
      isFirst || queries.count == 2 ? nil : PanelRows(capacity: capacity, width: width)
    projections = FloatStorage(count: inputRows * 3 * width)
    projectionGradients = FloatStorage(count: inputRows * 3 * width)
    queryGradient = WeightGradient(rows: width, capacity: inputRows)
    keyValueGradient = WeightGradient(rows: 2 * width, capacity: inputRows)
    attention = FloatStorage(count: outputRows * 2 * heads)
    scoreGradients = FloatStorage(count: outputRows * 2 * heads)
    mixed = PanelRows(capacity: outputRows, width: width)
    mixedGradient = FloatStorage(count: outputRows * width)
    sums = FloatStorage(count: outputRows * width)
    sumGradients = FloatStorage(count: outputRows * width)
    hidden = PanelRows(capacity: outputRows, width: width)
    activated = PanelRows(capacity: outputRows, width: feedforward)
    activation = HiddenActivation(model.activation, count: outputRows * feedforward)
    secondSums = FloatStorage(count: isPre ? 0 : outputRows * width)
    secondSumGradients = FloatStorage(count: isPre ? 0 : outputRows * width)
    norm1 = NormRows(
      width: width, gamma: offset(.norm1Weight), beta: offset(.norm1Bias),
      rows: isPre ? inputRows : outputRows)
    norm2 = NormRows(
      width: width, gamma: offset(.norm2Weight), beta: offset(.norm2Bias), rows: outputRows)
    outputGradients = isPre ? FloatStorage(count: outputRows * width) : norm2.outputGradients
    inputGradients = isPre ? norm1.outputGradients : FloatStorage(count: 0)
    residualGradients = FloatStorage(count: isFirst ? inputRows * width : 0)
  }

  /// The row of outputs of a position of a row of the batch.
  func output(_ row: Int, _ position: Int) -> Int {
    row * queries.count + position - queries.lowerBound
  }

  /// The rows of outputs of rows of the batch.
  func outputs(_ rows: Range<Int>) -> Range<Int> {
    rows.lowerBound * queries.count..<rows.upperBound * queries.count
  }

  /// Weights that are packed before a batch.
  var weights: [PackedWeight] { [linear1, linear2, inProjection, outProjection] }
}

/// The rows of a layer's inputs that an example has.
struct InputRows {
  let first: Int
  let second: Int

  subscript(_ position: Int) -> Int { position == 0 ? first : second }
}
