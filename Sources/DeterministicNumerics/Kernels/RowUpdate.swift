/// Updates of one row by another, element by element.
public enum RowUpdate {
  // SAFETY of all: the rows have `count` elements and do not overlap.

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

  /// target = target + source for `count` panels of a row.
  @unsafe @inlinable @inline(__always)
  package static func addPanels(
    _ source: UnsafePointer<Float>, _ sourceStride: Int, to target: UnsafeMutablePointer<Float>,
    _ targetStride: Int, count: Int
  ) {
    for panel in 0..<count {
      let place = panel &* targetStride
      unsafe store(load16(target, place) + load16(source, panel &* sourceStride), target, place)
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

  /// target = fma(b, y, fma(a, x, target)).
  @unsafe @inlinable @inline(__always)
  package static func addProducts(
    _ a: Float, _ x: UnsafePointer<Float>, _ b: Float, _ y: UnsafePointer<Float>,
    to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    let (wideA, wideB) = (SIMD16<Float>(repeating: a), SIMD16<Float>(repeating: b))
    var i = 0
    while i &+ 16 <= count {
      let first = unsafe load16(target, i).addingProduct(wideA, load16(x, i))
      unsafe store(first.addingProduct(wideB, load16(y, i)), target, i)
      i &+= 16
    }
    while i < count {
      unsafe target[i] = target[i].addingProduct(a, x[i]).addingProduct(b, y[i])
      i &+= 1
    }
  }

  /// target = fma(b, y, a · x).
  @unsafe @inlinable @inline(__always)
  package static func setProducts(
    _ a: Float, _ x: UnsafePointer<Float>, _ b: Float, _ y: UnsafePointer<Float>,
    to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    let (wideA, wideB) = (SIMD16<Float>(repeating: a), SIMD16<Float>(repeating: b))
    var i = 0
    while i &+ 16 <= count {
      let first = unsafe wideA * load16(x, i)
      unsafe store(first.addingProduct(wideB, load16(y, i)), target, i)
      i &+= 16
    }
    while i < count {
      unsafe target[i] = (a * x[i]).addingProduct(b, y[i])
      i &+= 1
    }
  }
}
