internal import Catalogue
internal import DeterministicNumerics

/// One update of plain gradient descent (SPEC.md, "SGD"): θ ← θ − η · (g + w · θ), each product
/// fused.
struct SGDUpdate {
  private let minusRate: Float
  private let gradientDecay: Float

  init(_ spec: OptimizerSpec.SGDSpec) {
    minusRate = Float(-spec.learningRate)
    gradientDecay = Float(spec.gradientDecay)
  }

  /// SAFETY: both pointers have `count` elements, a multiple of 16.
  @unsafe func apply(
    parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, count: Int
  ) {
    let minusRate = SIMD16<Float>(repeating: minusRate)
    let gradientDecay = SIMD16<Float>(repeating: gradientDecay)
    for i in stride(from: 0, to: count, by: 16) {
      let theta = unsafe load16(parameters, i)
      let slope = unsafe load16(gradient, i).addingProduct(gradientDecay, theta)
      unsafe store(theta.addingProduct(minusRate, slope), parameters, i)
    }
  }
}
