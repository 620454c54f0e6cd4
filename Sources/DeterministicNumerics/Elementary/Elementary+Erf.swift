extension Elementary {
  /// The error function, 2/√π times the integral of exp(-t²) from 0 to `x`, correctly rounded.
  ///
  /// Odd, so `erf(-0)` is -0; `erf(±inf)` is ±1. Around zero it is 2x/√π, down to subnormal
  /// results.
  @inline(__always)
  public static func erf(_ x: Float) -> Float {
    let magnitude = x.magnitude
    let clamped = magnitude > erfIsOneAbove ? erfIsOneAbove : magnitude
    let shifted = clamped + erfShift
    let c = shifted - erfShift
    let row = erfTable[Int(truncatingIfNeeded: shifted.bitPattern & 511)]
    let value = erfNear(Double(c), distance: Double(clamped - c), value: row.x, slope: row.y)
    return Float(bitPattern: Float(value).bitPattern | (x.bitPattern & 0x8000_0000))
  }

  /// The error function of each lane, correctly rounded.
  @inline(__always)
  public static func erf(_ x: SIMD8<Float>) -> SIMD8<Float> {
    // SAFETY: these casts are between eight plain 32-bit lanes and eight others, all of whose
    // patterns are valid.
    let bits = unsafe unsafeBitCast(x, to: SIMD8<UInt32>.self)
    let magnitude = unsafe unsafeBitCast(bits & 0x7fff_ffff, to: SIMD8<Float>.self)
    let clamped = magnitude.replacing(with: erfIsOneAbove, where: magnitude .> erfIsOneAbove)
    let shifted = clamped + erfShift
    let c = shifted - erfShift
    let index = unsafe unsafeBitCast(shifted, to: SIMD8<UInt32>.self) & 511
    let row0 = erfTable[Int(truncatingIfNeeded: index[0])]
    let row1 = erfTable[Int(truncatingIfNeeded: index[1])]
    let row2 = erfTable[Int(truncatingIfNeeded: index[2])]
    let row3 = erfTable[Int(truncatingIfNeeded: index[3])]
    let row4 = erfTable[Int(truncatingIfNeeded: index[4])]
    let row5 = erfTable[Int(truncatingIfNeeded: index[5])]
    let row6 = erfTable[Int(truncatingIfNeeded: index[6])]
    let row7 = erfTable[Int(truncatingIfNeeded: index[7])]
    let value = erfNear(
      SIMD8<Double>(c), distance: SIMD8<Double>(clamped - c),
      value: SIMD8(row0.x, row1.x, row2.x, row3.x, row4.x, row5.x, row6.x, row7.x),
      slope: SIMD8(row0.y, row1.y, row2.y, row3.y, row4.y, row5.y, row6.y, row7.y))
    let result = unsafe unsafeBitCast(SIMD8<Float>(value), to: SIMD8<UInt32>.self)
    return unsafe unsafeBitCast(result | (bits & 0x8000_0000), to: SIMD8<Float>.self)
  }

  /// From 3.92 on, erf rounds to 1.
  @inline(__always)
  private static var erfIsOneAbove: Float { 3.95 }

  /// Adding it rounds to a multiple of 1/128, and leaves that multiple in the low bits.
  @inline(__always)
  private static var erfShift: Float { 0x1.8p16 }

  /// erf(c + h) from the value and the slope at c, by the series
  /// erf(c) + erf'(c) h (1 - c h + (2c²-1)/3 h² - (2c³-3c)/6 h³ + (4c⁴-12c²+3)/30 h⁴ -
  /// (4c⁵-20c³+15c)/90 h⁵), for |h| ≤ 1/256.
  @inline(__always)
  private static func erfNear<Lanes: Binary64Lanes>(
    _ c: Lanes, distance h: Lanes, value: Lanes, slope: Lanes
  ) -> Lanes {
    let c2 = c * c
    let p2 = c2.times(Lanes(all: 0x1.5555555555555p-1), plus: -0x1.5555555555555p-2)
    let p3 = c * c2.times(Lanes(all: -0x1.5555555555555p-2), plus: 0x1p-1)
    let p4 = c2.times(Lanes(all: 0x1.1111111111111p-3), plus: -0x1.999999999999ap-2)
      .times(c2, plus: 0x1.999999999999ap-4)
    let p5 =
      c
      * c2.times(Lanes(all: -0x1.6c16c16c16c17p-5), plus: 0x1.c71c71c71c71cp-3)
      .times(c2, plus: -0x1.5555555555555p-3)
    let tail = p2.addingProduct(h, p3.addingProduct(h, p4.addingProduct(h, p5)))
    let bend = (h * tail - c).times(h, plus: 1)
    return value.addingProduct(slope * h, bend)
  }
}
