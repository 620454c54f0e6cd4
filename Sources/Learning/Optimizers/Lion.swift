internal import Catalogue
internal import DeterministicNumerics

/// One update of Lion (SPEC.md, "Lion").
struct LionUpdate {
  private let decay: Float
  private let minusRate: Float
  private let rate1: Float
  private let rate2: Float

  init(_ spec: OptimizerSpec.LionSpec) {
    decay = Float(1 - spec.learningRate * spec.weightDecay)
    minusRate = Float(-spec.learningRate)
    rate1 = Float(1 - spec.beta1)
    rate2 = Float(1 - spec.beta2)
  }

  /// θ, m ← their next values for `count` elements.
  ///
  /// SAFETY: every pointer has `count` elements, a multiple of 16.
  @unsafe func apply(
    parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    moment: UnsafeMutablePointer<Float>, count: Int
  ) {
    let minusRate = SIMD8<Float>(repeating: minusRate)
    let rate1 = SIMD8<Float>(repeating: rate1)
    let rate2 = SIMD8<Float>(repeating: rate2)
    for i in stride(from: 0, to: count, by: 8) {
      let g = unsafe load8(gradient, i)
      var m = unsafe load8(moment, i)
      let average = m.addingProduct(rate1, g - m)
      let sign = SIMD8<Float>.zero.replacing(with: 1, where: average .> 0)
        .replacing(with: -1, where: average .< 0)
      m.addProduct(rate2, g - m)
      let decayed = unsafe load8(parameters, i) * decay
      unsafe store(m, moment, i)
      unsafe store(decayed.addingProduct(minusRate, sign), parameters, i)
    }
  }
}
