/// One or several binary64 numbers, so that an evaluation is written once for `Double` and
/// `SIMD8<Double>`.
///
/// Every operation acts lane by lane and rounds once, so both give the same bits.
protocol Binary64Lanes {
  init(all value: Double)

  static func + (_: Self, _: Self) -> Self
  static func - (_: Self, _: Self) -> Self
  static func * (_: Self, _: Self) -> Self

  /// `self + a * b`, rounded once; twice on WebAssembly, which has no fused multiply-add. The
  /// functions of binary32 that use it give the same results either way, for all 2^32 arguments
  /// (`make test-exhaustive`).
  func plus(_ a: Self, times b: Self) -> Self

  /// The number whose sign and exponent are the low twelve bits of this one: 2^n if they hold n +
  /// 1023.
  var powerOfTwoFromLowBits: Self { get }
}

extension Binary64Lanes {
  /// `self * x + term`, rounded as `plus`.
  @inline(__always)
  func multiplied(by x: Self, adding term: Self) -> Self { term.plus(self, times: x) }

  /// `self * x + constant`, rounded as `plus`: one step of Horner's rule.
  @inline(__always)
  func multiplied(by x: Self, plus constant: Double) -> Self {
    Self(all: constant).plus(self, times: x)
  }
}

extension Double {
  /// `self * x + constant`, rounded once everywhere: one step of Horner's rule.
  @inline(__always)
  func times(_ x: Double, plus constant: Double) -> Double { constant.addingProduct(self, x) }
}

extension Double: Binary64Lanes {
  @inline(__always)
  init(all value: Double) { self = value }

  @inline(__always)
  func plus(_ a: Self, times b: Self) -> Self {
    #if arch(wasm32) || ROUND_TWICE
      self + a * b
    #else
      addingProduct(a, b)
    #endif
  }

  @inline(__always)
  var powerOfTwoFromLowBits: Double { Double(bitPattern: bitPattern &<< 52) }
}

extension SIMD8: Binary64Lanes where Scalar == Double {
  @inline(__always)
  init(all value: Double) { self.init(repeating: value) }

  @inline(__always)
  func plus(_ a: Self, times b: Self) -> Self {
    #if arch(wasm32) || ROUND_TWICE
      self + a * b
    #else
      addingProduct(a, b)
    #endif
  }

  @inline(__always)
  var powerOfTwoFromLowBits: Self {
    // SAFETY: both types are eight plain 64-bit lanes, and every pattern is a value of either.
    unsafe unsafeBitCast(unsafeBitCast(self, to: SIMD8<UInt64>.self) &<< 52, to: Self.self)
  }
}

// Lane by lane, because the standard library's conversions between vector types are generic: a
// program may end up calling one copy of them instead of using the instruction in place.

/// Each lane as binary64, exactly.
@inline(__always)
func widened(_ x: SIMD8<Float>) -> SIMD8<Double> {
  SIMD8(
    Double(x[0]), Double(x[1]), Double(x[2]), Double(x[3]), Double(x[4]), Double(x[5]),
    Double(x[6]), Double(x[7]))
}

/// Each lane rounded to binary32.
@inline(__always)
func rounded(_ x: SIMD8<Double>) -> SIMD8<Float> {
  SIMD8(
    Float(x[0]), Float(x[1]), Float(x[2]), Float(x[3]), Float(x[4]), Float(x[5]), Float(x[6]),
    Float(x[7]))
}
