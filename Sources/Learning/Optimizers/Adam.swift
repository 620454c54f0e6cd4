internal import Catalogue
internal import DeterministicNumerics

/// One update of Adam with coupled decay (SPEC.md, "Adam"): that of AdamW without its decay, of the
/// gradient g + λθ.
struct AdamUpdate {
  private let decay: Float
  private let rate1: Float
  private let beta2: Float
  private let rate2: Float
  private let rootScale: Float
  private let epsilon: Float
  private let minusStepSize: Float

  /// - Parameter update: Counts from 1.
  init(_ spec: OptimizerSpec.AdamSpec, update: Int) {
    decay = Float(spec.weightDecay)
    rate1 = Float(1 - spec.beta1)
    beta2 = Float(spec.beta2)
    rate2 = Float(1 - spec.beta2)
    rootScale = Float(1 / (1 - power(spec.beta2, update)).squareRoot())
    epsilon = Float(spec.epsilon)
    minusStepSize = Float(-(spec.learningRate / (1 - power(spec.beta1, update))))
  }

  /// θ, m, v ← their next values for `count` elements.
  ///
  /// SAFETY: every pointer has `count` elements, a multiple of 16.
  @unsafe func apply(
    parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    firstMoment: UnsafeMutablePointer<Float>, secondMoment: UnsafeMutablePointer<Float>, count: Int
  ) {
    let decay = SIMD8<Float>(repeating: decay)
    let rate1 = SIMD8<Float>(repeating: rate1)
    let rate2 = SIMD8<Float>(repeating: rate2)
    let rootScale = SIMD8<Float>(repeating: rootScale)
    let epsilon = SIMD8<Float>(repeating: epsilon)
    let minusStepSize = SIMD8<Float>(repeating: minusStepSize)
    for i in stride(from: 0, to: count, by: 8) {
      let theta = unsafe load8(parameters, i)
      let g = unsafe load8(gradient, i).addingProduct(decay, theta)
      var m = unsafe load8(firstMoment, i)
      m.addProduct(rate1, g - m)
      let v = unsafe (load8(secondMoment, i) * beta2).addingProduct(rate2, g * g)
      let denominator = epsilon.addingProduct(v.squareRoot(), rootScale)
      unsafe store(m, firstMoment, i)
      unsafe store(v, secondMoment, i)
      unsafe store(theta.addingProduct(minusStepSize, m / denominator), parameters, i)
    }
  }
}
