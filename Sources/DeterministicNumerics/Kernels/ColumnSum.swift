/// Sums down the columns of a matrix, each computed sequentially in row order from +0 (SPEC.md,
/// "Column sums").
package enum ColumnSum {
  // SAFETY of all: the matrices have `rows` rows of at least `columns` elements; outputs have
  // `columns`.

  /// out[j] = Σ x[i, j].
  ///
  /// - Parameter resumes: Whether the sums continue from the values in `out`.
  @unsafe package static func sum(
    _ x: UnsafePointer<Float>, _ layout: PanelLayout, rows: Int, columns: Int,
    into out: UnsafeMutablePointer<Float>, resumes: Bool = false
  ) {
    let (stride, next) = (layout.rowStride, layout.panelStride)
    var column = 0
    // Two panels side by side hide the latency of an addition.
    while column &+ 32 <= columns {
      var x = unsafe x + layout.offset(row: 0, column: column)
      var total0 = resumes ? unsafe load16(out, column) : SIMD16<Float>()
      var total1 = resumes ? unsafe load16(out, column &+ 16) : SIMD16<Float>()
      for _ in 0..<rows {
        unsafe total0 += load16(x, 0)
        unsafe total1 += load16(x, next)
        unsafe x += stride
      }
      unsafe store(total0, out, column)
      unsafe store(total1, out, column &+ 16)
      column &+= 32
    }
    if column &+ 16 <= columns {
      let x = unsafe x + layout.offset(row: 0, column: column)
      var total = resumes ? unsafe load16(out, column) : SIMD16<Float>()
      for row in 0..<rows { unsafe total += load16(x, row &* stride) }
      unsafe store(total, out, column)
      column &+= 16
    }
    let last = unsafe x + layout.offset(row: 0, column: column)
    for lane in 0..<max(0, columns &- column) {
      var total = resumes ? unsafe out[column &+ lane] : 0
      for row in 0..<rows { unsafe total += last[row &* stride &+ lane] }
      unsafe out[column &+ lane] = total
    }
  }

  /// sums[j] = Σ x[i, j], and products[j] = Σ x[i, j] · y[i, j] with one fused multiply-add for
  /// each term. `columns` is a multiple of 16, and both matrices have the same layout.
  @unsafe package static func sumsAndProducts(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ layout: PanelLayout, rows: Int,
    columns: Int, sums: UnsafeMutablePointer<Float>, products: UnsafeMutablePointer<Float>
  ) {
    let (stride, next) = (layout.rowStride, layout.panelStride)
    var column = 0
    while column &+ 32 <= columns {
      let offset = layout.offset(row: 0, column: column)
      var (x, y) = unsafe (x + offset, y + offset)
      var (sum0, sum1) = (SIMD16<Float>(), SIMD16<Float>())
      var (product0, product1) = (SIMD16<Float>(), SIMD16<Float>())
      for _ in 0..<rows {
        let (x0, x1) = unsafe (load16(x, 0), load16(x, next))
        sum0 += x0
        sum1 += x1
        unsafe product0.addProduct(x0, load16(y, 0))
        unsafe product1.addProduct(x1, load16(y, next))
        unsafe x += stride
        unsafe y += stride
      }
      unsafe store(sum0, sums, column)
      unsafe store(sum1, sums, column &+ 16)
      unsafe store(product0, products, column)
      unsafe store(product1, products, column &+ 16)
      column &+= 32
    }
    if column < columns {
      let offset = layout.offset(row: 0, column: column)
      var (sum, product) = (SIMD16<Float>(), SIMD16<Float>())
      for row in 0..<rows {
        let index = offset &+ row &* stride
        unsafe sum += load16(x, index)
        unsafe product.addProduct(load16(x, index), load16(y, index))
      }
      unsafe store(sum, sums, column)
      unsafe store(product, products, column)
    }
  }
}
