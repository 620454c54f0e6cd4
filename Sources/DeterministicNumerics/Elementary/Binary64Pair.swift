/// A number with about 106 bits: the sum of two binary64 numbers. `high` is that sum, rounded.
///
/// Sums and products with their exact errors are Dekker's and Knuth's (T. J. Dekker, "A
/// floating-point technique for extending the available precision", 1971). The product's error
/// comes from a fused multiply-add.
struct Binary64Pair {
  var high: Double
  var low: Double

  @inline(__always)
  init(_ high: Double, _ low: Double = 0) {
    self.high = high
    self.low = low
  }

  /// `large + small`, exactly, for |large| ≥ |small| or `large` = 0.
  @inline(__always)
  init(large: Double, small: Double) {
    high = large + small
    low = small - (high - large)
  }

  /// `a + b`, exactly.
  @inline(__always)
  init(sumOf a: Double, _ b: Double) {
    high = a + b
    let fromB = high - a
    low = (a - (high - fromB)) + (b - fromB)
  }

  /// `a / b`.
  @inline(__always)
  init(_ a: Double, over b: Double) {
    high = a / b
    low = a.addingProduct(-high, b) / b
  }

  @inline(__always)
  static func * (x: Self, y: Self) -> Self {
    let product = x.high * y.high
    let error = (-product).addingProduct(x.high, y.high)
    return Self(large: product, small: error + (x.high * y.low + x.low * y.high))
  }

  /// `self * x + term` for |self * x| ≤ |term|: one step of Horner's rule.
  @inline(__always)
  func times(_ x: Self, plus term: Self) -> Self {
    let product = self * x
    let sum = Self(large: term.high, small: product.high)
    return Self(large: sum.high, small: sum.low + (product.low + term.low))
  }
}
