extension Elementary {
  /// The natural logarithm, correctly rounded.
  ///
  /// `log(±0)` is -inf, `log(1)` is +0, `log(+inf)` is +inf; for a negative number it is NaN.
  public static func log(_ x: Float) -> Float {
    guard x > 0, x < .infinity else {
      return x == 0 ? -.infinity : x < 0 ? .nan : x
    }
    // Subnormal numbers are normal in binary64.
    let (e, m) = exponentAndSignificand(Double(x))
    let f = m - 1

    // log(1 + f) = f - f²/2 + s (f²/2 + z Q(z)) with s = f / (2 + f) and z = s², the series of
    // artanh; f has 24 bits, so f²/2 is exact.
    let halfSquare = 0.5 * f * f
    let s = f / (2 + f)
    let z = s * s
    let q = 0x1.bedb0584e0d4bp-4
      .times(z, plus: 0x1.ab83dfcf7ed93p-4)
      .times(z, plus: 0x1.e202961d1b395p-4)
      .times(z, plus: 0x1.1110b8d0f4a92p-3)
      .times(z, plus: 0x1.3b13b261106aep-3)
      .times(z, plus: 0x1.745d17437e30cp-3)
      .times(z, plus: 0x1.c71c71c71f255p-3)
      .times(z, plus: 0x1.2492492492486p-2)
      .times(z, plus: 0x1.999999999999ap-2)
      .times(z, plus: 0x1.5555555555555p-1)
    let series = halfSquare.addingProduct(z, q)
    // ln 2 in two parts; the first has 32 bits, so that `high` is exact.
    let high = e * 0x1.62e42feep-1 + f
    let low = (e * 0x1.a39ef35793c76p-33).addingProduct(s, series) - halfSquare
    return roundedSum(high, low)
  }

  /// The logarithm of each lane, correctly rounded.
  public static func log(_ x: SIMD8<Float>) -> SIMD8<Float> {
    var result = SIMD8<Float>()
    for lane in 0..<8 { result[lane] = log(x[lane]) }
    return result
  }

  /// x = 2^e m with m in [sqrt(1/2), sqrt(2)), for a positive normal x.
  @inline(__always)
  static func exponentAndSignificand(_ x: Double) -> (e: Double, m: Double) {
    // The offset moves the exponent's border from 1 to sqrt(1/2).
    let offset: UInt64 = 0x3ff0_0000_0000_0000 - 0x3fe6_a09e_667f_3bcd
    let exponent = Int64((x.bitPattern &+ offset) >> 52) - 1023
    let m = Double(bitPattern: x.bitPattern &- UInt64(bitPattern: exponent << 52))
    return (Double(exponent), m)
  }

  /// The binary32 number nearest to `high + low`, for |high| ≥ |low| and a sum in the normal range.
  ///
  /// Rounding the sum to binary64 first is wrong only if it gives the exact middle of two binary32
  /// numbers. Then the part that was lost by rounding decides.
  @inline(__always)
  static func roundedSum(_ high: Double, _ low: Double) -> Float {
    let sum = high + low
    let lost = (high - sum) + low
    guard sum.bitPattern & 0x1fff_ffff == 0x1000_0000, lost != 0 else { return Float(sum) }
    let outward = (lost > 0) == (sum > 0)
    return Float(Double(bitPattern: outward ? sum.bitPattern + 1 : sum.bitPattern - 1))
  }
}
