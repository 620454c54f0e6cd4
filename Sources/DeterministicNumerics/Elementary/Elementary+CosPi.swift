extension Elementary {
  /// cos(πx), correctly rounded.
  ///
  /// At odd multiples of 1/2 it is +0. It is 1 for |x| ≥ 2^24, where every x is even. For ±inf it
  /// is NaN.
  public static func cospi(_ x: Float) -> Float {
    guard x.magnitude < 0x1p24 else { return (x - x) + 1 }
    // |x| = n/2 + r with |r| ≤ 1/4, exactly. Adding 1.5·2^52 rounds to an integer and shows it in
    // the low bits.
    let shift = 0x1.8p52
    let magnitude = Double(x.magnitude)
    let shifted = 2 * magnitude + shift
    let r = magnitude - 0.5 * (shifted - shift)
    let quadrant = shifted.bitPattern & 3
    let z = r * r
    let value: Double
    if quadrant & 1 == 0 {
      let c = 0x1.1e745e5e09f6dp-18
        .times(z, plus: -0x1.b6de8b8e9ba08p-14)
        .times(z, plus: 0x1.f9d3870871194p-10)
        .times(z, plus: -0x1.a6d1f2a086c9p-6)
        .times(z, plus: 0x1.e1f506891ae95p-3)
        .times(z, plus: -0x1.55d3c7e3cbff7p0)
        .times(z, plus: 0x1.03c1f081b5ac4p2)
        .times(z, plus: -0x1.3bd3cc9be45dep2)
      value = 1.0.addingProduct(z, c)
    } else {
      let s = (-0x1.6c5b875d4e739p-16)
        .times(z, plus: 0x1.e8eed12ee00a3p-12)
        .times(z, plus: -0x1.e3074b4ff3058p-8)
        .times(z, plus: 0x1.50783485cbd83p-4)
        .times(z, plus: -0x1.32d2cce62ac22p-1)
        .times(z, plus: 0x1.466bc6775aad9p1)
        .times(z, plus: -0x1.4abbce625be53p2)
        .times(z, plus: 0x1.921fb54442d18p1)
      value = r * s
    }
    // cos(π/2 + t) = -sin t and cos(π + t) = -cos t. Adding +0 turns -0 into +0.
    return Float((quadrant == 1 || quadrant == 2 ? -value : value) + 0)
  }

  /// cos(πx) of each lane, correctly rounded.
  public static func cospi(_ x: SIMD8<Float>) -> SIMD8<Float> {
    var result = SIMD8<Float>()
    for lane in 0..<8 { result[lane] = cospi(x[lane]) }
    return result
  }
}
