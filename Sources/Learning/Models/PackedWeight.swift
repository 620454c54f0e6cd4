internal import DeterministicNumerics

/// A weight matrix [outputs, inputs] packed for the products of a step.
final class PackedWeight {
  let offset: Int
  let outputs: Int
  let inputs: Int
  /// Panels of Wᵀ (for x · Wᵀ): depth `inputs`, columns `outputs`.
  private let forward: FloatStorage
  /// Panels of W (for dy · W): depth `outputs`, columns `inputs`.
  private let backward: FloatStorage

  init(offset: Int, outputs: Int, inputs: Int) {
    self.offset = offset
    self.outputs = outputs
    self.inputs = inputs
    forward = FloatStorage(count: Panels.count(depth: inputs, columns: outputs))
    backward = FloatStorage(count: Panels.count(depth: outputs, columns: inputs))
  }

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
  /// - Parameters:
  ///   - first: The first output wanted, a multiple of 16.
  ///   - columns: How many outputs; by default all from `first` on. Zeros fill the rest of the last
  ///     panel.
  ///
  /// SAFETY: rows of `x` have at least `inputs` elements; rows of `y` and `bias` have `columns`.
  @unsafe func apply(
    _ x: UnsafePointer<Float>, _ xLayout: PanelLayout, rows: Int, first: Int = 0,
    columns: Int? = nil, bias: UnsafePointer<Float>?, into y: UnsafeMutablePointer<Float>,
    _ yLayout: PanelLayout
  ) {
    unsafe Panels.multiply(
      x, xLayout, rows: rows, depth: inputs, by: forward.base + first * inputs,
      .panels(rows: inputs), columns: columns ?? outputs - first, bias: bias, into: y, yLayout)
  }

  /// y = x · Wᵀ (+ bias) of a row x that is 1 at two places and 0 elsewhere. If all weights are
  /// finite, the result equals the product's chain: all other terms add zeros to a sum that is
  /// never −0.
  ///
  /// SAFETY: the places lie below `inputs`; `y` and `bias` have `outputs` elements, a multiple
  /// of 16.
  @unsafe func look(
    up first: Int, _ second: Int, bias: UnsafePointer<Float>?, into y: UnsafeMutablePointer<Float>,
    yStride: Int
  ) {
    for panel in 0..<outputs / 16 {
      let weights = unsafe forward.base + panel * inputs * 16
      var sum =
        unsafe (SIMD16<Float>() + load16(weights, first * 16)) + load16(weights, second * 16)
      if let bias = unsafe bias { unsafe sum += load16(bias, panel * 16) }
      unsafe store(sum, y, panel * yStride)
    }
  }

  /// Whether all weights that were packed last are finite.
  var isFinite: Bool {
    var zeros = SIMD16<Float>()
    for i in stride(from: 0, to: inputs * outputs.roundedUpTo16, by: 16) {
      let weights = unsafe load16(forward.base, i)
      zeros += weights - weights
    }
    return all(zeros .== 0)
  }

  /// dx = dy · W for `rows` rows.
  ///
  /// - Parameter first: The first output that `dy` has, a multiple of 16.
  ///
  /// SAFETY: as above.
  @unsafe func applyTransposed(
    _ dy: UnsafePointer<Float>, _ dyLayout: PanelLayout, rows: Int, first: Int = 0,
    into dx: UnsafeMutablePointer<Float>, _ dxLayout: PanelLayout
  ) {
    unsafe Panels.multiply(
      dy, dyLayout, rows: rows, depth: outputs - first, by: backward.base + first * 16,
      .panels(rows: outputs), columns: inputs, into: dx, dxLayout)
  }

  /// The gradients dW = dyᵀ · x and, for a bias, Σ dy, of a slice of the outputs, over `depth` rows
  /// of dy and x.
  ///
  /// - Parameters:
  ///   - first: The output in the first column of `dy`. The outputs of `slice` are counted from it.
  ///   - bias: Where the whole bias begins in the gradient.
  ///
  /// SAFETY: rows of `dy` reach to the end of the slice, those of `x` have `inputs` elements;
  /// `gradient` is the whole block.
  @unsafe func gradient(
    _ slice: Range<Int>, first: Int = 0, dy: UnsafePointer<Float>, _ dyLayout: PanelLayout,
    depth: Int, x: UnsafePointer<Float>, _ xLayout: PanelLayout,
    into gradient: UnsafeMutablePointer<Float>, bias: Int?
  ) {
    let output = first + slice.lowerBound
    unsafe Panels.multiplyTransposed(
      dy + dyLayout.offset(row: 0, column: slice.lowerBound), dyLayout, rows: slice.count,
      depth: depth, by: x, xLayout, columns: inputs, into: gradient + offset + output * inputs,
      .rowMajor(inputs), columnSums: bias.map { unsafe gradient + $0 + output })
  }

  /// The same where row r of x is 1 at two places, `places(r)`, and 0 elsewhere.
  ///
  /// SAFETY: as above; `dy` lies in panels, and a slice ends with a panel.
  @unsafe func gradient(
    _ slice: Range<Int>, dy: Rows, depth: Int, places: (Int) -> (Int, Int),
    into gradient: UnsafeMutablePointer<Float>, bias: Int?
  ) {
    let sums = FloatStorage(count: inputs * 16)
    for output in stride(from: slice.lowerBound, to: slice.upperBound, by: 16) {
      let panel = unsafe dy.row(0, column: output)
      if let bias {
        unsafe ColumnSum.sum(
          panel, dy.layout, rows: depth, columns: 16, into: gradient + bias + output)
      }
      unsafe sums.base.update(repeating: 0, count: inputs * 16)
      var zeros = SIMD16<Float>()
      for row in 0..<depth {
        let slopes = unsafe panel + row * 16
        unsafe zeros += load16(slopes, 0) - load16(slopes, 0)
        let (first, second) = places(row)
        unsafe RowUpdate.add(slopes, to: sums.base + first * 16, count: 16)
        unsafe RowUpdate.add(slopes, to: sums.base + second * 16, count: 16)
      }
      if !all(zeros .== 0) {
        // A slope that is not finite gives NaN with each zero of x, so all products are computed.
        for place in 0..<inputs {
          var sum = SIMD16<Float>()
          for row in 0..<depth {
            let (first, second) = places(row)
            let x: Float = place == first || place == second ? 1 : 0
            unsafe sum.addProduct(load16(panel, row * 16), SIMD16(repeating: x))
          }
          unsafe store(sum, sums.base, place * 16)
        }
      }
      for place in 0..<inputs {
        for lane in 0..<16 {
          unsafe gradient[offset + (output + lane) * inputs + place] = sums.base[place * 16 + lane]
        }
      }
    }
  }

  /// The slices of `outputs` outputs for `gradient`. Different slices can be computed at the same
  /// time.
  static func slices(of outputs: Int) -> [Range<Int>] {
    let size = 48
    var slices = Learning.slices(of: outputs, by: size)
    // A short slice would read as much as a long one, so it is joined to the one before it.
    if slices.count > 1, slices[slices.count - 1].count < size / 2 {
      slices.removeLast()
      slices[slices.count - 1] = slices[slices.count - 1].lowerBound..<outputs
    }
    return slices
  }
}
