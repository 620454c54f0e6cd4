/// Sums down the columns of a row-major matrix: each sequential in row order from +0 (SPEC.md, "Column sums").
package enum ColumnSum {
  // SAFETY of both: the matrices have `rows` rows of at least `columns` elements, `out` has `columns` rounded up to
  // 16 only if the matrices' rows have too; else the last few columns are done one by one.

  /// out[j] = Σ x[i, j].
  @unsafe package static func sum(
    _ x: UnsafePointer<Float>, rowStride: Int, rows: Int, columns: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    var column = 0
    while column &+ 16 <= columns {
      var total = SIMD16<Float>()
      for row in 0..<rows { unsafe total += load16(x, row &* rowStride &+ column) }
      unsafe store(total, out, column)
      column &+= 16
    }
    while column < columns {
      var total: Float = 0
      for row in 0..<rows { unsafe total += x[row &* rowStride &+ column] }
      unsafe out[column] = total
      column &+= 1
    }
  }

  /// out[j] = Σ x[i, j] · y[i, j], one fused multiply-add a term; `columns` is a multiple of 16.
  @unsafe package static func sumOfProducts(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, rowStride: Int, rows: Int, columns: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    for column in stride(from: 0, to: columns, by: 16) {
      var total = SIMD16<Float>()
      for row in 0..<rows {
        let index = row &* rowStride &+ column
        unsafe total.addProduct(load16(x, index), load16(y, index))
      }
      unsafe store(total, out, column)
    }
  }
}
