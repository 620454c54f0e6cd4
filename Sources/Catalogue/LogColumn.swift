/// What a run can log beside losses, accuracies and V (SPEC.md 1.20).
public enum LogColumn: String, FieldName {
  /// ‖θ‖² of each tensor.
  case squaredNorms = "squared_norms"
  /// ‖g‖² of the gradient that the step's update used.
  case batchGradient = "batch_gradient"
  /// ‖g‖² of the gradient over the training set, after the step.
  case fullGradient = "full_gradient"
  /// The share of training examples whose Σ exp(x − max) is 1 in binary32: only the largest logit
  /// is left (L. Prieto et al., arXiv 2501.04697).
  case softmaxCollapse = "softmax_collapse"
  /// The share of training examples whose loss is 0.
  case zeroLoss = "zero_loss"
}

extension LogColumn {
  /// The prefix of a tensor's name in a heading.
  public static let tensorHeading = "squared_norm."

  /// The headings of this column in a trace.
  ///
  /// - Parameter tensors: The names of the model's tensors.
  public func headings(tensors: [String]) -> [String] {
    switch self {
    case .squaredNorms: tensors.map { Self.tensorHeading + $0 }
    case .batchGradient: ["batch_gradient_squared_norm"]
    case .fullGradient: ["full_gradient_squared_norm"]
    case .softmaxCollapse, .zeroLoss: [rawValue]
    }
  }

  /// Whether its values are shares of the training examples, and not squared norms.
  public var isShare: Bool {
    switch self {
    case .squaredNorms, .batchGradient, .fullGradient: false
    case .softmaxCollapse, .zeroLoss: true
    }
  }
}
