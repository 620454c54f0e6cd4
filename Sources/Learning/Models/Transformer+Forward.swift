internal import Catalogue
internal import DeterministicNumerics

// SAFETY throughout: offsets come from the layout of the very block the pointers point to; rows are below the capacity
// that every buffer of `batch` was made for; tokens are below the vocabulary. Parts that run at the same time write
// different rows.

extension Transformer {
  /// Packs the weights and fills the token tables.
  @unsafe func prepare(
    parameters: UnsafePointer<Float>, forTraining: Bool, _ workers: some Workers
  ) {
    let weights = [linear1, linear2, inProjection, head, outProjection]
    workers.perform(forTraining ? 11 : 6) { part in
      if part < 5 {
        unsafe weights[part].packForward(parameters)
      } else if part == 5 {
        for column in 0..<vocabulary {
          unsafe headBias.base[column] = parameters[tensors.headBias + column]
        }
        unsafe embedTokens(parameters)
      } else {
        unsafe weights[part - 6].packBackward(parameters)
      }
    }
    workers.perform(blockCount(2 * vocabulary)) { block in
      let first = block * rowsPerBlock
      let end = min(first + rowsPerBlock, 2 * vocabulary)
      unsafe projectTokens(first..<end, parameters)
    }
  }

  @unsafe private func embedTokens(_ parameters: UnsafePointer<Float>) {
    let table0 = unsafe parameters + tensors.embedding0
    let table1 = unsafe parameters + tensors.embedding1
    for token in 0..<vocabulary {
      for column in stride(from: 0, to: width, by: 16) {
        let place = token * width + column
        let own = unsafe load16(table0, place)
        let row0 = unsafe tokens.inputs.row(token, column: column)
        let row1 = unsafe tokens.inputs.row(vocabulary + token, column: column)
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
  }

  /// Queries (second position only), keys and values.
  @unsafe private func projectTokens(_ rows: Range<Int>, _ parameters: UnsafePointer<Float>) {
    let bias = unsafe parameters + tensors.inBias
    let split = min(max(rows.lowerBound, vocabulary), rows.upperBound)
    let (inputs, projections) = (tokens.inputs, tokens.projections)
    for (part, first) in [(rows.lowerBound..<split, width), (split..<rows.upperBound, 0)]
    where !part.isEmpty {
      unsafe inProjection.apply(
        inputs.row(part.lowerBound), inputs.layout, rows: part.count, first: first,
        bias: bias + first, into: projections.row(part.lowerBound, column: first),
        projections.layout)
    }
  }

  @unsafe func forward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>,
    keepsSlopes: Bool
  ) {
    let first = rows.lowerBound
    for row in rows { unsafe attend(row, Int(examples[row])) }

    // The output projection lands where the sum into the first normalisation is formed.
    let sum1 = batch.normalized1
    let layout = sum1.layout
    unsafe outProjection.apply(
      batch.mixed.row(first), batch.mixed.layout, rows: rows.count,
      bias: parameters + tensors.outBias, into: sum1.row(first), layout)
    for row in rows {
      let token = unsafe Int(self.examples.second.base[Int(examples[row])])
      sum1.add(tokens.inputs, row: vocabulary + token, to: row)
      unsafe batch.scales.base[row * 3] = LayerNorm.forward(
        sum1.row(row), width: width, gamma: parameters + tensors.norm1.gamma,
        beta: parameters + tensors.norm1.beta, normalized: sum1.row(row),
        into: batch.hidden.row(row), outStride: batch.hidden.layout.panelStride)
    }

    unsafe linear1.apply(
      batch.hidden.row(first), batch.hidden.layout, rows: rows.count,
      bias: parameters + tensors.bias1,
      into: batch.activated.row(first), batch.activated.layout)
    unsafe batch.activation.forward(batch.activated, rows, keepsSlopes: keepsSlopes)

    let sum2 = batch.normalized2
    unsafe linear2.apply(
      batch.activated.row(first), batch.activated.layout, rows: rows.count,
      bias: parameters + tensors.bias2,
      into: sum2.row(first), layout)
    for row in rows {
      sum2.add(batch.hidden, row: row, to: row)
      unsafe batch.scales.base[row * 3 + 1] = LayerNorm.forward(
        sum2.row(row), width: width, gamma: parameters + tensors.norm2.gamma,
        beta: parameters + tensors.norm2.beta, normalized: sum2.row(row),
        into: batch.encoded.row(row), outStride: batch.encoded.layout.panelStride)
      unsafe batch.scales.base[row * 3 + 2] = LayerNorm.forward(
        batch.encoded.row(row), width: width, gamma: parameters + tensors.norm.gamma,
        beta: parameters + tensors.norm.beta, normalized: batch.normalized3.row(row),
        into: batch.features.row(row), outStride: batch.features.layout.panelStride)
    }

    // Full panels are written: behind the classes stands 0 + (−∞).
    unsafe head.apply(
      batch.features.row(first), batch.features.layout, rows: rows.count, columns: logitStride,
      bias: headBias.base, into: batch.logits.base + first * logitStride, .rowMajor(logitStride))
  }

  /// Softmax over the two positions, one head after the other.
  @unsafe private func attend(_ row: Int, _ example: Int) {
    let projections = tokens.projections
    let position0 = unsafe projections.row(Int(examples.first.base[example]))
    let position1 = unsafe projections.row(vocabulary + Int(examples.second.base[example]))
    let mixed = unsafe batch.mixed.row(row)
    let weights = unsafe batch.attention.base + row * 2 * heads
    for head in 0..<heads {
      let offset = head * headWidth
      let query = unsafe position1 + offset
      let score0 =
        unsafe RowSum.dot(query, position0 + width + offset, count: headWidth) * scoreScale
      let score1 =
        unsafe RowSum.dot(query, position1 + width + offset, count: headWidth) * scoreScale
      let largest = score0 > score1 ? score0 : score1
      let e0 = Elementary.exp(score0 - largest)
      let e1 = Elementary.exp(score1 - largest)
      let sum = e0 + e1
      let weight0 = e0 / sum
      let weight1 = e1 / sum
      unsafe weights[2 * head] = weight0
      unsafe weights[2 * head + 1] = weight1
      let value0 = unsafe position0 + 2 * width + offset
      let value1 = unsafe position1 + 2 * width + offset
      for i in 0..<headWidth {
        unsafe mixed[offset + i] = (weight0 * value0[i]).addingProduct(weight1, value1[i])
      }
    }
  }
}
