internal import DeterministicNumerics

/// A model with the examples it learns: what the training loop needs from any network.
///
/// Examples are numbered, the training set first. All pointers to parameters and gradients point to
/// a block that is laid out as `layout` says.
protocol Network {
  var layout: ParameterLayout { get }
  var trainCount: Int { get }
  var exampleCount: Int { get }
  /// The most examples that one call of `gradient` or `losses` takes.
  var capacity: Int { get }

  /// The operands or bits of an example.
  func inputs(of example: Int) -> [Int]

  func label(of example: Int) -> Int

  /// The number of logits of an example.
  var classCount: Int { get }
  /// `classCount` rounded up to a multiple of 16: the floats from one row of logits to the next.
  var logitStride: Int { get }
  /// The logits of a batch, −∞ behind the classes. The backward pass replaces them by their
  /// gradient.
  var logitRows: FloatStorage { get }

  // SAFETY of all: `examples` has `count` elements, at most `capacity`; where there are rows, it
  // has as many elements as the rows reach. Rows are parts of a batch. Calls that run at the same
  // time have no row in common.

  /// Prepares `forward` for these parameters, and `backward` if it is for training.
  @unsafe func prepare(
    parameters: UnsafePointer<Float>, forTraining: Bool, _ workers: some Workers)

  /// Takes rows of a batch forward, from the inputs to the logits.
  ///
  /// - Parameter keepsSlopes: Whether a backward pass will follow.
  @unsafe func forward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>,
    keepsSlopes: Bool)

  /// Takes rows of a batch back from the gradient of the logits, and keeps what `gatherGradient`
  /// needs.
  @unsafe func backward(
    _ rows: Range<Int>, of examples: UnsafePointer<Int32>, _ parameters: UnsafePointer<Float>)

  /// Sets `gradient` from what the backward passes of all rows of a batch have left.
  @unsafe func gatherGradient(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>, _ workers: some Workers)
}

extension Network {
  /// Prepares `losses` and `logits` for these parameters.
  @unsafe func prepare(parameters: UnsafePointer<Float>, _ workers: some Workers) {
    unsafe prepare(parameters: parameters, forTraining: false, workers)
  }

  /// Sets `losses` to the loss of each of `count` examples, and `gradient` to the gradient of the
  /// sum of `share` times each loss.
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

  /// Sets the loss and verdict of `count` examples, under the parameters last prepared.
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

  /// Sets the logits of `count` examples, under the parameters last prepared: a row of `classCount`
  /// each. `losses` judges by the same logits.
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

/// The rows of a batch that go through the whole network together, so that they stay in a core's
/// cache.
let rowsPerBlock = 48

/// The number of blocks of `rowsPerBlock` in `rows`.
func blockCount(_ rows: Int) -> Int { (rows + rowsPerBlock - 1) / rowsPerBlock }

/// 0 ..< count in pieces of `size`.
func slices(of count: Int, by size: Int) -> [Range<Int>] {
  stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}
