internal import DeterministicNumerics

/// The part of an update that Adam and AdamW share (SPEC.md, "AdamW"). Scalars are computed in
/// binary64 and rounded once to binary32; all else is binary32.
struct AdamMoments {
  private let rate1: SIMD8<Float>
  private let beta2: SIMD8<Float>
  private let rate2: SIMD8<Float>
  private let rootScale: SIMD8<Float>
  private let epsilon: SIMD8<Float>
  private let minusStepSize: SIMD8<Float>

  /// - Parameter update: The number of the update, from 1.
  init(learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, update: Int) {
    rate1 = SIMD8(repeating: Float(1 - beta1))
    self.beta2 = SIMD8(repeating: Float(beta2))
    rate2 = SIMD8(repeating: Float(1 - beta2))
    rootScale = SIMD8(repeating: Float(1 / (1 - power(beta2, update)).squareRoot()))
    self.epsilon = SIMD8(repeating: Float(epsilon))
    minusStepSize = SIMD8(repeating: Float(-(learningRate / (1 - power(beta1, update)))))
  }

  /// Sets m and v to their next values for eight elements with the gradient g. Returns θ moved by
  /// them.
  ///
  /// SAFETY: both pointers have elements `i` ..< `i` + 8.
  @unsafe @inline(__always)
  func move(
    _ theta: SIMD8<Float>, _ g: SIMD8<Float>, _ firstMoment: UnsafeMutablePointer<Float>,
    _ secondMoment: UnsafeMutablePointer<Float>, _ i: Int
  ) -> SIMD8<Float> {
    var m = unsafe load8(firstMoment, i)
    m.addProduct(rate1, g - m)
    let v = unsafe (load8(secondMoment, i) * beta2).addingProduct(rate2, g * g)
    let denominator = epsilon.addingProduct(v.squareRoot(), rootScale)
    unsafe store(m, firstMoment, i)
    unsafe store(v, secondMoment, i)
    return theta.addingProduct(minusStepSize, m / denominator)
  }
}
