internal import DeterministicNumerics

// SAFETY throughout: as in EncoderLayer+Forward.swift. Jobs that run at the same time write
// different tensors, rows or columns.

extension EncoderLayer {
  /// Takes rows of the batch back from the outputs' gradients to those of the scores.
  @unsafe func backward(_ rows: Range<Int>, _ parameters: UnsafePointer<Float>) {
    let outputs = outputs(rows)
    let first = outputs.lowerBound
    if !isPre { unsafe norm2.backward(outputs, parameters, into: secondSumGradients) }

    unsafe linear2.applyTransposed(
      feedforwardGradients.row(first), feedforwardGradients.layout, rows: outputs.count,
      into: activatedGradients.row(first), activatedGradients.layout)
    unsafe activation.backward(activatedGradients, outputs)
    let norm = isPre ? norm2 : norm1
    unsafe linear1.applyTransposed(
      activatedGradients.row(first), activatedGradients.layout, rows: outputs.count,
      into: norm.outputGradients.row(first), norm.outputGradients.layout)
    if !isPre { norm.outputGradients.add(secondSumGradients, outputs) }
    unsafe norm.backward(outputs, parameters, into: sumGradients)
    if isPre { sumGradients.add(outputGradients, outputs) }
    unsafe outProjection.applyTransposed(
      sumGradients.row(first), sumGradients.layout, rows: outputs.count,
      into: mixedGradient.row(first), mixedGradient.layout)
    for row in rows { unsafe attendBackward(row) }
  }

  /// Gradients of the outputs of the second linear layer.
  private var feedforwardGradients: Rows { isPre ? outputGradients : secondSumGradients }

  /// The gradients of a row's scaled scores.
  @unsafe private func attendBackward(_ row: Int) {
    let inputs = unsafe inputRows.base[row]
    let values0 = unsafe projections.row(inputs.first, column: 2 * width)
    let values1 = unsafe projections.row(inputs.second, column: 2 * width)
    for position in queries {
      let output = output(row, position)
      let gradient = unsafe mixedGradient.row(output)
      let weights = unsafe attention.base + output * 2 * heads
      let scores = unsafe scoreGradients.base + output * 2 * heads
      for head in 0..<heads {
        let offset = head * headWidth
        let weight0 = unsafe weights[2 * head]
        let weight1 = unsafe weights[2 * head + 1]
        let slope0 = unsafe RowSum.dot(gradient + offset, values0 + offset, count: headWidth)
        let slope1 = unsafe RowSum.dot(gradient + offset, values1 + offset, count: headWidth)
        let mean = (weight0 * slope0).addingProduct(weight1, slope1)
        unsafe scores[2 * head] = weight0 * (slope0 - mean) * scoreScale
        unsafe scores[2 * head + 1] = weight1 * (slope1 - mean) * scoreScale
      }
    }
  }
}

// MARK: Gradients of queries, keys and values

/// The parts of an input's projection.
enum ProjectionPart: Int, CaseIterable {
  case query, key, value
}

extension EncoderLayer {
  /// Adds what rows of the batch contribute to one part of their inputs' gradients, in order, in
  /// one head's columns.
  @unsafe func accumulate(_ part: ProjectionPart, head: Int, _ rows: Range<Int>) {
    let offset = head * headWidth
    // The queries of the head; keys and values lie behind them.
    let projections = unsafe self.projections.base + offset
    let gradients = unsafe projectionGradients.base + offset
    let scores = unsafe scoreGradients.base + 2 * head
    switch part {
    case .query:
      forEachOutput(rows) { output, own, first, second in
        let score = unsafe scores + output * 2 * heads
        unsafe RowUpdate.addProducts(
          score[0], projections + first + width, score[1], projections + second + width,
          to: gradients + own, count: headWidth)
      }
    case .key:
      forEachOutput(rows) { output, own, first, second in
        let score = unsafe scores + output * 2 * heads
        unsafe RowUpdate.addProduct(
          score[0], projections + own, to: gradients + first + width, count: headWidth)
        unsafe RowUpdate.addProduct(
          score[1], projections + own, to: gradients + second + width, count: headWidth)
      }
    case .value:
      forEachOutput(rows) { output, _, first, second in
        let weights = unsafe attention.base + (output * heads + head) * 2
        let mixed = unsafe mixedGradient.row(output) + offset
        unsafe RowUpdate.addProduct(
          weights[0], mixed, to: gradients + first + 2 * width, count: headWidth)
        unsafe RowUpdate.addProduct(
          weights[1], mixed, to: gradients + second + 2 * width, count: headWidth)
      }
    }
  }

  /// Calls `body` with each output of the rows, and with where the projections of its own, the
  /// first and the second position begin.
  @inline(__always)
  private func forEachOutput(
    _ rows: Range<Int>, _ body: (_ output: Int, _ own: Int, _ first: Int, _ second: Int) -> Void
  ) {
    let stride = projections.layout.rowStride
    for row in rows {
      let inputs = unsafe inputRows.base[row]
      let (first, second) = (inputs.first * stride, inputs.second * stride)
      for position in queries {
        body(output(row, position), position == 0 ? first : second, first, second)
      }
    }
  }

  /// Takes rows of the batch back from the scores' gradients to those of the outputs of the layer
  /// before.
  @unsafe func backwardToInputs(
    _ rows: Range<Int>, _ parameters: UnsafePointer<Float>, into previous: Rows
  ) {
    let inputRows = 2 * rows.lowerBound..<2 * rows.upperBound
    unsafe projectionGradients.row(inputRows.lowerBound).update(
      repeating: 0, count: inputRows.count * projectionGradients.layout.rowStride)
    for part in ProjectionPart.allCases {
      for head in 0..<heads { unsafe accumulate(part, head: head, rows) }
    }
    let gradients = isPre ? inputGradients : previous
    if queries.count == 2 {
      unsafe unproject(inputRows, stride: 1, hasQuery: true, into: gradients)
    } else {
      unsafe unproject(inputRows.dropLast(1), stride: 2, hasQuery: false, into: gradients)
      unsafe unproject(inputRows.dropFirst(1), stride: 2, hasQuery: true, into: gradients)
    }
    if isPre { unsafe norm1.backward(inputRows, parameters, into: previous) }
    for row in rows {
      for position in queries {
        previous.add(sumGradients, row: output(row, position), to: 2 * row + position)
      }
    }
  }

  /// Gradients of the inputs that were projected: of every `stride`-th row of the range, from its
  /// first on.
  @unsafe private func unproject(
    _ rows: Range<Int>, stride: Int, hasQuery: Bool, into gradients: Rows
  ) {
    let first = hasQuery ? 0 : width
    unsafe inProjection.applyTransposed(
      projectionGradients.row(rows.lowerBound, column: first), projectionGradients.every(stride),
      rows: (rows.count + stride - 1) / stride, first: first,
      into: gradients.row(rows.lowerBound), gradients.every(stride))
  }
}

// MARK: Tables

extension EncoderLayer {
  /// Adds each row's gradients to its tokens' rows, in the order of the batch, for one part and in
  /// one head's columns.
  @unsafe func scatter(_ part: ProjectionPart, head: Int, count: Int) {
    let offset = part.rawValue * width + head * headWidth
    for row in 0..<2 * vocabulary {
      unsafe (projectionGradients.row(row) + offset).update(repeating: 0, count: headWidth)
    }
    unsafe accumulate(part, head: head, 0..<count)
  }

  /// Adds the gradients of the residual connection past the attention to the tokens' rows, in the
  /// order of the batch, in 16 columns.
  @unsafe func gatherResiduals(_ column: Int, count: Int) {
    unsafe residualGradients.row(0, column: column).update(
      repeating: 0, count: 2 * vocabulary * 16)
    for row in 0..<count {
      let inputs = unsafe inputRows.base[row]
      for position in queries {
        let target = unsafe residualGradients.row(inputs[position], column: column)
        let source = unsafe sumGradients.row(output(row, position), column: column)
        unsafe RowUpdate.add(source, to: target, count: 16)
      }
    }
  }

  /// Takes rows of the tables back from the projections' gradients to their own, in `gradients`.
  /// All rows of a piece belong to one position.
  @unsafe func backwardToTables(
    _ rows: Range<Int>, _ parameters: UnsafePointer<Float>, into gradients: Rows
  ) {
    let hasQuery = queries.contains(rows.lowerBound / vocabulary)
    unsafe unproject(
      rows, stride: 1, hasQuery: hasQuery, into: isPre ? inputGradients : gradients)
    if isPre { unsafe norm1.backward(rows, parameters, into: gradients) }
    if hasQuery { gradients.add(residualGradients, rows) }
  }
}

// MARK: Gradients of the parameters

/// A piece of a layer's gradient that needs every row of the batch.
enum EncoderGradientJob {
  case linear1(Range<Int>)
  case linear2(Range<Int>)
  case outProjection(Range<Int>)
  /// A slice of rows of the input projection and its bias, counted from the first row of its kind.
  case queries(Range<Int>)
  case keysAndValues(Range<Int>)
  case firstNorm
  case secondNorm
}

extension EncoderLayer {
  /// The jobs that need no sums over tables. The first layer's projections need them: its inputs
  /// are the rows of its tables.
  var jobs: [EncoderGradientJob] {
    PackedWeight.slices(of: width).map { .linear2($0) }
      + PackedWeight.slices(of: feedforward).map { .linear1($0) }
      + PackedWeight.slices(of: width).map { .outProjection($0) }
      + (isFirst ? [] : projectionJobs) + (isFirst && isPre ? [] : [.firstNorm])
      + [.secondNorm]
  }

  var projectionJobs: [EncoderGradientJob] {
    PackedWeight.slices(of: width).map { .queries($0) }
      + PackedWeight.slices(of: 2 * width).map { .keysAndValues($0) }
  }

  /// - Parameter count: Rows of the batch.
  @unsafe func perform(
    _ job: EncoderGradientJob, count: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    let outputRows = count * queries.count
    let inputCount = isFirst ? 2 * vocabulary : 2 * count
    switch job {
    case .linear1(let slice):
      unsafe weightGradient(
        linear1, bias1, slice, of: activatedGradients, with: hidden, outputRows, into: gradient)
    case .linear2(let slice):
      unsafe weightGradient(
        linear2, bias2, slice, of: feedforwardGradients, with: activated, outputRows,
        into: gradient)
    case .outProjection(let slice):
      unsafe weightGradient(
        outProjection, outBias, slice, of: sumGradients, with: mixed, outputRows, into: gradient)
    case .queries(let slice):
      // All rows; or, if one position has queries, every second row from the second on; of tables,
      // the second half.
      let skip = queries.count == 2 ? 0 : isFirst ? vocabulary : 1
      let step = queries.count == 2 || isFirst ? 1 : 2
      unsafe projectionGradient(
        slice, column: 0, firstRow: skip, step: step, depth: (inputCount - skip + step - 1) / step,
        into: gradient)
    case .keysAndValues(let slice):
      unsafe projectionGradient(
        slice, column: width, firstRow: 0, step: 1, depth: inputCount, into: gradient)
    case .firstNorm:
      unsafe norm1.parameterGradient(rows: isPre ? inputCount : outputRows, into: gradient)
    case .secondNorm: unsafe norm2.parameterGradient(rows: outputRows, into: gradient)
    }
  }

  /// A slice of the input projection's gradient, counted from `column`, over every `step`-th row
  /// from `firstRow` on.
  @unsafe private func projectionGradient(
    _ slice: Range<Int>, column: Int, firstRow: Int, step: Int, depth: Int,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    unsafe inProjection.gradient(
      slice, first: column, dy: projectionGradients.row(firstRow, column: column),
      projectionGradients.every(step), depth: depth, x: inputs.row(firstRow), inputs.every(step),
      into: gradient, bias: inBias)
  }

  @unsafe private func weightGradient(
    _ weight: PackedWeight, _ bias: Int, _ slice: Range<Int>, of outputs: Rows, with inputs: Rows,
    _ count: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    unsafe weight.gradient(
      slice, dy: outputs.base, outputs.layout, depth: count, x: inputs.base, inputs.layout,
      into: gradient, bias: bias)
  }
}
