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
      Double(magnitude), near: Double(shifted - erfShift), value: erfValues[index],
      slope: erfSlopes[index])
    let result = magnitude > erfIsOneAbove ? 1 : Float(value)
    return Float(bitPattern: result.bitPattern | (x.bitPattern & 0x8000_0000))
  }

  /// The error function of each lane, correctly rounded.
  @inline(__always)
  public static func erf(_ x: SIMD8<Float>) -> SIMD8<Float> {
    // SAFETY: these casts are between eight plain 32-bit lanes and eight others, all of whose
    // patterns are valid.
    let bits = unsafe unsafeBitCast(x, to: SIMD8<UInt32>.self)
    let magnitude = unsafe unsafeBitCast(bits & 0x7fff_ffff, to: SIMD8<Float>.self)
    let shifted = magnitude + erfShift
    let indices = unsafe unsafeBitCast(shifted, to: SIMD8<UInt32>.self)
    let low = erfRows(indices.lowHalf)
    let high = erfRows(indices.highHalf)
    let value = erf(
      widened(magnitude), near: widened(shifted - erfShift),
      value: SIMD8(lowHalf: low.values, highHalf: high.values),
      slope: SIMD8(lowHalf: low.slopes, highHalf: high.slopes))
    let result = rounded(value).replacing(with: 1, where: magnitude .> erfIsOneAbove)
    let resultBits = unsafe unsafeBitCast(result, to: SIMD8<UInt32>.self)
    return unsafe unsafeBitCast(resultBits | (bits & 0x8000_0000), to: SIMD8<Float>.self)
  }

  /// From 3.92 on, erf rounds to 1.
  @inline(__always)
  private static var erfIsOneAbove: Float { 3.95 }

  /// Adding it to a number below 4 rounds that to a multiple of 1/128, and leaves the multiple in
  /// the low nine bits.
  @inline(__always)
  private static var erfShift: Float { 0x1.8p16 }

  /// The table's entries at the low nine bits of each lane.
  @inline(__always)
  private static func erfRows(
    _ indices: SIMD4<UInt32>
  ) -> (values: SIMD4<Double>, slopes: SIMD4<Double>) {
    // Two indices move out of a vector at a time.
    // SAFETY: both types are 16 plain bytes.
    let pairs = unsafe unsafeBitCast(indices, to: SIMD2<UInt64>.self)
    let i0 = Int(truncatingIfNeeded: pairs[0] & 511)
    let i1 = Int(truncatingIfNeeded: (pairs[0] >> 32) & 511)
    let i2 = Int(truncatingIfNeeded: pairs[1] & 511)
    let i3 = Int(truncatingIfNeeded: (pairs[1] >> 32) & 511)
    return (
      SIMD4(erfValues[i0], erfValues[i1], erfValues[i2], erfValues[i3]),
      SIMD4(erfSlopes[i0], erfSlopes[i1], erfSlopes[i2], erfSlopes[i3])
    )
  }

  /// erf(x) for 0 ≤ x < 4, by the series at the nearest multiple c of 1/128; anything for a larger
  /// x, NaN for NaN.
  ///
  /// With h = x - c, u = c h and v = h², it is erf(c) + erf'(c) h (1 - u + v (second + u third +
  /// v (fourth + u fifth))), where
  /// second = (2c² - 1)/3, third = 1/2 - c²/3, fourth = (4c⁴ - 12c² + 3)/30 and
  /// fifth = -(4c⁴ - 20c² + 15)/90. The fifth is so small that taking c² + 5/12 u for c² in the
  /// fourth stands in for it.
  @inline(__always)
  private static func erf<Lanes: Binary64Lanes>(
    _ x: Lanes, near c: Lanes, value: Lanes, slope: Lanes
  ) -> Lanes {
    let h = x - c
    let u = c * h
    let v = h * h
    let c2 = c * c
    let second = c2.times(Lanes(all: 0x1.5555555555555p-1), plus: -0x1.5555555555555p-2)
    let third = c2.times(Lanes(all: -0x1.5555555555555p-2), plus: 0x1p-1)
    let moved = c2.addingProduct(u, Lanes(all: 0x1.aaaaaaaaaaaabp-2))
    let fourth = moved.times(Lanes(all: 0x1.1111111111111p-3), plus: -0x1.999999999999ap-2)
      .times(moved, plus: 0x1.999999999999ap-4)
    let curve = second.addingProduct(u, third).addingProduct(v, fourth)
    let bend = (Lanes(all: 1) - u).addingProduct(v, curve)
    return value.addingProduct(slope * h, bend)
  }
}
