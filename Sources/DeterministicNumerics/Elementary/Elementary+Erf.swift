extension Elementary {
  /// The error function, 2/√π times the integral of exp(-t²) from 0 to `x`, correctly rounded.
  ///
  /// Odd, so `erf(-0)` is -0; `erf(±inf)` is ±1. Around zero it is 2x/√π, down to subnormal
  /// results.
  @inline(__always)
  public static func erf(_ x: Float) -> Float {
    let magnitude = x.magnitude
    let shifted = magnitude + erfShift
    let index = Int(truncatingIfNeeded: shifted.bitPattern & 511)
    let value = erf(
      Double(magnitude), near: Double(shifted - erfShift), value: erfTable[2 &* index],
      slope: erfTable[2 &* index &+ 1])
    let result = magnitude > erfIsOneAbove ? 1 : Float(value)
    return Float(bitPattern: result.bitPattern | (x.bitPattern & 0x8000_0000))
  }

  /// The error function of each lane, correctly rounded.
  @inline(__always)
  public static func erf(_ x: SIMD8<Float>) -> SIMD8<Float> {
    let place = ErfPlace(x)
    let value = erf(
      widened(place.magnitude), near: widened(place.center), value: place.values,
      slope: place.slopes)
    return place.signed(
      rounded(value).replacing(with: 1, where: place.magnitude .> erfIsOneAbove))
  }

  /// erf(t) and exp(y) of each lane, correctly rounded, for t = x · √½ and y = −½ · x² as computed
  /// in binary32. GELU and its slope need them together.
  ///
  /// Both come from the row of the table for the multiple c of 1/128 that is nearest to |t|: exp(y)
  /// is exp(−c²) · exp(y + c²), where |y + c²| ≤ 1/31.
  @inline(__always)
  static func erfAndBell(
    _ t: SIMD8<Float>, _ y: SIMD8<Float>
  ) -> (erf: SIMD8<Float>, bell: SIMD8<Float>) {
    let place = ErfPlace(t)
    guard all(place.magnitude .<= erfIsOneAbove) else { return erfAndExp(t, y) }
    let c = widened(place.center)
    let value = erf(
      widened(place.magnitude), near: c, value: place.values, slope: place.slopes)
    let bell = bell(widened(y) + c * c, at: place.slopes)
    return (place.signed(rounded(value)), rounded(bell))
  }

  /// Both without the table, for values beyond it.
  @inline(never)
  private static func erfAndExp(
    _ t: SIMD8<Float>, _ y: SIMD8<Float>
  ) -> (erf: SIMD8<Float>, bell: SIMD8<Float>) { (erf(t), exp(y)) }

  /// exp(−c²) · exp(r) for |r| ≤ 1/31, where `slope` is 2/√π exp(−c²).
  @inline(__always)
  private static func bell<Lanes: Binary64Lanes>(_ r: Lanes, at slope: Lanes) -> Lanes {
    let peak = slope * Lanes(all: 0x1.c5bf891b4ef6bp-1)
    let r2 = r * r
    let p = Lanes(all: 0x1.a01a01a01a01ap-13).multiplied(by: r, plus: 0x1.6c16c16c16c17p-10)
      .multiplied(
        by: r2,
        adding: Lanes(all: 0x1.1111111111111p-7).multiplied(by: r, plus: 0x1.5555555555555p-5)
      )
      .multiplied(by: r2, adding: Lanes(all: 0x1.5555555555555p-3).multiplied(by: r, plus: 0x1p-1))
    return peak.plus(peak, times: r.plus(p, times: r2))
  }

  /// The rows of the table that are nearest to the lanes' magnitudes.
  private struct ErfPlace {
    let magnitude: SIMD8<Float>
    /// The nearest multiples of 1/128.
    let center: SIMD8<Float>
    let values: SIMD8<Double>
    let slopes: SIMD8<Double>
    private let sign: SIMD8<UInt32>

    @inline(__always)
    init(_ x: SIMD8<Float>) {
      // SAFETY: these casts are between eight plain 32-bit lanes and eight others, all of whose
      // patterns are valid.
      let bits = unsafe unsafeBitCast(x, to: SIMD8<UInt32>.self)
      sign = bits & 0x8000_0000
      magnitude = unsafe unsafeBitCast(bits & 0x7fff_ffff, to: SIMD8<Float>.self)
      let shifted = magnitude + erfShift
      center = shifted - erfShift
      let indices = unsafe unsafeBitCast(shifted, to: SIMD8<UInt32>.self)
      let low = erfRows(indices.lowHalf)
      let high = erfRows(indices.highHalf)
      values = SIMD8(lowHalf: low.values, highHalf: high.values)
      slopes = SIMD8(lowHalf: low.slopes, highHalf: high.slopes)
    }

    /// Gives magnitudes the signs of the lanes.
    @inline(__always)
    func signed(_ x: SIMD8<Float>) -> SIMD8<Float> {
      // SAFETY: as above.
      let bits = unsafe unsafeBitCast(x, to: SIMD8<UInt32>.self)
      return unsafe unsafeBitCast(bits | sign, to: SIMD8<Float>.self)
    }
  }

  /// From 3.92 on, erf rounds to 1.
  @inline(__always)
  private static var erfIsOneAbove: Float { 3.95 }

  /// Adding it to a number below 4 rounds the number to a multiple of 1/128, and leaves the
  /// multiple in the low nine bits.
  @inline(__always)
  private static var erfShift: Float { 0x1.8p16 }

  /// The table's rows at the low nine bits of each lane.
  @inline(__always)
  private static func erfRows(
    _ indices: SIMD4<UInt32>
  ) -> (values: SIMD4<Double>, slopes: SIMD4<Double>) {
    // Two indices move out of a vector at a time.
    // SAFETY: both types are 16 plain bytes.
    let pairs = unsafe unsafeBitCast(indices, to: SIMD2<UInt64>.self)
    func row(_ index: UInt64) -> SIMD2<Double> {
      let place = Int(truncatingIfNeeded: index & 511) &* 2
      return SIMD2(erfTable[place], erfTable[place &+ 1])
    }
    let (r0, r1) = (row(pairs[0]), row(pairs[0] >> 32))
    let (r2, r3) = (row(pairs[1]), row(pairs[1] >> 32))
    return (SIMD4(r0[0], r1[0], r2[0], r3[0]), SIMD4(r0[1], r1[1], r2[1], r3[1]))
  }

  /// erf(x) for 0 ≤ x < 4, by the series at the nearest multiple c of 1/128. A larger x may give
  /// anything; NaN gives NaN.
  ///
  /// With h = x - c, u = c h and v = h², it is erf(c) + erf'(c) h (1 - u + v (second + u third + v
  /// (fourth + u fifth))), where second = (2c² - 1)/3, third = 1/2 - c²/3, fourth = (4c⁴ - 12c² +
  /// 3)/30 and fifth = -(4c⁴ - 20c² + 15)/90. The fifth is so small that it is not computed: the
  /// fourth takes c² + 5/12 u in place of c².
  @inline(__always)
  private static func erf<Lanes: Binary64Lanes>(
    _ x: Lanes, near c: Lanes, value: Lanes, slope: Lanes
  ) -> Lanes {
    let h = x - c
    let u = c * h
    let v = h * h
    let c2 = c * c
    let second = c2.multiplied(by: Lanes(all: 0x1.5555555555555p-1), plus: -0x1.5555555555555p-2)
    let third = c2.multiplied(by: Lanes(all: -0x1.5555555555555p-2), plus: 0x1p-1)
    let moved = c2.plus(u, times: Lanes(all: 0x1.aaaaaaaaaaaabp-2))
    let fourth = moved.multiplied(by: Lanes(all: 0x1.1111111111111p-3), plus: -0x1.999999999999ap-2)
      .multiplied(by: moved, plus: 0x1.999999999999ap-4)
    let curve = second.plus(u, times: third).plus(v, times: fourth)
    let bend = (Lanes(all: 1) - u).plus(v, times: curve)
    return value.plus(slope * h, times: bend)
  }
}
