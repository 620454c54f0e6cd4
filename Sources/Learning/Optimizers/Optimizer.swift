/// How a model learns.
public enum Optimizer: Sendable {
  /// Decoupled decay on all parameters (I. Loshchilov, F. Hutter, arXiv 1711.05101).
  case adamW(
    learningRate: Double, weightDecay: Double, beta1: Double, beta2: Double, epsilon: Double)
  /// Plain gradient descent; `gradientDecay` · θ is added to the gradient.
  case sgd(learningRate: Double, gradientDecay: Double)

  /// The names of the moments kept for each parameter, as in PyTorch's optimizer state.
  var momentNames: [String] {
    switch self {
    case .adamW: ["exp_avg", "exp_avg_sq"]
    case .sgd: []
    }
  }
}

/// base^exponent in binary64 by repeated squaring from the lowest bit, so that any step can be reached without those
/// before it.
func power(_ base: Double, _ exponent: Int) -> Double {
  var result = 1.0
  var square = base
  var rest = exponent
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
