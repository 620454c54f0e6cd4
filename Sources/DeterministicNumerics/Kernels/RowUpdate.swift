/// Updates of one row by another, element by element.
package enum RowUpdate {
  // SAFETY of both: the rows have `count` elements and do not overlap.

  /// target = target + source.
  @unsafe @inlinable @inline(__always)
  package static func add(
    _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    var i = 0
    while i &+ 16 <= count {
      unsafe store(load16(target, i) + load16(source, i), target, i)
      i &+= 16
    }
    while i < count {
      unsafe target[i] += source[i]
      i &+= 1
    }
  }

  /// target = fma(factor, source, target).
  @unsafe @inlinable @inline(__always)
  package static func addProduct(
    _ factor: Float, _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    let factors = SIMD16<Float>(repeating: factor)
    var i = 0
    while i &+ 16 <= count {
      unsafe store(load16(target, i).addingProduct(factors, load16(source, i)), target, i)
      i &+= 16
    }
    while i < count {
      unsafe target[i].addProduct(factor, source[i])
      i &+= 1
    }
  }
}
