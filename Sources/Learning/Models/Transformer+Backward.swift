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
    let layout = batch.sumGradient1.layout
    unsafe head.applyTransposed(
      batch.logits.base + first * logitStride, .rowMajor(logitStride), rows: rows.count,
      into: batch.normGradient3.row(first), layout)
    for row in rows {
      unsafe LayerNorm.backward(
        batch.normGradient3.row(row), width: width, gamma: parameters + tensors.norm.gamma,
        normalized: batch.normalized3.row(row),
        rstd: batch.scales.base[row * 3 + 2], into: batch.normGradient2.row(row))
      unsafe LayerNorm.backward(
        batch.normGradient2.row(row), width: width, gamma: parameters + tensors.norm2.gamma,
        normalized: batch.normalized2.row(row),
        rstd: batch.scales.base[row * 3 + 1], into: batch.sumGradient2.row(row))
    }

    unsafe linear2.applyTransposed(
      batch.sumGradient2.row(first), layout, rows: rows.count,
      into: batch.activatedGradient.row(first), batch.activatedGradient.layout)
    unsafe batch.activation.backward(batch.activatedGradient, rows)
    unsafe linear1.applyTransposed(
      batch.activatedGradient.row(first), batch.activatedGradient.layout, rows: rows.count,
      into: batch.normGradient1.row(first), layout)
    for row in rows {
      batch.normGradient1.add(batch.sumGradient2, row: row, to: row)
      unsafe LayerNorm.backward(
        batch.normGradient1.row(row), width: width, gamma: parameters + tensors.norm1.gamma,
        normalized: batch.normalized1.row(row),
        rstd: batch.scales.base[row * 3], into: batch.sumGradient1.row(row))
    }
    unsafe outProjection.applyTransposed(
      batch.sumGradient1.row(first), layout, rows: rows.count,
      into: batch.mixedGradient.row(first), batch.mixedGradient.layout)
    for row in rows { unsafe attendBackward(row, Int(examples[row])) }
  }

  /// The gradients of a row's scaled scores.
  @unsafe private func attendBackward(_ row: Int, _ example: Int) {
    let projections = tokens.projections
    let first = unsafe Int(examples.first.base[example])
    let second = unsafe vocabulary + Int(examples.second.base[example])
    let values0 = unsafe projections.row(first, column: 2 * width)
    let values1 = unsafe projections.row(second, column: 2 * width)
    let gradient = unsafe batch.mixedGradient.row(row)
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
    let rows = unsafe tokens.inputGradients.row(0, column: column)
    let residuals = unsafe tokens.residualGradients.row(0, column: column)
    let stride = tokens.inputGradients.layout.rowStride
    let table0 = unsafe gradient + tensors.embedding0
    let table1 = unsafe gradient + tensors.embedding1
    for token in 0..<vocabulary {
      let second = (vocabulary + token) * stride
      let gradient0 = unsafe load16(rows, token * stride)
      let gradient1 = unsafe load16(rows, second) + load16(residuals, token * stride)
      unsafe store(gradient1, rows, second)
      let offset = token * width + column
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
          rows + position * vocabulary * stride, tokens.inputGradients.layout, rows: vocabulary,
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
  /// 16 columns of what comes past the attention.
  case residual(column: Int)
  case norm(Norm)

  enum Table: CaseIterable { case query, key, value }
  enum Norm: CaseIterable { case first, second, final }

  static func all(heads: Int, width: Int, feedforward: Int, vocabulary: Int) -> [GradientJob] {
    var jobs: [GradientJob] = []
    jobs += PackedWeight.slices(of: width).map { .linear2($0) }
    jobs += PackedWeight.slices(of: feedforward).map { .linear1($0) }
    jobs += PackedWeight.slices(of: width).map { .outProjection($0) }
    jobs += PackedWeight.slices(of: vocabulary).map { .head($0) }
    for table in Table.allCases { jobs += (0..<heads).map { .scatter(table, head: $0) } }
    jobs += stride(from: 0, to: width, by: 16).map { .residual(column: $0) }
    return jobs + Norm.allCases.map { .norm($0) }
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
    PackedWeight.slices(of: width).map { .queries($0) }
      + PackedWeight.slices(of: 2 * width).map { .keysAndValues($0) }
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
    case .linear1(let slice):
      unsafe weightGradient(
        linear1, tensors.bias1, slice, of: batch.activatedGradient, with: batch.hidden, count,
        into: gradient)
    case .linear2(let slice):
      unsafe weightGradient(
        linear2, tensors.bias2, slice, of: batch.sumGradient2, with: batch.activated, count,
        into: gradient)
    case .outProjection(let slice):
      unsafe weightGradient(
        outProjection, tensors.outBias, slice, of: batch.sumGradient1, with: batch.mixed, count,
        into: gradient)
    case .head(let slice):
      unsafe head.gradient(
        slice, dy: batch.logits.base, .rowMajor(logitStride), depth: count,
        x: batch.features.base, batch.features.layout, into: gradient, bias: tensors.headBias)
    case .residual(let column):
      unsafe gatherResiduals(column, examples: examples, count: count)
    case .scatter(let table, let head):
      unsafe scatter(table, head: head, examples: examples, count: count)
    case .norm(.first):
      unsafe normGradient(batch.normGradient1, batch.normalized1, tensors.norm1, count, gradient)
    case .norm(.second):
      unsafe normGradient(batch.normGradient2, batch.normalized2, tensors.norm2, count, gradient)
    case .norm(.final):
      unsafe normGradient(batch.normGradient3, batch.normalized3, tensors.norm, count, gradient)
    }
  }

  @unsafe private func weightGradient(
    _ weight: PackedWeight, _ bias: Int, _ slice: Range<Int>, of outputs: Rows, with inputs: Rows,
    _ count: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    unsafe weight.gradient(
      slice, dy: outputs.base, outputs.layout, depth: count, x: inputs.base, inputs.layout,
      into: gradient, bias: bias)
  }

  /// Adds each row's gradients to its tokens' rows, in the order of the batch.
  @unsafe private func scatter(
    _ table: GradientJob.Table, head: Int, examples: UnsafePointer<Int32>, count: Int
  ) {
    let stride = tokens.projections.layout.rowStride
    let offset = head * headWidth
    let (firsts, seconds) = unsafe (self.examples.first.base, self.examples.second.base)
    // Queries, and behind them keys and values, of the head; rows of the second position begin at `behind`.
    let projections = unsafe tokens.projections.base + offset
    let gradients = unsafe tokens.projectionGradients.base + offset
    let behind = vocabulary * stride
    let scores = unsafe batch.scoreGradients.base + 2 * head
    switch table {
    case .query:
      unsafe clear(gradients + behind, stride)
      for row in 0..<count {
        let example = unsafe Int(examples[row])
        let key0 = unsafe projections + Int(firsts[example]) * stride + width
        let second = unsafe behind + Int(seconds[example]) * stride
        let score = unsafe scores + row * 2 * heads
        unsafe RowUpdate.addProducts(
          score[0], key0, score[1], projections + second + width, to: gradients + second,
          count: headWidth)
      }
    case .key:
      unsafe clear(gradients + width, stride)
      unsafe clear(gradients + behind + width, stride)
      for row in 0..<count {
        let example = unsafe Int(examples[row])
        let first = unsafe Int(firsts[example]) * stride
        let second = unsafe behind + Int(seconds[example]) * stride
        let score = unsafe scores + row * 2 * heads
        let query = unsafe projections + second
        unsafe RowUpdate.addProduct(
          score[0], query, to: gradients + first + width, count: headWidth)
        unsafe RowUpdate.addProduct(
          score[1], query, to: gradients + second + width, count: headWidth)
      }
    case .value:
      unsafe clear(gradients + 2 * width, stride)
      unsafe clear(gradients + behind + 2 * width, stride)
      for row in 0..<count {
        let example = unsafe Int(examples[row])
        let first = unsafe Int(firsts[example]) * stride
        let second = unsafe behind + Int(seconds[example]) * stride
        let weights = unsafe batch.attention.base + (row * 2 * heads + 2 * head)
        let mixed = unsafe batch.mixedGradient.row(row) + offset
        unsafe RowUpdate.addProduct(
          weights[0], mixed, to: gradients + first + 2 * width, count: headWidth)
        unsafe RowUpdate.addProduct(
          weights[1], mixed, to: gradients + second + 2 * width, count: headWidth)
      }
    }
  }

  /// Adds what comes past the attention to the rows of the second position, in the order of the batch.
  @unsafe private func gatherResiduals(
    _ column: Int, examples: UnsafePointer<Int32>, count: Int
  ) {
    let seconds = unsafe self.examples.second.base
    let residuals = unsafe tokens.residualGradients.row(0, column: column)
    let source = unsafe batch.sumGradient1.row(0, column: column)
    let stride = batch.sumGradient1.layout.rowStride
    unsafe residuals.update(repeating: 0, count: vocabulary * 16)
    for row in 0..<count {
      let second = unsafe Int(seconds[Int(examples[row])]) * 16
      unsafe store(load16(residuals, second) + load16(source, row * stride), residuals, second)
    }
  }

  /// Clears a head's part of the rows of one position.
  @unsafe private func clear(_ rows: UnsafeMutablePointer<Float>, _ stride: Int) {
    for token in 0..<vocabulary {
      unsafe (rows + token * stride).update(repeating: 0, count: headWidth)
    }
  }

  @unsafe private func normGradient(
    _ outputs: Rows, _ normalized: Rows, _ norm: (gamma: Int, beta: Int), _ count: Int,
    _ gradient: UnsafeMutablePointer<Float>
  ) {
    unsafe ColumnSum.sumsAndProducts(
      outputs.base, normalized.base, outputs.layout, rows: count, columns: width,
      sums: gradient + norm.beta, products: gradient + norm.gamma)
  }

  @unsafe private func perform(
    _ job: TokenGradientJob, into gradient: UnsafeMutablePointer<Float>
  ) {
    let gradients = tokens.projectionGradients
    switch job {
    case .queries(let slice):
      unsafe projectionGradient(slice, column: 0, firstRow: vocabulary, into: gradient)
    case .keysAndValues(let slice):
      unsafe projectionGradient(slice, column: width, firstRow: 0, into: gradient)
    case .inputs(let rows):
      let skip = rows.lowerBound < vocabulary ? width : 0
      unsafe inProjection.applyTransposed(
        gradients.row(rows.lowerBound, column: skip), gradients.layout, rows: rows.count,
        first: skip, into: tokens.inputGradients.row(rows.lowerBound),
        tokens.inputGradients.layout)
    }
  }

  /// A slice of the input projection's gradient, counted from `column`, over the tables' rows from `firstRow` on.
  @unsafe private func projectionGradient(
    _ slice: Range<Int>, column: Int, firstRow: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    let gradients = tokens.projectionGradients
    unsafe inProjection.gradient(
      slice, first: column, dy: gradients.row(firstRow, column: column), gradients.layout,
      depth: 2 * vocabulary - firstRow, x: tokens.inputs.row(firstRow), tokens.inputs.layout,
      into: gradient, bias: tensors.inBias)
  }
}
