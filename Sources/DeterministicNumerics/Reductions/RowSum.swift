// Sums along a row (SPEC.md, "Row sums"): 16 interleaved lanes, each in ascending order from +0,
// then the tree 8, 4, 2, 1. A lane that starts at +0 never becomes −0, so a row may be padded with
// +0 without a change of bits.

extension SIMD16<Float> {
  /// The tree that ends every row sum.
  @inlinable @inline(__always) package var treeSum: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}

extension SIMD16<Double> {
  /// The tree that ends every row sum.
  package var treeSum: Double {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}

/// Row sums over any number of elements.
public enum RowSum {
  /// Σ x, binary32.
  public static func sum(_ row: Span<Float>) -> Float {
    unsafe row.withUnsafeBufferPointer { row in
      // SAFETY: `sum(_:count:)` reads `count` elements and an empty row none.
      guard let base = row.baseAddress else { return 0 }
      return unsafe sum(base, count: row.count)
    }
  }

  /// Σ x in binary64, of binary64 values.
  public static func sum(_ row: Span<Double>) -> Double {
    var lanes = SIMD16<Double>()
    for index in 0..<row.count { lanes[index & 15] += row[index] }
    return lanes.treeSum
  }

  /// Σ x² in binary64, of binary32 values: each square is exact.
  public static func sumOfSquares(_ row: Span<Float>) -> Double {
    unsafe row.withUnsafeBufferPointer { row in
      // SAFETY: as above.
      guard let base = row.baseAddress else { return 0 }
      return unsafe sumOfSquares(base, count: row.count)
    }
  }

  // SAFETY of all below: a caller passes pointers to at least `count` elements.

  @unsafe @inlinable @inline(__always)
  package static func sum(_ x: UnsafePointer<Float>, count: Int) -> Float {
    var lanes = SIMD16<Float>()
    var index = 0
    while index &+ 16 <= count {
      unsafe lanes += load16(x, index)
      index &+= 16
    }
    while index < count {
      unsafe lanes[index & 15] += x[index]
      index &+= 1
    }
    return lanes.treeSum
  }

  /// Σ x·y, with one fused multiply-add for each term.
  @unsafe @inlinable @inline(__always)
  package static func dot(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int
  ) -> Float {
    var lanes = SIMD16<Float>()
    var index = 0
    while index &+ 16 <= count {
      unsafe lanes.addProduct(load16(x, index), load16(y, index))
      index &+= 16
    }
    while index < count {
      unsafe lanes[index & 15].addProduct(x[index], y[index])
      index &+= 1
    }
    return lanes.treeSum
  }

  @unsafe package static func sumOfSquares(_ x: UnsafePointer<Float>, count: Int) -> Double {
    var lanes = SIMD16<Double>()
    var index = 0
    while index &+ 16 <= count {
      let values = unsafe SIMD16(
        lowHalf: widened(load8(x, index)), highHalf: widened(load8(x, index &+ 8)))
      lanes += values * values
      index &+= 16
    }
    while index < count {
      let value = unsafe Double(x[index])
      lanes[index & 15] += value * value
      index &+= 1
    }
    return lanes.treeSum
  }
}
