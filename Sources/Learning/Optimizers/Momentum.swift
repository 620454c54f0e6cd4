internal import Catalogue
internal import DeterministicNumerics

/// One update of gradient descent with momentum (SPEC.md, "Momentum").
struct MomentumUpdate {
  private let minusRate: Float
  private let decay: Float
  private let momentum: Float
  private let isNesterov: Bool

  init(_ spec: OptimizerSpec.MomentumSpec) {
    minusRate = Float(-spec.learningRate)
    decay = Float(spec.weightDecay)
    momentum = Float(spec.momentum)
    isNesterov =
      switch spec.variant {
      case .classical: false
      case .nesterov: true
      }
  }

  /// θ, b ← their next values for `count` elements.
  ///
  /// SAFETY: every pointer has `count` elements, a multiple of 16.
  @unsafe func apply(
    parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
    buffer: UnsafeMutablePointer<Float>, count: Int
  ) {
    let minusRate = SIMD8<Float>(repeating: minusRate)
    let decay = SIMD8<Float>(repeating: decay)
    let momentum = SIMD8<Float>(repeating: momentum)
    for i in stride(from: 0, to: count, by: 8) {
      let theta = unsafe load8(parameters, i)
      let slope = unsafe load8(gradient, i).addingProduct(decay, theta)
      let kept = unsafe slope.addingProduct(momentum, load8(buffer, i))
      let direction = isNesterov ? slope.addingProduct(momentum, kept) : kept
      unsafe store(kept, buffer, i)
      unsafe store(theta.addingProduct(minusRate, direction), parameters, i)
    }
  }
}
