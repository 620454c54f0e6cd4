internal import DeterministicNumerics

/// A weight matrix [outputs, inputs] packed for the products of a step.
final class PackedWeight {
  let offset: Int
  let outputs: Int
  let inputs: Int
  /// Panels of Wᵀ (for x · Wᵀ): depth `inputs`, columns `outputs`.
  let forward: FloatStorage
  /// Panels of W (for dy · W): depth `outputs`, columns `inputs`.
  let backward: FloatStorage
  let gradient: WeightGradient

  /// - Parameter capacity: The most rows of a batch.
  init(offset: Int, outputs: Int, inputs: Int, capacity: Int) {
    self.offset = offset
    self.outputs = outputs
    self.inputs = inputs
    forward = FloatStorage(count: Panels.count(depth: inputs, columns: outputs))
    backward = FloatStorage(count: Panels.count(depth: outputs, columns: inputs))
    gradient = WeightGradient(rows: outputs, capacity: capacity)
  }

  var forwardPanelStride: Int { inputs * 16 }
  var backwardPanelStride: Int { outputs * 16 }

  /// SAFETY: `parameters` has the matrix at `offset`.
  @unsafe func packForward(_ parameters: UnsafePointer<Float>) {
    for first in stride(from: 0, to: outputs, by: 16) {
      unsafe Panels.packTransposed(
        parameters + offset, rowStride: inputs, depth: inputs, first: first, columns: outputs,
        into: forward.base + first * inputs)
    }
  }

  /// SAFETY: as above.
  @unsafe func packBackward(_ parameters: UnsafePointer<Float>) {
    for first in stride(from: 0, to: inputs, by: 16) {
      unsafe Panels.packRows(
        parameters + offset, rowStride: inputs, depth: outputs, first: first, columns: inputs,
        into: backward.base + first * outputs)
    }
  }

  /// y = x · Wᵀ (+ bias) for `rows` rows.
  ///
  /// SAFETY: rows of `x` have at least `inputs`, rows of `y` `outputs` elements.
  @unsafe func apply(
    _ x: UnsafePointer<Float>, xRowStride: Int, rows: Int, bias: UnsafePointer<Float>?,
    into y: UnsafeMutablePointer<Float>, yRowStride: Int
  ) {
    unsafe Panels.multiply(
      x, rowStride: xRowStride, rows: rows, depth: inputs, panels: forward.base,
      panelStride: forwardPanelStride, columns: outputs, bias: bias, into: y, cRowStride: yRowStride
    )
  }

  /// dx = dy · W for `rows` rows.
  ///
  /// SAFETY: as above.
  @unsafe func applyTransposed(
    _ dy: UnsafePointer<Float>, dyRowStride: Int, rows: Int, into dx: UnsafeMutablePointer<Float>,
    dxRowStride: Int
  ) {
    unsafe Panels.multiply(
      dy, rowStride: dyRowStride, rows: rows, depth: outputs, panels: backward.base,
      panelStride: backwardPanelStride, columns: inputs, into: dx, cRowStride: dxRowStride)
  }
}

/// The gradient dW = dyᵀ · x of a weight matrix, a slice of rows at a time.
final class WeightGradient {
  /// Slices that are computed at the same time begin at multiples of this.
  static let sliceRows = 48

  /// Where dy is packed.
  private let packed: FloatStorage

  /// - Parameter capacity: The most rows of dy and x.
  init(rows: Int, capacity: Int) {
    precondition(Self.sliceRows % Panels.leftRows == 0, "a slice does not end with its panels")
    packed = FloatStorage(count: Panels.transposedCount(depth: capacity, rows: rows))
  }

  /// Computes a slice of rows over `depth` rows of dy and x.
  ///
  /// SAFETY: rows of `dy` have as many elements as the matrix rows; `x` are panels with `columns` columns; `depth` is at
  /// most the capacity; `matrix` is the whole gradient.
  @unsafe func compute(
    _ rows: Range<Int>, dy: UnsafePointer<Float>, dyRowStride: Int, depth: Int,
    x: UnsafePointer<Float>, xPanelStride: Int, columns: Int,
    into matrix: UnsafeMutablePointer<Float>
  ) {
    let left = unsafe packed.base + rows.lowerBound * depth
    unsafe Panels.packTransposedLeft(
      dy + rows.lowerBound, rowStride: dyRowStride, rows: rows.count, depth: depth, into: left)
    unsafe Panels.multiplyTransposed(
      left, rows: rows.count, depth: depth, panels: x, panelStride: xPanelStride,
      columns: columns, into: matrix + rows.lowerBound * columns, cRowStride: columns)
  }

  /// The slices of a matrix.
  static func slices(of rows: Int) -> [Range<Int>] { Learning.slices(of: rows, by: sliceRows) }
}

/// Rows of activations that are also kept in panels, as the right factor of a weight's gradient dW = dyᵀ · x.
final class PanelRows {
  let width: Int
  let capacity: Int
  /// The same rows, row-major.
  let rows: FloatStorage
  /// ⌈width/16⌉ panels of [capacity][16].
  let panels: FloatStorage

  /// `width` is padded to a multiple of 16.
  init(capacity: Int, width: Int) {
    self.capacity = capacity
    self.width = width.roundedUpTo16
    rows = FloatStorage(count: capacity * self.width)
    panels = FloatStorage(count: capacity * self.width)
  }

  var panelStride: Int { capacity * 16 }

  /// Copies rows into the panels.
  ///
  /// SAFETY: the range lies within the capacity.
  @unsafe func pack(_ range: Range<Int>) {
    for row in range {
      let source = unsafe rows.base + row &* width
      let target = unsafe panels.base + row &* 16
      for column in stride(from: 0, to: width, by: 16) {
        unsafe store(load16(source, column), target, column &* capacity)
      }
    }
  }
}
