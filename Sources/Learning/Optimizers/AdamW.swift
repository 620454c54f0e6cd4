internal import Catalogue
internal import DeterministicNumerics

/// One update of AdamW (SPEC.md, "AdamW").
struct AdamWUpdate {
  private let decay: Float
  private let moments: AdamMoments

  /// - Parameter update: The number of the update, from 1.
  init(_ spec: OptimizerSpec.AdamWSpec, update: Int) {
    decay = Float(1 - spec.learningRate * spec.weightDecay)
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
    let moments = moments
    for i in stride(from: 0, to: count, by: 8) {
      let moved = unsafe moments.move(
        load8(parameters, i) * decay, load8(gradient, i), firstMoment, secondMoment, i)
      unsafe store(moved, parameters, i)
    }
  }
}
