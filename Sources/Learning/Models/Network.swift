internal import DeterministicNumerics

/// A model with the examples it learns: what the training loop needs of any kind.
///
/// Examples are numbered, the training set first. All pointers to parameters and gradients point to
/// a block laid out as `layout` says.
protocol Network {
  var layout: ParameterLayout { get }
  var trainCount: Int { get }
  var exampleCount: Int { get }
  /// The most examples one call of `gradient` or `losses` takes.
  var capacity: Int { get }

  /// The operands or bits of an example.
  func inputs(of example: Int) -> [Int]

  func label(of example: Int) -> Int

  /// Logits an example has.
  var classCount: Int { get }
  /// The classes rounded up to 16: from the logits of one row of a batch to those of the next.
  var logitStride: Int { get }
  /// The logits of a batch, −∞ where there is no class; on the way back their gradient.
  var logitRows: FloatStorage { get }

  // SAFETY of all: `examples` has `count` elements, at most `capacity`, or as many as the rows go
  // up to; rows are parts of a batch, and those that run at the same time have none in common.

  /// Prepares `forward` for these parameters, and `backward` if it is for training.
  @unsafe func prepare(
    parameters: UnsafePointer<Float>, forTraining: Bool, _ workers: some Workers)

  /// Takes rows of a batch from the inputs to the logits.
  ///
  /// - Parameter keepsSlopes: Whether the way back will follow.
  @unsafe func forward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>,
    keepsSlopes: Bool)

  /// Takes rows of a batch back from the gradient of the logits, and keeps what `gatherGradient`
  /// needs.
  @unsafe func backward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>)

  /// Sets `gradient` from what all rows of a batch have left on their way back.
  @unsafe func gatherGradient(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>, _ workers: some Workers)
}

extension Network {
  /// Prepares `losses` and `logits` for these parameters.
  @unsafe func prepare(parameters: UnsafePointer<Float>, _ workers: some Workers) {
    unsafe prepare(parameters: parameters, forTraining: false, workers)
  }

  /// Sets `gradient` to that of the sum of `share` times the losses of `count` examples, and
  /// `losses` to each loss.
  ///
  /// SAFETY: `examples` and `losses` have `count` elements, at most `capacity`.
  @unsafe func gradient(
    of examples: UnsafePointer<Int32>, count: Int, share: Float,
    parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    losses: UnsafeMutablePointer<Float>, by loss: Loss, _ workers: some Workers
  ) {
    unsafe prepare(parameters: parameters, forTraining: true, workers)
    workers.perform(blockCount(count)) { block in
      let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, count)
      unsafe forward(rows, of: examples, parameters, keepsSlopes: true)
      for row in rows {
        unsafe losses[row] = loss.differentiate(
          logitRows.base + row * logitStride, count: logitStride, classes: classCount,
          label: label(of: Int(examples[row])), weight: share)
      }
      unsafe backward(rows, of: examples, parameters)
    }
    unsafe gatherGradient(
      of: examples, count: count, parameters: parameters, into: gradient, workers)
  }

  /// Sets loss and verdict of `count` examples under the parameters last prepared.
  ///
  /// SAFETY: all three have `count` elements, at most `capacity`.
  @unsafe func losses(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into losses: UnsafeMutablePointer<Float>, verdicts: UnsafeMutablePointer<Verdict>,
    by loss: Loss, _ workers: some Workers
  ) {
    workers.perform(blockCount(count)) { block in
      let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, count)
      unsafe forward(rows, of: examples, parameters, keepsSlopes: false)
      for row in rows {
        let result = unsafe loss.measure(
          logitRows.base + row * logitStride, count: logitStride, classes: classCount,
          label: label(of: Int(examples[row])))
        unsafe (losses[row], verdicts[row]) = (result.loss, result.verdict)
      }
    }
  }

  /// Sets the logits of `count` examples under the parameters last prepared, a row of `classCount`
  /// each. They are those that `losses` judges by.
  ///
  /// SAFETY: `examples` has `count` elements, at most `capacity`; `logits` has
  /// `count · classCount`.
  @unsafe func logits(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into logits: UnsafeMutablePointer<Float>, _ workers: some Workers
  ) {
    workers.perform(blockCount(count)) { block in
      let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, count)
      unsafe forward(rows, of: examples, parameters, keepsSlopes: false)
      for row in rows {
        unsafe (logits + row * classCount).update(
          from: logitRows.base + row * logitStride, count: classCount)
      }
    }
  }
}

/// Rows of a batch that are taken through the whole network together, so that they stay in a core's
/// cache.
let rowsPerBlock = 48

/// Blocks of `rowsPerBlock` in `rows`.
func blockCount(_ rows: Int) -> Int { (rows + rowsPerBlock - 1) / rowsPerBlock }

/// 0 ..< count in pieces of `size`.
func slices(of count: Int, by size: Int) -> [Range<Int>] {
  stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}
