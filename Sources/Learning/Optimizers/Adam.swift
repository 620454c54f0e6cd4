internal import Catalogue
internal import DeterministicNumerics

/// One update of Adam with coupled decay (SPEC.md, "Adam"): AdamW's update without its decay,
/// applied to the gradient g + λθ.
struct AdamUpdate {
  private let decay: SIMD8<Float>
  private let moments: AdamMoments

  /// - Parameter update: The number of the update, from 1.
  init(_ spec: OptimizerSpec.AdamSpec, update: Int) {
    decay = SIMD8(repeating: Float(spec.weightDecay))
    moments = AdamMoments(
      learningRate: spec.learningRate, beta1: spec.beta1, beta2: spec.beta2,
      epsilon: spec.epsilon, update: update)
  }

  /// θ, m, v ← their next values for `count` elements.
  ///
  /// SAFETY: every pointer has `count` elements, a multiple of 16.
  @unsafe func apply(
    parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    firstMoment: UnsafeMutablePointer<Float>, secondMoment: UnsafeMutablePointer<Float>, count: Int
  ) {
    let (moments, decay) = (moments, decay)
    for i in stride(from: 0, to: count, by: 8) {
      let theta = unsafe load8(parameters, i)
      let g = unsafe load8(gradient, i).addingProduct(decay, theta)
      unsafe store(moments.move(theta, g, firstMoment, secondMoment, i), parameters, i)
    }
  }
}
