internal import Catalogue
internal import DeterministicNumerics

/// One encoder layer over two positions (SPEC.md 1.17), and what a batch leaves in it.
///
/// *Outputs* exist for the positions that have a query: both, but only the second in the last
/// layer. Rows of outputs are (example, position), position fastest. *Inputs* of the first layer
/// are the rows of its tables: row p·V + t for token t at position p. In the other layers they are
/// rows (example, position).
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

  /// x: the residual stream.
  let stream: Rows
  /// What is projected: x, or with `pre` the normalised x.
  let inputs: Rows
  /// For each row of the batch, its two rows of the inputs. In the first layer they are set with
  /// the batch.
  let inputRows: Storage<InputRows>
  /// Query, key and value side by side, one row per input.
  let projections: Rows
  let projectionGradients: Rows
  /// Attention weights of the two positions, [heads][2], one row per output; then the gradients of
  /// the scaled scores.
  let attention: FloatStorage
  let scoreGradients: FloatStorage
  let mixed: Rows
  let mixedGradient: Rows
  /// r = attention's output + x, and its gradient.
  let sums: Rows
  let sumGradients: Rows
  /// Inputs of the feed-forward block.
  let hidden: Rows
  let activated: Rows
  let activatedGradients: Rows
  let activation: HiddenActivation
  /// With `post`: the feed-forward block's output + h, and its gradient.
  let secondSums: Rows
  let secondSumGradients: Rows
  let norm1: NormRows
  let norm2: NormRows
  /// Gradient of the layer's outputs; with `post`, norm2's own buffer.
  let outputGradients: Rows
  /// With `pre`: the gradients of the inputs that were projected, in norm1's own buffer. Else
  /// empty.
  let inputGradients: Rows
  /// In the first layer: the gradients that reach its tables' rows past the attention.
  let residualGradients: Rows

  /// - Parameters:
  ///   - index: The number of the layer in the model, from 0.
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
      _ tensor: ModelSpec.TransformerSpec.LayerTensor, _ outputs: Int, _ inputs: Int
    ) -> PackedWeight {
      PackedWeight(offset: offset(tensor), outputs: outputs, inputs: inputs)
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
    let inputCount = isFirst ? 2 * vocabulary : 2 * capacity
    inProjection = weight(.inProjectionWeight, 3 * width, width)
    outProjection = weight(.outProjectionWeight, width, width)
    linear1 = weight(.linear1Weight, feedforward, width)
    linear2 = weight(.linear2Weight, width, feedforward)
    (inBias, outBias) = (offset(.inProjectionBias), offset(.outProjectionBias))
    (bias1, bias2) = (offset(.linear1Bias), offset(.linear2Bias))

    inputRows = Storage(count: capacity, repeating: InputRows())
    for row in 0..<capacity {
      unsafe inputRows.base[row] = InputRows(first: 2 * row, second: 2 * row + 1)
    }
    inputs = .panels(inputCount, width: width)
    stream = isPre ? .rowMajor(inputCount, width: width) : inputs
    projections = .rowMajor(inputCount, width: 3 * width)
    projectionGradients = .rowMajor(inputCount, width: 3 * width)
    attention = FloatStorage(count: outputRows * 2 * heads)
    scoreGradients = FloatStorage(count: outputRows * 2 * heads)
    mixed = .rowMajor(outputRows, width: width)
    mixedGradient = .rowMajor(outputRows, width: width)
    sums = .rowMajor(outputRows, width: width)
    sumGradients = .rowMajor(outputRows, width: width)
    hidden = .panels(outputRows, width: width)
    activated = .panels(outputRows, width: feedforward)
    activatedGradients = .panels(outputRows, width: feedforward)
    activation = HiddenActivation(model.activation, rows: outputRows, width: feedforward)
    secondSums = .rowMajor(isPre ? 0 : outputRows, width: width)
    secondSumGradients = .rowMajor(isPre ? 0 : outputRows, width: width)
    norm1 = NormRows(
      width: width, gamma: offset(.norm1Weight), beta: offset(.norm1Bias),
      rows: isPre ? inputCount : outputRows)
    norm2 = NormRows(
      width: width, gamma: offset(.norm2Weight), beta: offset(.norm2Bias), rows: outputRows)
    outputGradients = isPre ? .rowMajor(outputRows, width: width) : norm2.outputGradients
    inputGradients = isPre ? norm1.outputGradients : .rowMajor(0, width: width)
    residualGradients = .panels(isFirst ? inputCount : 0, width: width)
  }

  /// Sets the rows of the tables that are the first layer's inputs, for rows of a batch.
  ///
  /// SAFETY: tokens are below the vocabulary, rows below the capacity.
  @unsafe func setInputs(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ pairs: PairExamples
  ) {
    for row in rows {
      let example = unsafe Int(examples[row])
      unsafe inputRows.base[row] = InputRows(
        first: Int(pairs.first.base[example]),
        second: vocabulary + Int(pairs.second.base[example]))
    }
  }

  /// The row of outputs for a position of a row of the batch.
  @inline(__always)
  func output(_ row: Int, _ position: Int) -> Int {
    row * queries.count + position - queries.lowerBound
  }

  /// The rows of outputs for rows of the batch.
  func outputs(_ rows: Range<Int>) -> Range<Int> {
    rows.lowerBound * queries.count..<rows.upperBound * queries.count
  }

  /// The weights that are packed before a batch.
  var weights: [PackedWeight] { [linear1, linear2, inProjection, outProjection] }
}

/// The two rows of a layer's inputs that belong to an example.
struct InputRows: BitwiseCopyable {
  var first = 0
  var second = 0

  @inline(__always)
  subscript(_ position: Int) -> Int { position == 0 ? first : second }
}
