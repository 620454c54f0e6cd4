/// One or several binary64 numbers, so that an evaluation is written once for `Double` and
/// `SIMD8<Double>`.
///
/// Every operation acts lane by lane and rounds once; hence both give the same bits.
protocol Binary64Lanes {
  init(all value: Double)

  static func - (_: Self, _: Self) -> Self
  static func * (_: Self, _: Self) -> Self

  /// `self + a * b`, rounded once.
  func addingProduct(_ a: Self, _ b: Self) -> Self

  /// The number whose bits are the low twelve of these, moved up to sign and exponent: 2^n when
  /// they hold n + 1023.
  var powerOfTwoFromLowBits: Self { get }
}

extension Binary64Lanes {
  /// `self * x + term`, rounded once.
  @inline(__always)
  func times(_ x: Self, adding term: Self) -> Self { term.addingProduct(self, x) }

  /// `self * x + constant`, rounded once: one step of Horner's rule.
  @inline(__always)
  func times(_ x: Self, plus constant: Double) -> Self {
    Self(all: constant).addingProduct(self, x)
  }
}

extension Double: Binary64Lanes {
  @inline(__always)
  init(all value: Double) { self = value }

  @inline(__always)
  var powerOfTwoFromLowBits: Double { Double(bitPattern: bitPattern &<< 52) }
}

extension SIMD8: Binary64Lanes where Scalar == Double {
  @inline(__always)
  init(all value: Double) { self.init(repeating: value) }

  @inline(__always)
  var powerOfTwoFromLowBits: Self {
    // SAFETY: both types are eight plain 64-bit lanes, and every pattern is a value of either.
    unsafe unsafeBitCast(unsafeBitCast(self, to: SIMD8<UInt64>.self) &<< 52, to: Self.self)
  }
}
