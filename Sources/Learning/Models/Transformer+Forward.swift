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
    let rows = unsafe tokens.inputs.rows.base
    let table0 = unsafe parameters + tensors.embedding0
    let table1 = unsafe parameters + tensors.embedding1
    for token in 0..<vocabulary {
      let row0 = token * width
      let row1 = (vocabulary + token) * width
      for i in stride(from: 0, to: width, by: 16) {
        switch embedding {
        case .shared:
          let own = unsafe load16(table0, row0 + i)
          unsafe store(own + load16(table1, i), rows, row0 + i)
          unsafe store(own + load16(table1, width + i), rows, row1 + i)
        case .perOperand:
          unsafe store(load16(table0, row0 + i), rows, row0 + i)
          unsafe store(load16(table1, row0 + i), rows, row1 + i)
        }
      }
    }
    unsafe tokens.inputs.pack(0..<2 * vocabulary)
  }

  /// Queries (second position only), keys and values.
  @unsafe private func projectTokens(_ rows: Range<Int>, _ parameters: UnsafePointer<Float>) {
    let bias = unsafe parameters + tensors.inBias
    let keys = width * inProjection.forwardPanelStride / 16
    let split = min(max(rows.lowerBound, vocabulary), rows.upperBound)
    for (part, skip) in [(rows.lowerBound..<split, width), (split..<rows.upperBound, 0)]
    where !part.isEmpty {
      unsafe Panels.multiply(
        tokens.inputs.rows.base + part.lowerBound * width, rowStride: width, rows: part.count,
        depth: width, panels: inProjection.forward.base + (skip == 0 ? 0 : keys),
        panelStride: inProjection.forwardPanelStride, columns: 3 * width - skip, bias: bias + skip,
        into: tokens.projections.base + part.lowerBound * 3 * width + skip, cRowStride: 3 * width)
    }
  }

  /// Slopes are GELU's derivatives.
  @unsafe func forward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>,
    keepsSlopes: Bool
  ) {
    let first = rows.lowerBound
    for row in rows { unsafe attend(row, Int(examples[row])) }

    // The output projection lands where the sum into the first normalisation is formed.
    let sum1 = unsafe batch.normalized1.base
    unsafe outProjection.apply(
      batch.mixed.rows.base + first * width, xRowStride: width, rows: rows.count,
      bias: parameters + tensors.outBias, into: sum1 + first * width, yRowStride: width)
    for row in rows {
      let token = unsafe Int(self.examples.second.base[Int(examples[row])])
      let input = unsafe tokens.inputs.rows.base + (vocabulary + token) * width
      unsafe RowUpdate.add(input, to: sum1 + row * width, count: width)
      unsafe batch.scales.base[row * 3] = LayerNorm.forward(
        sum1 + row * width, width: width, gamma: parameters + tensors.norm1.gamma,
        beta: parameters + tensors.norm1.beta, normalized: sum1 + row * width,
        into: batch.hidden.rows.base + row * width)
    }

    let activated = unsafe batch.activated.rows.base + first * feedforward
    unsafe linear1.apply(
      batch.hidden.rows.base + first * width, xRowStride: width, rows: rows.count,
      bias: parameters + tensors.bias1, into: activated, yRowStride: feedforward)
    if keepsSlopes {
      unsafe GELU.forward(
        activated, derivative: batch.activationSlopes.base + first * feedforward,
        count: rows.count * feedforward)
    } else {
      unsafe GELU.forward(activated, count: rows.count * feedforward)
    }

    let sum2 = unsafe batch.normalized2.base
    unsafe linear2.apply(
      activated, xRowStride: feedforward, rows: rows.count, bias: parameters + tensors.bias2,
      into: sum2 + first * width, yRowStride: width)
    for row in rows {
      let offset = row * width
      unsafe RowUpdate.add(batch.hidden.rows.base + offset, to: sum2 + offset, count: width)
      unsafe batch.scales.base[row * 3 + 1] = LayerNorm.forward(
        sum2 + offset, width: width, gamma: parameters + tensors.norm2.gamma,
        beta: parameters + tensors.norm2.beta, normalized: sum2 + offset,
        into: batch.encoded.base + offset)
      unsafe batch.scales.base[row * 3 + 2] = LayerNorm.forward(
        batch.encoded.base + offset, width: width, gamma: parameters + tensors.norm.gamma,
        beta: parameters + tensors.norm.beta, normalized: batch.normalized3.base + offset,
        into: batch.features.rows.base + offset)
    }

    // Full panels are written: behind the classes stands 0 + (−∞).
    unsafe Panels.multiply(
      batch.features.rows.base + first * width, rowStride: width, rows: rows.count, depth: width,
      panels: head.forward.base, panelStride: head.forwardPanelStride, columns: logitStride,
      bias: headBias.base, into: batch.logits.base + first * logitStride, cRowStride: logitStride)
  }

  /// Softmax over the two positions, one head after the other.
  @unsafe private func attend(_ row: Int, _ example: Int) {
    let table = unsafe tokens.projections.base
    let stride = 3 * width
    let position0 = unsafe table + Int(examples.first.base[example]) * stride
    let position1 = unsafe table + (vocabulary + Int(examples.second.base[example])) * stride
    let mixed = unsafe batch.mixed.rows.base + row * width
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
