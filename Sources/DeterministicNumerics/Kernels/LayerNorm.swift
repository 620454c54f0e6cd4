/// Layer normalisation of one row (J. Ba, J. Kiros, G. Hinton, arXiv 1607.06450; SPEC.md, "Layer
/// normalisation").
package enum LayerNorm {
  /// PyTorch's default.
  package static let epsilon: Float = 1e-5

  // SAFETY of both: every row has `width` elements, a multiple of 16; they are contiguous except in
  // `out`.

  /// out = x̂ · γ + β with x̂ = (x − mean) · rstd; returns rstd. `x` may be `normalized`.
  ///
  /// - Parameter outStride: The distance from one panel of `out` to the next.
  @unsafe package static func forward(
    _ x: UnsafePointer<Float>, width: Int, gamma: UnsafePointer<Float>, beta: UnsafePointer<Float>,
    normalized: UnsafeMutablePointer<Float>, into out: UnsafeMutablePointer<Float>, outStride: Int
  ) -> Float {
    let mean = SIMD16<Float>(repeating: unsafe RowSum.sum(x, count: width) / Float(width))
    var squares = SIMD16<Float>()
    for i in stride(from: 0, to: width, by: 16) {
      let centered = unsafe load16(x, i) - mean
      unsafe store(centered, normalized, i)
      squares.addProduct(centered, centered)
    }
    let variance = squares.treeSum / Float(width)
    let rstd = 1 / (variance + epsilon).squareRoot()
    let scale = SIMD16<Float>(repeating: rstd)
    for i in stride(from: 0, to: width, by: 16) {
      let value = unsafe load16(normalized, i) * scale
      unsafe store(value, normalized, i)
      let moved = unsafe load16(beta, i).addingProduct(value, load16(gamma, i))
      unsafe store(moved, out, i / 16 &* outStride)
    }
    return rstd
  }

  /// The gradient of the row: dx = rstd · (dx̂ − mean(dx̂) − x̂ · mean(dx̂ · x̂)) with dx̂ = dy ·
  /// γ. `dx` must not overlap anything.
  @unsafe package static func backward(
    _ dy: UnsafePointer<Float>, width: Int, gamma: UnsafePointer<Float>,
    normalized: UnsafePointer<Float>, rstd: Float, into dx: UnsafeMutablePointer<Float>
  ) {
    var sum = SIMD16<Float>()
    var product = SIMD16<Float>()
    for i in stride(from: 0, to: width, by: 16) {
      let value = unsafe load16(dy, i) * load16(gamma, i)
      unsafe store(value, dx, i)
      sum += value
      unsafe product.addProduct(value, load16(normalized, i))
    }
    let mean = SIMD16<Float>(repeating: sum.treeSum / Float(width))
    let minusSlope = SIMD16<Float>(repeating: -(product.treeSum / Float(width)))
    let scale = SIMD16<Float>(repeating: rstd)
    for i in stride(from: 0, to: width, by: 16) {
      let centered = unsafe load16(dx, i) - mean
      unsafe store(centered.addingProduct(minusSlope, load16(normalized, i)) * scale, dx, i)
    }
  }
}
