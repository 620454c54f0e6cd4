internal import DeterministicNumerics

// SAFETY throughout: as in EncoderLayer+Forward.swift. Jobs that run at the same time write different tensors, rows or
// columns.

extension EncoderLayer {
  /// Takes rows of the batch from the outputs' gradients back to those of the scores.
  @unsafe func backward(
    _ rows: Range<Int>, inputs: (Int) -> InputRows, _ parameters: UnsafePointer<Float>
  ) {
    let outputs = outputs(rows)
    let first = outputs.lowerBound
    unsafe activated.pack(outputs)
    unsafe hidden.pack(outputs)
    unsafe mixed.pack(outputs)
    if !isPre { unsafe norm2.backward(outputs, parameters, into: secondSumGradients) }

    let slopes = unsafe activated.rows.base + first * feedforward
    unsafe linear2.applyTransposed(
      feedforwardGradients.base + first * width, dyRowStride: width, rows: outputs.count,
      into: slopes, dxRowStride: feedforward)
    unsafe activation.backward(
      slopes, offset: first * feedforward, count: outputs.count * feedforward)
    let norm = isPre ? norm2 : norm1
    unsafe linear1.applyTransposed(
      slopes, dyRowStride: feedforward, rows: outputs.count,
      into: norm.outputGradients.base + first * width, dxRowStride: width)
    if !isPre {
      unsafe RowUpdate.add(
        secondSumGradients.base + first * width, to: norm.outputGradients.base + first * width,
        count: outputs.count * width)
    }
    unsafe norm.backward(outputs, parameters, into: sumGradients)
    if isPre {
      unsafe RowUpdate.add(
        outputGradients.base + first * width, to: sumGradients.base + first * width,
        count: outputs.count * width)
    }
    unsafe outProjection.applyTransposed(
      sumGradients.base + first * width, dyRowStride: width, rows: outputs.count,
      into: mixedGradient.base + first * width, dxRowStride: width)
    for row in rows { unsafe attendBackward(row, inputs(row)) }
  }

  /// Gradients of what comes out of the second linear layer.
  private var feedforwardGradients: FloatStorage { isPre ? outputGradients : secondSumGradients }

  /// The gradients of a row's scaled scores.
  @unsafe private func attendBackward(_ row: Int, _ inputs: InputRows) {
    let values0 = unsafe projections.base + (inputs.first * 3 + 2) * width
    let values1 = unsafe projections.base + (inputs.second * 3 + 2) * width
    for position in queries {
      let output = output(row, position)
      let gradient = unsafe mixedGradient.base + output * width
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
  /// Adds what a row of the batch gives to a part of its inputs' gradients, in a head's columns.
  @unsafe func accumulate(_ part: ProjectionPart, head: Int, row: Int, _ inputs: InputRows) {
    let stride = 3 * width
    let offset = head * headWidth
    let input0 = unsafe projections.base + inputs.first * stride + offset
    let input1 = unsafe projections.base + inputs.second * stride + offset
    let target0 = unsafe projectionGradients.base + inputs.first * stride + offset
    let target1 = unsafe projectionGradients.base + inputs.second * stride + offset
    for position in queries {
      let output = output(row, position)
      let scores = unsafe scoreGradients.base + output * 2 * heads + 2 * head
      switch part {
      case .query:
        let target = unsafe position == 0 ? target0 : target1
        unsafe RowUpdate.addProduct(scores[0], input0 + width, to: target, count: headWidth)
        unsafe RowUpdate.addProduct(scores[1], input1 + width, to: target, count: headWidth)
      case .key:
        let query = unsafe position == 0 ? input0 : input1
        unsafe RowUpdate.addProduct(scores[0], query, to: target0 + width, count: headWidth)
        unsafe RowUpdate.addProduct(scores[1], query, to: target1 + width, count: headWidth)
      case .value:
        let weights = unsafe attention.base + output * 2 * heads + 2 * head
        let mixed = unsafe mixedGradient.base + output * width + offset
        unsafe RowUpdate.addProduct(weights[0], mixed, to: target0 + 2 * width, count: headWidth)
        unsafe RowUpdate.addProduct(weights[1], mixed, to: target1 + 2 * width, count: headWidth)
      }
    }
  }

  /// Takes rows of the batch from the scores' gradients to those of the outputs of the layer before.
  @unsafe func backwardToInputs(
    _ rows: Range<Int>, _ parameters: UnsafePointer<Float>, into previous: FloatStorage
  ) {
    let inputRows = 2 * rows.lowerBound..<2 * rows.upperBound
    unsafe (projectionGradients.base + inputRows.lowerBound * 3 * width).update(
      repeating: 0, count: inputRows.count * 3 * width)
    for row in rows {
      let inputs = InputRows(first: 2 * row, second: 2 * row + 1)
      for part in ProjectionPart.allCases {
        for head in 0..<heads { unsafe accumulate(part, head: head, row: row, inputs) }
      }
    }
    unsafe inputs.pack(inputRows)
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
        unsafe RowUpdate.add(
          sumGradients.base + output(row, position) * width,
          to: previous.base + (2 * row + position) * width, count: width)
      }
    }
    if let queryInputs {
      for row in rows {
        unsafe (queryInputs.rows.base + row * width).update(
          from: inputs.rows.base + (2 * row + 1) * width, count: width)
      }
      unsafe queryInputs.pack(rows)
    }
  }

  /// Gradients of projected inputs: every row of the range whose distance to the first `stride` divides.
  @unsafe private func unproject(
    _ rows: Range<Int>, stride: Int, hasQuery: Bool, into gradients: FloatStorage
  ) {
    let skip = hasQuery ? 0 : width
    unsafe Panels.multiply(
      projectionGradients.base + rows.lowerBound * 3 * width + skip,
      rowStride: stride * 3 * width, rows: (rows.count + stride - 1) / stride,
      depth: 3 * width - skip, panels: inProjection.backward.base + skip * 16,
      panelStride: inProjection.backwardPanelStride, columns: width,
      into: gradients.base + rows.lowerBound * width, cRowStride: stride * width)
  }
}

// MARK: Tables

extension EncoderLayer {
  /// Adds each row's gradients to its tokens' rows, in the order of the batch; of a part, or what comes past the
  /// attention (nil), in a head's columns.
  @unsafe func scatter(
    _ part: ProjectionPart?, head: Int, count: Int, inputs: (Int) -> InputRows
  ) {
    let offset = head * headWidth
    for row in 0..<2 * vocabulary {
      let target =
        if let part {
          unsafe projectionGradients.base + (row * 3 + part.rawValue) * width + offset
        } else {
          unsafe residualGradients.base + row * width + offset
        }
      unsafe target.update(repeating: 0, count: headWidth)
    }
    for row in 0..<count {
      if let part {
        unsafe accumulate(part, head: head, row: row, inputs(row))
      } else {
        for position in queries {
          unsafe RowUpdate.add(
            sumGradients.base + output(row, position) * width + offset,
            to: residualGradients.base + inputs(row)[position] * width + offset, count: headWidth)
        }
      }
    }
  }

  /// Takes rows of the tables from the projections' gradients to their own, in `gradients`. A piece has rows of one
  /// position.
  @unsafe func backwardToTables(
    _ rows: Range<Int>, _ parameters: UnsafePointer<Float>, into gradients: FloatStorage
  ) {
    let hasQuery = queries.contains(rows.lowerBound / vocabulary)
    unsafe unproject(
      rows, stride: 1, hasQuery: hasQuery, into: isPre ? inputGradients : gradients)
    if isPre { unsafe norm1.backward(rows, parameters, into: gradients) }
    guard hasQuery else { return }
    unsafe RowUpdate.add(
      residualGradients.base + rows.lowerBound * width,
      to: gradients.base + rows.lowerBound * width, count: rows.count * width)
  }
}

// MARK: Gradients of the parameters

/// A piece of a layer's gradient that needs every row of the batch.
enum EncoderGradientJob {
  case linear1(Range<Int>)
  case linear2(Range<Int>)
  case outProjection(Range<Int>)
  /// Rows of the input projection and its bias, counted from the first of their kind.
  case queries(Range<Int>)
  case keysAndValues(Range<Int>)
  case firstNorm
  case secondNorm
  case biases
}

extension EncoderLayer {
  /// Those that need no sums over tables. Projections of the first layer's inputs are its tables'.
  var jobs: [EncoderGradientJob] {
    WeightGradient.slices(of: width).map { .linear2($0) }
      + WeightGradient.slices(of: feedforward).map { .linear1($0) }
      + WeightGradient.slices(of: width).map { .outProjection($0) }
      + (isFirst ? [] : projectionJobs) + (isFirst && isPre ? [] : [.firstNorm])
      + [.secondNorm, .biases]
  }

  var projectionJobs: [EncoderGradientJob] {
    WeightGradient.slices(of: width).map { .queries($0) }
      + WeightGradient.slices(of: 2 * width).map { .keysAndValues($0) }
  }

  /// - Parameter count: Rows of the batch.
  @unsafe func perform(
    _ job: EncoderGradientJob, count: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    let outputRows = count * queries.count
    let inputRows = isFirst ? 2 * vocabulary : 2 * count
    switch job {
    case .linear1(let rows):
      unsafe weightGradient(
        linear1, rows, of: activated.rows, stride: feedforward, with: hidden, outputRows,
        into: gradient)
    case .linear2(let rows):
      unsafe weightGradient(
        linear2, rows, of: feedforwardGradients, stride: width, with: activated, outputRows,
        into: gradient)
    case .outProjection(let rows):
      unsafe weightGradient(
        outProjection, rows, of: sumGradients, stride: width, with: mixed, outputRows,
        into: gradient)
    case .queries(let rows): unsafe queryGradient(rows, inputRows: inputRows, into: gradient)
    case .keysAndValues(let rows):
      unsafe projectionGradient(
        keyValueGradient, rows, column: width, dy: projectionGradients.base,
        stride: 3 * width, depth: inputRows, x: inputs.panels.base, inputs.panelStride,
        into: gradient)
    case .firstNorm:
      unsafe norm1.parameterGradient(rows: isPre ? inputRows : outputRows, into: gradient)
    case .secondNorm: unsafe norm2.parameterGradient(rows: outputRows, into: gradient)
    case .biases:
      unsafe ColumnSum.sum(
        activated.rows.base, rowStride: feedforward, rows: outputRows, columns: feedforward,
        into: gradient + bias1)
      unsafe ColumnSum.sum(
        feedforwardGradients.base, rowStride: width, rows: outputRows, columns: width,
        into: gradient + bias2)
      unsafe ColumnSum.sum(
        sumGradients.base, rowStride: width, rows: outputRows, columns: width,
        into: gradient + outBias)
    }
  }

  /// Over the rows that have a query.
  @unsafe private func queryGradient(
    _ rows: Range<Int>, inputRows: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    let source = unsafe projectionGradients.base
    let stride = 3 * width
    if queries.count == 2 {
      unsafe projectionGradient(
        queryGradient, rows, column: 0, dy: source, stride: stride, depth: inputRows,
        x: inputs.panels.base, inputs.panelStride, into: gradient)
    } else if let queryInputs {
      // Every second row, from the second on.
      unsafe projectionGradient(
        queryGradient, rows, column: 0, dy: source + stride, stride: 2 * stride,
        depth: inputRows / 2, x: queryInputs.panels.base, queryInputs.panelStride, into: gradient)
    } else {
      // The second half.
      unsafe projectionGradient(
        queryGradient, rows, column: 0, dy: source + vocabulary * stride, stride: stride,
        depth: vocabulary, x: inputs.panels.base + vocabulary * 16, inputs.panelStride,
        into: gradient)
    }
  }

  /// Rows of the input projection's gradient, counted from `column`, and of its bias.
  @unsafe private func projectionGradient(
    _ part: WeightGradient, _ rows: Range<Int>, column: Int, dy: UnsafePointer<Float>, stride: Int,
    depth: Int, x: UnsafePointer<Float>, _ panelStride: Int,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    unsafe part.compute(
      rows, dy: dy + column, dyRowStride: stride, depth: depth, x: x, xPanelStride: panelStride,
      columns: width, into: gradient + inProjection.offset + column * width)
    unsafe ColumnSum.sum(
      dy + column + rows.lowerBound, rowStride: stride, rows: depth, columns: rows.count,
      into: gradient + inBias + column + rows.lowerBound)
  }

  /// Rows of dW = dyᵀ · x.
  @unsafe private func weightGradient(
    _ weight: PackedWeight, _ rows: Range<Int>, of outputs: FloatStorage, stride: Int,
    with inputs: PanelRows, _ count: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    unsafe weight.gradient.compute(
      rows, dy: outputs.base, dyRowStride: stride, depth: count, x: inputs.panels.base,
      xPanelStride: inputs.panelStride, columns: weight.inputs, into: gradient + weight.offset)
  }
}
