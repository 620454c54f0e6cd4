internal import Catalogue
internal import DeterministicNumerics

// SAFETY throughout: offsets come from the layout of the block that the pointers point to. Rows are
// below the capacity that every buffer was made for; tokens are below the vocabulary. Parts that
// run at the same time write different rows, columns or tensors.

/// Encoder layers of any shape over two tokens, read at the last position (SPEC.md 1.17). The first
/// layer's queries, keys and values depend only on (token, position), so they lie in tables of 2V
/// rows.
final class Transformer: Network {
  let layout: ParameterLayout
  let capacity: Int
  private let examples: PairExamples
  private let vocabulary: Int
  private let width: Int
  private let embedding: ModelSpec.TransformerSpec.Embedding
  /// Where the two embedding tables lie in the parameter block.
  private let tables: (first: Int, second: Int)
  private let layers: [EncoderLayer]
  /// The outputs of the last layer.
  private let encoded: Rows
  private let finalNorm: NormRows?
  private let features: Rows
  private let head: PackedWeight
  /// The weights that are packed before a batch: the layers' and the head's.
  private let weights: [PackedWeight]
  private let headBiasOffset: Int
  /// The head's bias with −∞ behind it, so that padded logits never count as a class.
  private let headBias: FloatStorage
  let logitStride: Int
  let logitRows: FloatStorage
  /// Gradients of the tables' rows.
  private let tableGradients: Rows
  private let jobs: [GradientJob]

  /// - Precondition: The width is a multiple of the heads; width and feed-forward are multiples of
  ///   16.
  init(_ model: ModelSpec.TransformerSpec, examples: PairExamples, capacity: Int) {
    let (width, vocabulary) = (model.width, examples.vocabulary)
    precondition(
      width % 16 == 0 && model.feedforward % 16 == 0 && width % model.heads == 0,
      "width \(width) with \(model.heads) heads and feed-forward \(model.feedforward) does not "
        + "fit the kernels")
    self.examples = examples
    self.vocabulary = vocabulary
    self.width = width
    self.capacity = capacity
    embedding = model.embedding
    let layout = ParameterLayout(model, vocabulary: vocabulary)
    self.layout = layout
    let offsets = TensorOffsets(model, layout)
    tables = (offsets[.firstEmbedding], offsets[.secondEmbedding])
    layers = (0..<model.layers).map {
      EncoderLayer(
        model, index: $0, vocabulary: vocabulary, offsets: offsets, capacity: capacity)
    }
    encoded = .rowMajor(capacity, width: width)
    finalNorm =
      model.finalNorm.isOn
      ? NormRows(
        width: width, gamma: offsets[.normWeight], beta: offsets[.normBias], rows: capacity) : nil
    features = finalNorm == nil ? encoded : .panels(capacity, width: width)
    head = PackedWeight(offset: offsets[.headWeight], outputs: vocabulary, inputs: width)
    weights = layers.flatMap { $0.weights } + [head]
    headBiasOffset = offsets[.headBias]
    logitStride = vocabulary.roundedUpTo16
    headBias = FloatStorage(count: logitStride, repeating: -.infinity)
    logitRows = FloatStorage(count: capacity * logitStride)
    tableGradients = .rowMajor(2 * vocabulary, width: width)
    jobs = GradientJob.all(layers, vocabulary: vocabulary)
  }

  var trainCount: Int { examples.trainCount }
  var exampleCount: Int { examples.count }
  var classCount: Int { vocabulary }

  func inputs(of example: Int) -> [Int] { examples.inputs(of: example) }
  func label(of example: Int) -> Int { examples.label(of: example) }

  private var last: EncoderLayer { layers[layers.count - 1] }
}

// MARK: Forward

extension Transformer {
  /// Packs the weights and fills the first layer's tables.
  @unsafe func prepare(
    parameters: UnsafePointer<Float>, forTraining: Bool, _ workers: some Workers
  ) {
    let count = weights.count
    workers.perform(1 + (forTraining ? 2 : 1) * count) { part in
      if part == 0 {
        unsafe headBias.base.update(from: parameters + headBiasOffset, count: vocabulary)
        unsafe embedTokens(parameters)
      } else if part <= count {
        unsafe weights[part - 1].packForward(parameters)
      } else {
        unsafe weights[part - 1 - count].packBackward(parameters)
      }
    }
    let first = layers[0]
    workers.perform(blockCount(2 * vocabulary)) { block in
      let start = block * rowsPerBlock
      unsafe first.projectTables(start..<min(start + rowsPerBlock, 2 * vocabulary), parameters)
    }
  }

  @unsafe private func embedTokens(_ parameters: UnsafePointer<Float>) {
    let first = layers[0]
    let table0 = unsafe parameters + tables.first
    let table1 = unsafe parameters + tables.second
    for token in 0..<vocabulary {
      for column in stride(from: 0, to: width, by: 16) {
        let place = token * width + column
        let own = unsafe load16(table0, place)
        let row0 = unsafe first.stream.row(token, column: column)
        let row1 = unsafe first.stream.row(vocabulary + token, column: column)
        switch embedding {
        case .shared:
          unsafe store(own + load16(table1, column), row0, 0)
          unsafe store(own + load16(table1, width + column), row1, 0)
        case .perOperand:
          unsafe store(own, row0, 0)
          unsafe store(load16(table1, place), row1, 0)
        }
      }
    }
    if first.isPre {
      unsafe first.norm1.forward(
        first.stream, 0..<2 * vocabulary, parameters, into: first.inputs)
    }
  }

  @unsafe func forward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>,
    keepsSlopes: Bool
  ) {
    unsafe layers[0].setInputs(rows, of: examples, self.examples)
    for (index, layer) in layers.enumerated() {
      if index > 0 { unsafe layer.projectInputs(rows, parameters) }
      unsafe layer.forward(
        rows, parameters, into: index + 1 < layers.count ? layers[index + 1].stream : encoded,
        keepsSlopes: keepsSlopes)
    }
    if let finalNorm { unsafe finalNorm.forward(encoded, rows, parameters, into: features) }
    let first = rows.lowerBound
    // Whole panels are written: the columns behind the classes get 0 + (−∞).
    unsafe head.apply(
      features.row(first), features.layout, rows: rows.count, columns: logitStride,
      bias: headBias.base, into: logitRows.base + first * logitStride, .rowMajor(logitStride))
  }
}

// MARK: Backward

extension Transformer {
  @unsafe func gatherGradient(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>, _ workers: some Workers
  ) {
    workers.perform(jobs.count) { job in
      unsafe perform(jobs[job], count: count, into: gradient)
    }
    let first = layers[0]
    let rows = slices(of: vocabulary, by: rowsPerBlock)
    let tableRows =
      rows + rows.map { $0.lowerBound + vocabulary..<$0.upperBound + vocabulary }
    let projections = first.projectionJobs
    workers.perform(projections.count + tableRows.count) { job in
      if job < tableRows.count {
        unsafe first.backwardToTables(tableRows[job], parameters, into: tableGradients)
      } else {
        unsafe first.perform(projections[job - tableRows.count], count: count, into: gradient)
      }
    }
    workers.perform(width / 16 + (first.isPre ? 1 : 0)) { column in
      if column < width / 16 {
        unsafe collectEmbeddingGradients(column * 16, into: gradient)
      } else {
        unsafe first.perform(.firstNorm, count: count, into: gradient)
      }
    }
  }

  @unsafe func backward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>
  ) {
    let first = rows.lowerBound
    let target = finalNorm?.outputGradients ?? last.outputGradients
    unsafe head.applyTransposed(
      logitRows.base + first * logitStride, .rowMajor(logitStride), rows: rows.count,
      into: target.row(first), target.layout)
    unsafe finalNorm?.backward(rows, parameters, into: last.outputGradients)
    for (index, layer) in layers.enumerated().reversed() {
      unsafe layer.backward(rows, parameters)
      if index > 0 {
        unsafe layer.backwardToInputs(rows, parameters, into: layers[index - 1].outputGradients)
      }
    }
  }

  /// A piece of the gradient that needs every row of the batch.
  private enum GradientJob {
    case layer(Int, EncoderGradientJob)
    case head(Range<Int>)
    case finalNorm
    /// Gradients of one part of the first layer's projections, for one head.
    case scatter(ProjectionPart, head: Int)
    /// 16 columns of the gradients that come past the first layer's attention.
    case residual(column: Int)

    static func all(_ layers: [EncoderLayer], vocabulary: Int) -> [GradientJob] {
      var jobs: [GradientJob] = []
      for (index, layer) in layers.enumerated() {
        for job in layer.jobs { jobs.append(.layer(index, job)) }
      }
      jobs += PackedWeight.slices(of: vocabulary).map { .head($0) }
      for head in 0..<layers[0].heads {
        for part in ProjectionPart.allCases { jobs.append(.scatter(part, head: head)) }
      }
      jobs += stride(from: 0, to: layers[0].width, by: 16).map { .residual(column: $0) }
      return jobs + [.finalNorm]
    }
  }

  @unsafe private func perform(
    _ job: GradientJob, count: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    switch job {
    case .layer(let index, let job):
      unsafe layers[index].perform(job, count: count, into: gradient)
    case .head(let slice):
      unsafe head.gradient(
        slice, dy: logitRows.base, .rowMajor(logitStride), depth: count, x: features.base,
        features.layout, into: gradient, bias: headBiasOffset)
    case .finalNorm:
      unsafe finalNorm?.parameterGradient(rows: count, into: gradient)
    case .scatter(let part, let head):
      unsafe layers[0].scatter(part, head: head, count: count)
    case .residual(let column): unsafe layers[0].gatherResiduals(column, count: count)
    }
  }

  /// The embeddings' gradients in 16 columns, from those of the tables' rows.
  @unsafe private func collectEmbeddingGradients(
    _ column: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    let rows = unsafe tableGradients.row(0, column: column)
    let stride = tableGradients.layout.rowStride
    let second = vocabulary * stride
    let table0 = unsafe gradient + tables.first
    let table1 = unsafe gradient + tables.second
    for token in 0..<vocabulary {
      let offset = token * width + column
      let gradient0 = unsafe load16(rows, token * stride)
      let gradient1 = unsafe load16(rows, second + token * stride)
      switch embedding {
      case .shared: unsafe store(gradient0 + gradient1, table0, offset)
      case .perOperand:
        unsafe store(gradient0, table0, offset)
        unsafe store(gradient1, table1, offset)
      }
    }
    if case .shared = embedding {
      for position in 0..<2 {
        unsafe ColumnSum.sum(
          rows + position * second, tableGradients.layout, rows: vocabulary, columns: 16,
          into: table1 + position * width + column)
      }
    }
  }
}
