extension Elementary {
  /// The natural exponential, correctly rounded.
  ///
  /// `exp(-inf)` is +0, `exp(+inf)` is +inf, `exp(±0)` is 1; a result below the normal range is
  /// subnormal.
  @inline(__always)
  public static func exp(_ x: Float) -> Float {
    Float(expInRange(Double(x > 89 ? 89 : x < -104 ? -104 : x)))
  }

  /// The natural exponential of each lane, correctly rounded.
  @inline(__always)
  public static func exp(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let clamped = x.replacing(with: 89, where: x .> 89).replacing(with: -104, where: x .< -104)
    return SIMD8<Float>(expInRange(SIMD8<Double>(clamped)))
  }

  /// exp for |x| ≤ 104, in binary64: 2^n e^r with n = round(x / ln 2) and r = x - n ln 2.
  ///
  /// e^r = 1 + (r + r² P(r)), and only the last addition rounds at the size of the result.
  @inline(__always)
  static func expInRange<Lanes: Binary64Lanes>(_ x: Lanes) -> Lanes {
    // Adding 1.5·2^52 rounds to an integer; the 1023 on top leaves the exponent's bits of 2^n
    // below.
    let shift = Lanes(all: 0x1.8p52 + 1023)
    let shifted = shift.addingProduct(x, Lanes(all: 0x1.71547652b82fep0))
    let n = shifted - shift
    // ln 2 in two parts; the first has 32 bits, so that n times it, and the difference, are exact.
    let high = x.addingProduct(n, Lanes(all: -0x1.62e42feep-1))
    let r = high.addingProduct(n, Lanes(all: -0x1.a39ef35793c76p-33))
    let p = Lanes(all: 0x1.af389eea54156p-26)
      .times(r, plus: 0x1.28917c9f3a495p-22)
      .times(r, plus: 0x1.71de0db2eb873p-19)
      .times(r, plus: 0x1.a019b914881bap-16)
      .times(r, plus: 0x1.a01a01a7c2f2cp-13)
      .times(r, plus: 0x1.6c16c17889f3cp-10)
      .times(r, plus: 0x1.11111111109b5p-7)
      .times(r, plus: 0x1.5555555553d68p-5)
      .times(r, plus: 0x1.5555555555556p-3)
      .times(r, plus: 0x1p-1)
    let power = shifted.powerOfTwoFromLowBits
    return power.addingProduct(power, r.addingProduct(p, r * r))
  }
}
