extension Elementary {
  /// The natural exponential, correctly rounded.
  ///
  /// `exp(-inf)` is +0, `exp(+inf)` is +inf, `exp(±0)` is 1; a result below the normal range is
  /// subnormal.
  @inline(__always)
  public static func exp(_ x: Float) -> Float {
    x > 89 ? .infinity : x < -104 ? 0 : Float(expInRange(Double(x)))
  }

  /// The natural exponential of each lane, correctly rounded.
  @inline(__always)
  public static func exp(_ x: SIMD8<Float>) -> SIMD8<Float> {
    rounded(expInRange(widened(x)))
      .replacing(with: .infinity, where: x .> 89)
      .replacing(with: 0, where: x .< -104)
  }

  /// exp for |x| ≤ 104, in binary64: 2^n e^r with n = round(x / ln 2) and r = x - n ln 2. A larger
  /// x may give anything; NaN gives NaN.
  ///
  /// e^r = 1 + (r + r² (1/2 + r P(r))): only the last addition rounds at the size of the result.
  @inline(__always)
  static func expInRange<Lanes: Binary64Lanes>(_ x: Lanes) -> Lanes {
    // Adding 1.5·2^52 rounds to an integer; the 1023 on top makes its low bits the exponent of 2^n.
    let shift = Lanes(all: 0x1.8p52 + 1023)
    let shifted = shift.plus(x, times: Lanes(all: 0x1.71547652b82fep0))
    let n = shifted - shift
    // ln 2 in two parts; the first has 32 bits, so that n times it, and the difference, are exact.
    let high = x.plus(n, times: Lanes(all: -0x1.62e42feep-1))
    let r = high.plus(n, times: Lanes(all: -0x1.a39ef35793c76p-33))
    // Pairs of terms, then Horner's rule in r²: as many operations, half the latency.
    let r2 = r * r
    let p = Lanes(all: 0x1.af2360f9f048ap-26).multiplied(by: r, plus: 0x1.2880393a358c4p-22)
      .multiplied(
        by: r2,
        adding: Lanes(all: 0x1.71de17e78d71bp-19).multiplied(by: r, plus: 0x1.a019c9ab133b1p-16)
      )
      .multiplied(
        by: r2,
        adding: Lanes(all: 0x1.a01a01a4b26fep-13).multiplied(by: r, plus: 0x1.6c16c1738ed23p-10)
      )
      .multiplied(
        by: r2,
        adding: Lanes(all: 0x1.1111111110e6bp-7).multiplied(by: r, plus: 0x1.5555555554cb8p-5)
      )
      .multiplied(by: r2, adding: Lanes(all: 0x1.5555555555555p-3).multiplied(by: r, plus: 0x1p-1))
    let power = shifted.powerOfTwoFromLowBits
    return power.plus(power, times: r.plus(p, times: r2))
  }
}
