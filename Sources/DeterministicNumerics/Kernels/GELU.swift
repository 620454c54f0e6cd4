/// The exact Gaussian error linear unit x·Φ(x) (D. Hendrycks, K. Gimpel, arXiv 1606.08415; SPEC.md,
/// "GELU").
public enum GELU {
  /// √½ and 1/√(2π), rounded to binary32.
  @usableFromInline static let rootHalf: Float = 0x1.6a09e6p-1
  @usableFromInline static let density: Float = 0x1.988454p-2

  /// x · Φ(x) with Φ(x) = ½ · erf(x · √½) + ½.
  public static func value(_ x: Float) -> Float {
    x * Float(0.5).addingProduct(0.5, Elementary.erf(x * rootHalf))
  }

  /// Φ(x) + x · φ(x) with φ(x) = exp(−½ · x²) / √(2π).
  public static func derivative(_ x: Float) -> Float {
    let distribution = Float(0.5).addingProduct(0.5, Elementary.erf(x * rootHalf))
    return distribution.addingProduct(x, Elementary.exp(x * x * -0.5) * density)
  }

  /// Replaces a row by its values.
  ///
  /// SAFETY: `x` has `count` elements, a multiple of 16.
  @unsafe package static func forward(_ x: UnsafeMutablePointer<Float>, count: Int) {
    let half = SIMD8<Float>(repeating: 0.5)
    for i in stride(from: 0, to: count, by: 8) {
      let input = unsafe load8(x, i)
      let distribution = half.addingProduct(
        half, Elementary.erf(input * SIMD8(repeating: rootHalf)))
      unsafe store(input * distribution, x, i)
    }
  }

  /// Replaces a row by its values, and stores the derivatives beside them.
  ///
  /// SAFETY: as above for both.
  @unsafe package static func forward(
    _ x: UnsafeMutablePointer<Float>, derivative: UnsafeMutablePointer<Float>, count: Int
  ) {
    let half = SIMD8<Float>(repeating: 0.5)
    for i in stride(from: 0, to: count, by: 8) {
      let input = unsafe load8(x, i)
      let (erf, bell) = Elementary.erfAndBell(
        input * SIMD8(repeating: rootHalf), input * input * -0.5)
      let distribution = half.addingProduct(half, erf)
      unsafe store(input * distribution, x, i)
      unsafe store(distribution.addingProduct(input, bell * density), derivative, i)
    }
  }
}
