/// exp, log, log10 and pow of binary64, for reports: not part of `numerics: 1`.
///
/// They give the same bits everywhere because the order of their operations is fixed, here and in
/// SPEC.md 1.15. Each operation is one IEEE 754 operation with one rounding, and a fused
/// multiply-add is always written as `addingProduct`. Nearly every result is the number nearest to
/// the real value. `Tests/ExhaustiveElementary` looks for the largest errors. In 10^8 random
/// arguments each it found 0.50003 units in the last place for exp, 0.500002 for log and log10,
/// 0.5027 for pow.
///
/// The method is the textbook's (J.-M. Muller, "Elementary Functions", 2016). Multiples of ln 2 are
/// taken away; the rest is a Taylor series by Horner's rule, with its first terms in pairs of
/// numbers. Its coefficients are quotients of integers; `Tests/Oracles/elementary_coefficients.py`
/// prints the other constants. NaN gives some NaN, whose payload is not defined.
public enum Elementary64 {
  /// The natural exponential, with an error below 0.501 units in the last place (ulp).
  ///
  /// `exp(-inf)` is +0, `exp(+inf)` is +inf, `exp(±0)` is 1; a result below the normal range is
  /// subnormal, and rounded once.
  public static func exp(_ x: Double) -> Double { exp(Binary64Pair(x)) }

  /// The natural logarithm, with an error below 0.501 ulp.
  ///
  /// `log(±0)` is -inf, `log(1)` is +0, `log(+inf)` is +inf; for a negative number it is NaN.
  public static func log(_ x: Double) -> Double {
    guard x > 0, x < .infinity else { return logOfOthers(x) }
    return logPair(x).high
  }

  /// The decimal logarithm, with an error below 0.501 ulp; exact for a power of ten.
  ///
  /// `log10(±0)` is -inf, `log10(1)` is +0, `log10(+inf)` is +inf; for a negative number it is NaN.
  public static func log10(_ x: Double) -> Double {
    guard x > 0, x < .infinity else { return logOfOthers(x) }
    // 1 / ln 10.
    return (logPair(x) * Binary64Pair(0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57)).high
  }

  /// `x` to the power of `y`, with an error below 0.51 ulp; exact where the real value is a
  /// binary64 number.
  ///
  /// Special cases are those of C: `pow(x, ±0)` and `pow(1, y)` are 1, even for NaN. For a negative
  /// `x` and a finite `y` that is not an integer it is NaN.
  public static func pow(_ x: Double, _ y: Double) -> Double {
    if x == 1 || y == 0 { return 1 }
    if x.isNaN || y.isNaN { return .nan }
    if y.magnitude == .infinity {
      if x == -1 { return 1 }
      return (x.magnitude > 1) == (y > 0) ? .infinity : 0
    }
    let parity = parity(of: y)
    if x < 0, x > -.infinity, parity == nil { return .nan }
    let magnitude: Double
    if x == 0 || x.magnitude == .infinity {
      magnitude = (x == 0) == (y < 0) ? .infinity : 0
    } else {
      let log = logPair(x.magnitude)
      // If the product overflows, exp looks only at `high`.
      let high = log.high * y
      magnitude = exp(
        Binary64Pair(high, (-high).addingProduct(log.high, y).addingProduct(log.low, y)))
    }
    return x.sign == .minus && parity == 1 ? -magnitude : magnitude
  }

  /// 0 for an even integer, 1 for an odd one, nil for any other finite number.
  private static func parity(of y: Double) -> Int64? {
    guard y.magnitude < 0x1p53 else { return 0 }
    let integer = Int64(y)
    return Double(integer) == y ? integer & 1 : nil
  }

  /// The logarithm of anything but a positive finite number.
  private static func logOfOthers(_ x: Double) -> Double {
    x == 0 ? -.infinity : x < 0 ? .nan : x
  }

  /// The logarithm of a positive finite number, with a relative error below 2^-70.
  ///
  /// x = 2^e m with m in [sqrt(1/2), sqrt(2)), and with s = (m - 1) / (m + 1) and z = s²,
  /// log m = s (2 + 2/3 z + 2/5 z² + …), the series of artanh.
  private static func logPair(_ x: Double) -> Binary64Pair {
    let isSubnormal = x < 0x1p-1022
    let (e, m) = Elementary.exponentAndSignificand(isSubnormal ? x * 0x1p54 : x)
    let f = m - 1
    let divisor = Binary64Pair(large: 2, small: f)
    let quotient = f / divisor.high
    let rest = f.addingProduct(-quotient, divisor.high).addingProduct(-quotient, divisor.low)
    let s = Binary64Pair(quotient, rest / divisor.high)
    let z = s * s
    let tail = (2.0 / 27)
      .times(z.high, plus: 2.0 / 25)
      .times(z.high, plus: 2.0 / 23)
      .times(z.high, plus: 2.0 / 21)
      .times(z.high, plus: 2.0 / 19)
      .times(z.high, plus: 2.0 / 17)
      .times(z.high, plus: 2.0 / 15)
      .times(z.high, plus: 2.0 / 13)
      .times(z.high, plus: 2.0 / 11)
      .times(z.high, plus: 2.0 / 9)
      .times(z.high, plus: 2.0 / 7)
    let series = Binary64Pair(tail)
      .times(z, plus: Binary64Pair(2, over: 5))
      .times(z, plus: Binary64Pair(2, over: 3))
      .times(z, plus: Binary64Pair(2))
    let logM = series * s
    // ln 2 in two parts; the first has 32 bits, so that n times it is exact.
    let n = isSubnormal ? e - 54 : e
    let sum = Binary64Pair(large: n * 0x1.62e42feep-1, small: logM.high)
    let low = logM.low.addingProduct(n, 0x1.a39ef35793c76p-33)
    return Binary64Pair(large: sum.high, small: sum.low + low)
  }

  /// exp of the sum of two numbers: 2^n e^r with n = round(x / ln 2) and r = x - n ln 2.
  private static func exp(_ x: Binary64Pair) -> Double {
    guard x.high < 710 else { return x.high.isNaN ? x.high : .infinity }
    guard x.high > -746 else { return 0 }
    // Adding 1.5·2^52 rounds to an integer and leaves it in the low bits.
    let shift = 0x1.8p52
    let shifted = shift.addingProduct(x.high, 0x1.71547652b82fep0)
    let n = shifted - shift
    // ln 2 in two parts; the first has 32 bits, so that n times it, and the difference, are exact.
    let nearby = x.high.addingProduct(n, -0x1.62e42feep-1)
    let r = Binary64Pair(sumOf: nearby, x.low.addingProduct(n, -0x1.a39ef35793c76p-33))
    let tail = (1.0 / 1_307_674_368_000)
      .times(r.high, plus: 1.0 / 87_178_291_200)
      .times(r.high, plus: 1.0 / 6_227_020_800)
      .times(r.high, plus: 1.0 / 479_001_600)
      .times(r.high, plus: 1.0 / 39_916_800)
      .times(r.high, plus: 1.0 / 3_628_800)
      .times(r.high, plus: 1.0 / 362_880)
      .times(r.high, plus: 1.0 / 40_320)
      .times(r.high, plus: 1.0 / 5_040)
      .times(r.high, plus: 1.0 / 720)
      .times(r.high, plus: 1.0 / 120)
    let series = Binary64Pair(tail)
      .times(r, plus: Binary64Pair(1, over: 24))
      .times(r, plus: Binary64Pair(1, over: 6))
      .times(r, plus: Binary64Pair(0.5))
      .times(r, plus: Binary64Pair(1))
      .times(r, plus: Binary64Pair(1))
    return scaled(series, by: Int64(Int32(truncatingIfNeeded: shifted.bitPattern)))
  }

  /// 2^n times a number from [1/2, 2), rounded once; |n| ≤ 1100.
  private static func scaled(_ x: Binary64Pair, by n: Int64) -> Double {
    let exponent = Int64(x.high.bitPattern >> 52) + n
    if exponent > 2046 { return .infinity }
    if exponent > 0 { return Double(bitPattern: x.high.bitPattern &+ UInt64(bitPattern: n << 52)) }
    // For a subnormal result: numbers in [unit, 2 unit) are as far apart as the multiples of
    // 2^-1074, so the sum with unit has the result's bits below its exponent.
    let unit = Double(bitPattern: UInt64(bitPattern: 1 - n) << 52)
    let sum = Binary64Pair(large: unit, small: x.high)
    return Double(bitPattern: (sum.high + (sum.low + x.low)).bitPattern - unit.bitPattern)
  }
}
