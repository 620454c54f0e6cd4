internal import Catalogue
internal import DeterministicNumerics

// SAFETY throughout: as in Transformer+Forward.swift. Jobs that run at the same time write different tensors, rows or
// columns.

extension Transformer {
  @unsafe func gatherGradient(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>, _ workers: some Workers
  ) {
    workers.perform(jobs.count) { job in
      unsafe perform(jobs[job], examples: examples, count: count, into: gradient)
    }
    workers.perform(tokenJobs.count) { job in
      unsafe perform(tokenJobs[job], into: gradient)
    }
    workers.perform(width / 16) { column in
      unsafe collectEmbeddingGradients(column * 16, into: gradient)
    }
  }

  @unsafe func backward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>
  ) {
    let first = rows.lowerBound
    unsafe batch.features.pack(rows)
    unsafe batch.activated.pack(rows)
    unsafe batch.hidden.pack(rows)
    unsafe batch.mixed.pack(rows)

    unsafe head.applyTransposed(
      batch.logits.base + first * logitStride, dyRowStride: logitStride, rows: rows.count,
      into: batch.normGradient3.base + first * width, dxRowStride: width)
    for row in rows {
      let offset = row * width
      unsafe LayerNorm.backward(
        batch.normGradient3.base + offset, width: width, gamma: parameters + tensors.norm.gamma,
        normalized: batch.normalized3.base + offset, rstd: batch.scales.base[row * 3 + 2],
        into: batch.normGradient2.base + offset)
      unsafe LayerNorm.backward(
        batch.normGradient2.base + offset, width: width, gamma: parameters + tensors.norm2.gamma,
        normalized: batch.normalized2.base + offset, rstd: batch.scales.base[row * 3 + 1],
        into: batch.sumGradient2.base + offset)
    }

    let activated = unsafe batch.activated.rows.base + first * feedforward
    let slopes = unsafe batch.activationSlopes.base + first * feedforward
    unsafe linear2.applyTransposed(
      batch.sumGradient2.base + first * width, dyRowStride: width, rows: rows.count,
      into: activated, dxRowStride: feedforward)
    for i in stride(from: 0, to: rows.count * feedforward, by: 16) {
      unsafe store(load16(activated, i) * load16(slopes, i), slopes, i)
    }
    unsafe linear1.applyTransposed(
      slopes, dyRowStride: feedforward, rows: rows.count,
      into: batch.normGradient1.base + first * width, dxRowStride: width)
    for row in rows {
      let offset = row * width
      unsafe RowUpdate.add(
        batch.sumGradient2.base + offset, to: batch.normGradient1.base + offset, count: width)
      unsafe LayerNorm.backward(
        batch.normGradient1.base + offset, width: width, gamma: parameters + tensors.norm1.gamma,
        normalized: batch.normalized1.base + offset, rstd: batch.scales.base[row * 3],
        into: batch.sumGradient1.base + offset)
    }
    unsafe outProjection.applyTransposed(
      batch.sumGradient1.base + first * width, dyRowStride: width, rows: rows.count,
      into: batch.mixedGradient.base + first * width, dxRowStride: width)
    for row in rows { unsafe attendBackward(row, Int(examples[row])) }
  }

  /// The gradients of a row's scaled scores.
  @unsafe private func attendBackward(_ row: Int, _ example: Int) {
    let table = unsafe tokens.projections.base
    let values0 = unsafe table + Int(examples.first.base[example]) * 3 * width + 2 * width
    let values1 =
      unsafe table + (vocabulary + Int(examples.second.base[example])) * 3 * width + 2 * width
    let gradient = unsafe batch.mixedGradient.base + row * width
    let weights = unsafe batch.attention.base + row * 2 * heads
    let scores = unsafe batch.scoreGradients.base + row * 2 * heads
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

  /// Embeddings' gradients for 16 columns, from those of the tables' inputs.
  @unsafe private func collectEmbeddingGradients(
    _ column: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    let rows = unsafe tokens.inputGradients.base
    let table0 = unsafe gradient + tensors.embedding0
    let table1 = unsafe gradient + tensors.embedding1
    for token in 0..<vocabulary {
      let offset = token * width + column
      let gradient0 = unsafe load16(rows, offset)
      let gradient1 =
        unsafe load16(rows, vocabulary * width + offset)
        + load16(tokens.residualGradients.base, offset)
      unsafe store(gradient1, rows, vocabulary * width + offset)
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
          rows + position * vocabulary * width + column, rowStride: width, rows: vocabulary,
          columns: 16, into: table1 + position * width + column)
      }
    }
  }
}

// MARK: Gradients of the parameters behind the tables

/// A piece of the gradient that needs every row of the batch.
enum GradientJob {
  case linear1(Range<Int>)
  case linear2(Range<Int>)
  case outProjection(Range<Int>)
  case head(Range<Int>)
  case scatter(Table, head: Int)
  case biasesAndNorms(Int)

  enum Table: CaseIterable { case query, key, value, residual }

  static func all(heads: Int, width: Int, feedforward: Int, vocabulary: Int) -> [GradientJob] {
    var jobs: [GradientJob] = []
    jobs += WeightGradient.slices(of: width).map { .linear2($0) }
    jobs += WeightGradient.slices(of: feedforward).map { .linear1($0) }
    jobs += WeightGradient.slices(of: width).map { .outProjection($0) }
    jobs += WeightGradient.slices(of: vocabulary).map { .head($0) }
    for table in Table.allCases { jobs += (0..<heads).map { .scatter(table, head: $0) } }
    return jobs + (0..<5).map { .biasesAndNorms($0) }
  }
}

/// A piece of the gradient that needs every row of the tables' gradients.
enum TokenGradientJob {
  /// Rows of the input projection and its bias, counted from the first of their kind.
  case queries(Range<Int>)
  case keysAndValues(Range<Int>)
  /// Rows of the tables' inputs.
  case inputs(Range<Int>)

  static func all(width: Int, rows: Int) -> [TokenGradientJob] {
    WeightGradient.slices(of: width).map { .queries($0) }
      + WeightGradient.slices(of: 2 * width).map { .keysAndValues($0) }
      + slices(of: rows / 2, by: 48).map { .inputs($0) }
      + slices(of: rows / 2, by: 48).map {
        .inputs($0.lowerBound + rows / 2..<$0.upperBound + rows / 2)
      }
  }
}

/// 0 ..< count in pieces of `size`.
func slices(of count: Int, by size: Int) -> [Range<Int>] {
  stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}

extension Transformer {
  @unsafe private func perform(
    _ job: GradientJob, examples: UnsafePointer<Int32>, count: Int,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    switch job {
    case .linear1(let rows):
      unsafe weightGradient(
        linear1, rows, of: batch.activationSlopes, stride: feedforward, with: batch.hidden, count,
        into: gradient)
    case .linear2(let rows):
      unsafe weightGradient(
        linear2, rows, of: batch.sumGradient2, stride: width, with: batch.activated, count,
        into: gradient)
    case .outProjection(let rows):
      unsafe weightGradient(
        outProjection, rows, of: batch.sumGradient1, stride: width, with: batch.mixed, count,
        into: gradient)
    case .head(let rows):
      unsafe weightGradient(
        head, rows, of: batch.logits, stride: logitStride, with: batch.features, count,
        into: gradient)
    case .scatter(let table, let head):
      unsafe scatter(table, head: head, examples: examples, count: count)
    case .biasesAndNorms(let part):
      unsafe biasesAndNorms(part, count: count, into: gradient)
    }
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

  /// Adds each row's gradients to its tokens' rows, in the order of the batch.
  @unsafe private func scatter(
    _ table: GradientJob.Table, head: Int, examples: UnsafePointer<Int32>, count: Int
  ) {
    let stride = 3 * width
    let offset = head * headWidth
    let gradients = unsafe tokens.projectionGradients.base
    let projections = unsafe tokens.projections.base
    let residuals = unsafe tokens.residualGradients.base
    for token in 0..<vocabulary {
      let row0 = token * stride + offset
      let row1 = (vocabulary + token) * stride + offset
      for i in 0..<headWidth {
        switch table {
        case .query: unsafe gradients[row1 + i] = 0
        case .key:
          unsafe gradients[row0 + width + i] = 0
          unsafe gradients[row1 + width + i] = 0
        case .value:
          unsafe gradients[row0 + 2 * width + i] = 0
          unsafe gradients[row1 + 2 * width + i] = 0
        case .residual: unsafe residuals[token * width + offset + i] = 0
        }
      }
    }
    for row in 0..<count {
      let example = unsafe Int(examples[row])
      let second = unsafe Int(self.examples.second.base[example])
      let row0 = unsafe Int(self.examples.first.base[example]) * stride + offset
      let row1 = (vocabulary + second) * stride + offset
      let scores = unsafe batch.scoreGradients.base + row * 2 * heads + 2 * head
      switch table {
      case .query:
        unsafe RowUpdate.addProduct(
          scores[0], projections + row0 + width, to: gradients + row1, count: headWidth)
        unsafe RowUpdate.addProduct(
          scores[1], projections + row1 + width, to: gradients + row1, count: headWidth)
      case .key:
        unsafe RowUpdate.addProduct(
          scores[0], projections + row1, to: gradients + row0 + width, count: headWidth)
        unsafe RowUpdate.addProduct(
          scores[1], projections + row1, to: gradients + row1 + width, count: headWidth)
      case .value:
        let weights = unsafe batch.attention.base + row * 2 * heads + 2 * head
        let mixed = unsafe batch.mixedGradient.base + row * width + offset
        unsafe RowUpdate.addProduct(
          weights[0], mixed, to: gradients + row0 + 2 * width, count: headWidth)
        unsafe RowUpdate.addProduct(
          weights[1], mixed, to: gradients + row1 + 2 * width, count: headWidth)
      case .residual:
        let source = unsafe batch.sumGradient1.base + row * width + offset
        let target = unsafe residuals + second * width + offset
        unsafe RowUpdate.add(source, to: target, count: headWidth)
      }
    }
  }

  @unsafe private func biasesAndNorms(
    _ part: Int, count: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    switch part {
    case 0:
      unsafe ColumnSum.sum(
        batch.activationSlopes.base, rowStride: feedforward, rows: count, columns: feedforward,
        into: gradient + tensors.bias1)
    case 1:
      unsafe ColumnSum.sum(
        batch.logits.base, rowStride: logitStride, rows: count, columns: vocabulary,
        into: gradient + tensors.headBias)
      unsafe normGradient(batch.normGradient3, batch.normalized3, tensors.norm, count, gradient)
    case 2:
      unsafe normGradient(batch.normGradient2, batch.normalized2, tensors.norm2, count, gradient)
    case 3:
      unsafe normGradient(batch.normGradient1, batch.normalized1, tensors.norm1, count, gradient)
    default:
      unsafe ColumnSum.sum(
        batch.sumGradient2.base, rowStride: width, rows: count, columns: width,
        into: gradient + tensors.bias2)
      unsafe ColumnSum.sum(
        batch.sumGradient1.base, rowStride: width, rows: count, columns: width,
        into: gradient + tensors.outBias)
    }
  }

  @unsafe private func normGradient(
    _ outputs: FloatStorage, _ normalized: FloatStorage, _ norm: (gamma: Int, beta: Int),
    _ count: Int, _ gradient: UnsafeMutablePointer<Float>
  ) {
    unsafe ColumnSum.sumOfProducts(
      outputs.base, normalized.base, rowStride: width, rows: count, columns: width,
      into: gradient + norm.gamma)
    unsafe ColumnSum.sum(
      outputs.base, rowStride: width, rows: count, columns: width, into: gradient + norm.beta)
  }

  @unsafe private func perform(
    _ job: TokenGradientJob, into gradient: UnsafeMutablePointer<Float>
  ) {
    let stride = 3 * width
    switch job {
    case .queries(let rows):
      unsafe projectionGradient(
        tokens.queryGradient, rows, column: 0, firstRow: vocabulary, into: gradient)
    case .keysAndValues(let rows):
      unsafe projectionGradient(
        tokens.keyValueGradient, rows, column: width, firstRow: 0, into: gradient)
    case .inputs(let rows):
      let skip = rows.lowerBound < vocabulary ? width : 0
      unsafe Panels.multiply(
        tokens.projectionGradients.base + rows.lowerBound * stride + skip, rowStride: stride,
        rows: rows.count, depth: stride - skip, panels: inProjection.backward.base + skip * 16,
        panelStride: inProjection.backwardPanelStride, columns: width,
        into: tokens.inputGradients.base + rows.lowerBound * width, cRowStride: width)
    }
  }

  /// Rows of the input projection's gradient, counted from `column`, over the tables' rows from `firstRow` on.
  @unsafe private func projectionGradient(
    _ part: WeightGradient, _ rows: Range<Int>, column: Int, firstRow: Int,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    let stride = 3 * width
    let source = unsafe tokens.projectionGradients.base + firstRow * stride + column
    let depth = 2 * vocabulary - firstRow
    unsafe part.compute(
      rows, dy: source, dyRowStride: stride, depth: depth,
      x: tokens.inputs.panels.base + firstRow * 16, xPanelStride: tokens.inputs.panelStride,
      columns: width, into: gradient + tensors.inWeight + column * width)
    unsafe ColumnSum.sum(
      source + rows.lowerBound, rowStride: stride, rows: depth, columns: rows.count,
      into: gradient + tensors.inBias + column + rows.lowerBound)
  }
}
