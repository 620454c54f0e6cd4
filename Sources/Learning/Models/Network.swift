/// A model with the examples it learns: what the training loop needs of either kind.
///
/// Examples are numbered, the training set first. All pointers to parameters and gradients point to a block laid out
/// as `layout` says.
protocol Network {
  var layout: ParameterLayout { get }
  var trainCount: Int { get }
  var exampleCount: Int { get }
  /// The most examples one call of `gradient` or `losses` takes.
  var capacity: Int { get }

  /// The operands or bits of an example.
  func inputs(of example: Int) -> [Int]

  /// Sets `gradient` to that of the sum of `share` times the losses of `count` examples, and `losses` to each loss.
  ///
  /// SAFETY: `examples` and `losses` have `count` elements, at most `capacity`.
  @unsafe func gradient(
    of examples: UnsafePointer<Int32>, count: Int, share: Float,
    parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    losses: UnsafeMutablePointer<Float>, by loss: Loss, _ workers: some Workers)

  /// Prepares `losses` for these parameters.
  @unsafe func prepare(parameters: UnsafePointer<Float>, _ workers: some Workers)

  /// Sets loss and verdict of `count` examples under the parameters last prepared.
  ///
  /// SAFETY: all three have `count` elements, at most `capacity`.
  @unsafe func losses(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into losses: UnsafeMutablePointer<Float>, verdicts: UnsafeMutablePointer<Verdict>,
    by loss: Loss,
    _ workers: some Workers)

  /// Logits an example has.
  var classCount: Int { get }

  /// Sets the logits of `count` examples under the parameters last prepared, a row of `classCount` each. They are those
  /// that `losses` judges by.
  ///
  /// SAFETY: `examples` has `count` elements, at most `capacity`; `logits` has `count · classCount`.
  @unsafe func logits(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into logits: UnsafeMutablePointer<Float>, _ workers: some Workers)
}

/// Rows of a batch that are taken through the whole network together, so that they stay in a core's cache.
let rowsPerBlock = 48

/// Blocks of `rowsPerBlock` in `rows`.
func blockCount(_ rows: Int) -> Int { (rows + rowsPerBlock - 1) / rowsPerBlock }
