internal import DeterministicNumerics

// SAFETY throughout: offsets come from the layout of the very block the pointers point to; rows are below the capacity
// that every buffer was made for. Parts that run at the same time write different rows.

extension EncoderLayer {
  /// Queries, keys and values of the inputs that examples have in a layer behind the first.
  @unsafe func projectInputs(_ rows: Range<Int>, _ parameters: UnsafePointer<Float>) {
    let inputRows = 2 * rows.lowerBound..<2 * rows.upperBound
    if isPre { unsafe norm1.forward(stream, inputRows, parameters, into: inputs.rows) }
    if queries.count == 2 {
      unsafe project(inputRows, stride: 1, hasQuery: true, parameters)
    } else {
      // Every second row.
      unsafe project(inputRows.dropLast(1), stride: 2, hasQuery: false, parameters)
      unsafe project(inputRows.dropFirst(1), stride: 2, hasQuery: true, parameters)
    }
  }

  /// Queries (if they have one), keys and values of rows of the tables.
  @unsafe func projectTables(_ rows: Range<Int>, _ parameters: UnsafePointer<Float>) {
    let split = queries.count == 2 ? 0 : vocabulary
    let firsts = rows.clamped(to: 0..<split)
    let others = rows.clamped(to: split..<2 * vocabulary)
    if !firsts.isEmpty { unsafe project(firsts, stride: 1, hasQuery: false, parameters) }
    if !others.isEmpty { unsafe project(others, stride: 1, hasQuery: true, parameters) }
  }

  /// Projects every row of the range whose distance to the first `stride` divides.
  @unsafe private func project(
    _ rows: Range<Int>, stride: Int, hasQuery: Bool, _ parameters: UnsafePointer<Float>
  ) {
    let skip = hasQuery ? 0 : width
    unsafe Panels.multiply(
      inputs.rows.base + rows.lowerBound * width, rowStride: stride * width,
      rows: (rows.count + stride - 1) / stride, depth: width,
      panels: inProjection.forward.base + skip / 16 * inProjection.forwardPanelStride,
      panelStride: inProjection.forwardPanelStride, columns: 3 * width - skip,
      bias: parameters + inBias + skip,
      into: projections.base + rows.lowerBound * 3 * width + skip, cRowStride: stride * 3 * width)
  }

  /// Takes rows of the batch through the layer.
  ///
  /// - Parameters:
  ///   - inputs: The rows of the inputs that a row of the batch has.
  ///   - result: Where the outputs go.
  ///   - keepsSlopes: Whether the way back will follow.
  @unsafe func forward(
    _ rows: Range<Int>, inputs: (Int) -> InputRows, _ parameters: UnsafePointer<Float>,
    into result: FloatStorage, keepsSlopes: Bool
  ) {
    for row in rows { unsafe attend(row, inputs(row)) }
    let outputs = outputs(rows)
    let first = outputs.lowerBound
    unsafe outProjection.apply(
      mixed.rows.base + first * width, xRowStride: width, rows: outputs.count,
      bias: parameters + outBias, into: sums.base + first * width, yRowStride: width)
    for row in rows {
      for position in queries {
        unsafe RowUpdate.add(
          stream.base + inputs(row)[position] * width,
          to: sums.base + output(row, position) * width, count: width)
      }
    }
    unsafe (isPre ? norm2 : norm1).forward(sums, outputs, parameters, into: hidden.rows)

    let active = unsafe activated.rows.base + first * feedforward
    unsafe linear1.apply(
      hidden.rows.base + first * width, xRowStride: width, rows: outputs.count,
      bias: parameters + bias1, into: active, yRowStride: feedforward)
    unsafe activation.forward(
      active, offset: first * feedforward, count: outputs.count * feedforward,
      keepsSlopes: keepsSlopes)
    let second = isPre ? result : secondSums
    unsafe linear2.apply(
      active, xRowStride: feedforward, rows: outputs.count, bias: parameters + bias2,
      into: second.base + first * width, yRowStride: width)
    let past = isPre ? sums : hidden.rows
    unsafe RowUpdate.add(
      past.base + first * width, to: second.base + first * width, count: outputs.count * width)
    if !isPre { unsafe norm2.forward(secondSums, outputs, parameters, into: result) }
  }

  /// Softmax over the two positions for each query, one head after the other.
  @unsafe private func attend(_ row: Int, _ inputs: InputRows) {
    let stride = 3 * width
    let input0 = unsafe projections.base + inputs.first * stride
    let input1 = unsafe projections.base + inputs.second * stride
    for position in queries {
      let output = output(row, position)
      let mixed = unsafe self.mixed.rows.base + output * width
      let weights = unsafe attention.base + output * 2 * heads
      for head in 0..<heads {
        let offset = head * headWidth
        let query = unsafe (position == 0 ? input0 : input1) + offset
        let score0 =
          unsafe RowSum.dot(query, input0 + width + offset, count: headWidth) * scoreScale
        let score1 =
          unsafe RowSum.dot(query, input1 + width + offset, count: headWidth) * scoreScale
        let largest = score0 > score1 ? score0 : score1
        let e0 = Elementary.exp(score0 - largest)
        let e1 = Elementary.exp(score1 - largest)
        let sum = e0 + e1
        let weight0 = e0 / sum
        let weight1 = e1 / sum
        unsafe weights[2 * head] = weight0
        unsafe weights[2 * head + 1] = weight1
        let value0 = unsafe input0 + 2 * width + offset
        let value1 = unsafe input1 + 2 * width + offset
        for i in 0..<headWidth {
          unsafe mixed[offset + i] = (weight0 * value0[i]).addingProduct(weight1, value1[i])
        }
      }
    }
  }
}
