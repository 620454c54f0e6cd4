internal import DeterministicNumerics

// SAFETY throughout: offsets come from the layout of the block that the pointers point to. Rows are
// below the capacity that every buffer was made for. Parts that run at the same time write
// different rows.

extension EncoderLayer {
  /// Projects the inputs of rows of the batch to queries, keys and values, in a layer after the
  /// first.
  @unsafe func projectInputs(_ rows: Range<Int>, _ parameters: UnsafePointer<Float>) {
    let inputRows = 2 * rows.lowerBound..<2 * rows.upperBound
    if isPre { unsafe norm1.forward(stream, inputRows, parameters, into: inputs) }
    if queries.count == 2 {
      unsafe project(inputRows, stride: 1, hasQuery: true, parameters)
    } else {
      // Every second row each time.
      unsafe project(inputRows.dropLast(1), stride: 2, hasQuery: false, parameters)
      unsafe project(inputRows.dropFirst(1), stride: 2, hasQuery: true, parameters)
    }
  }

  /// Projects rows of the tables to queries (if they have one), keys and values.
  @unsafe func projectTables(_ rows: Range<Int>, _ parameters: UnsafePointer<Float>) {
    let split = queries.count == 2 ? 0 : vocabulary
    let firsts = rows.clamped(to: 0..<split)
    let others = rows.clamped(to: split..<2 * vocabulary)
    if !firsts.isEmpty { unsafe project(firsts, stride: 1, hasQuery: false, parameters) }
    if !others.isEmpty { unsafe project(others, stride: 1, hasQuery: true, parameters) }
  }

  /// Projects every `stride`-th row of the range, from its first on.
  @unsafe private func project(
    _ rows: Range<Int>, stride: Int, hasQuery: Bool, _ parameters: UnsafePointer<Float>
  ) {
    let first = hasQuery ? 0 : width
    unsafe inProjection.apply(
      inputs.row(rows.lowerBound), inputs.every(stride), rows: (rows.count + stride - 1) / stride,
      first: first, bias: parameters + inBias + first,
      into: projections.row(rows.lowerBound, column: first), projections.every(stride))
  }

  /// Takes rows of the batch through the layer.
  ///
  /// - Parameters:
  ///   - result: Where the outputs go.
  ///   - keepsSlopes: Whether a backward pass will follow.
  @unsafe func forward(
    _ rows: Range<Int>, _ parameters: UnsafePointer<Float>,
    into result: Rows, keepsSlopes: Bool
  ) {
    for row in rows { unsafe attend(row) }
    let outputs = outputs(rows)
    let first = outputs.lowerBound
    unsafe outProjection.apply(
      mixed.row(first), mixed.layout, rows: outputs.count, bias: parameters + outBias,
      into: sums.row(first), sums.layout)
    for row in rows {
      let inputs = unsafe inputRows.base[row]
      for position in queries {
        sums.add(stream, row: inputs[position], to: output(row, position))
      }
    }
    unsafe (isPre ? norm2 : norm1).forward(sums, outputs, parameters, into: hidden)

    unsafe linear1.apply(
      hidden.row(first), hidden.layout, rows: outputs.count, bias: parameters + bias1,
      into: activated.row(first), activated.layout)
    unsafe activation.forward(activated, outputs, keepsSlopes: keepsSlopes)
    let second = isPre ? result : secondSums
    unsafe linear2.apply(
      activated.row(first), activated.layout, rows: outputs.count, bias: parameters + bias2,
      into: second.row(first), second.layout)
    second.add(isPre ? sums : hidden, outputs)
    if !isPre { unsafe norm2.forward(secondSums, outputs, parameters, into: result) }
  }

  /// Softmax over the two positions for each query, one head after the other.
  @unsafe private func attend(_ row: Int) {
    let inputs = unsafe inputRows.base[row]
    let input0 = unsafe projections.row(inputs.first)
    let input1 = unsafe projections.row(inputs.second)
    for position in queries {
      let output = output(row, position)
      let mixed = unsafe self.mixed.row(output)
      let weights = unsafe attention.base + output * 2 * heads
      for head in 0..<heads {
        let offset = head * headWidth
        let query = unsafe (position == 0 ? input0 : input1) + offset
        let score0 =
          unsafe RowSum.dot(query, input0 + width + offset, count: headWidth) * scoreScale
        let score1 =
          unsafe RowSum.dot(query, input1 + width + offset, count: headWidth) * scoreScale
        let isFirst = score0 > score1
        let largest = isFirst ? score0 : score1
        let other = Elementary.exp((isFirst ? score1 : score0) - largest)
        // exp(0) is 1. An infinite score minus itself is NaN.
        let own: Float = largest - largest == 0 ? 1 : .nan
        let (e0, e1) = isFirst ? (own, other) : (other, own)
        let sum = e0 + e1
        let weight0 = e0 / sum
        let weight1 = e1 / sum
        unsafe weights[2 * head] = weight0
        unsafe weights[2 * head + 1] = weight1
        let value0 = unsafe input0 + 2 * width + offset
        let value1 = unsafe input1 + 2 * width + offset
        unsafe RowUpdate.setProducts(
          weight0, value0, weight1, value1, to: mixed + offset, count: headWidth)
      }
    }
  }
}
