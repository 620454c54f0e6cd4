internal import Catalogue
internal import DeterministicNumerics

/// The activation after a linear layer, and what it keeps for the backward pass.
struct HiddenActivation {
  private let kind: Activation
  /// GELU's derivatives, or copies of ReLU's values.
  private let slopes: Rows

  /// - Parameter rows: The most rows of a batch.
  init(_ kind: Activation, rows: Int, width: Int) {
    self.kind = kind
    slopes = .panels(rows, width: width)
  }

  // SAFETY of both: `x` and `gradient` are laid out like the slopes, in panels.

  /// Applies the activation to rows, in place.
  @unsafe func forward(_ x: Rows, _ rows: Range<Int>, keepsSlopes: Bool) {
    x.forEachPanel(rows) { first, count in
      let (x, slopes) = unsafe (x.base + first, self.slopes.base + first)
      switch (kind, keepsSlopes) {
      case (.gelu, true): unsafe GELU.forward(x, derivative: slopes, count: count)
      case (.gelu, false): unsafe GELU.forward(x, count: count)
      case (.relu, true):
        unsafe ReLU.forward(x, count: count)
        unsafe slopes.update(from: x, count: count)
      case (.relu, false): unsafe ReLU.forward(x, count: count)
      }
    }
  }

  /// Turns the gradient of the outputs into that of the inputs, in place.
  @unsafe func backward(_ gradient: Rows, _ rows: Range<Int>) {
    gradient.forEachPanel(rows) { first, count in
      let (gradient, slopes) = unsafe (gradient.base + first, self.slopes.base + first)
      switch kind {
      case .gelu:
        for i in stride(from: 0, to: count, by: 16) {
          unsafe store(load16(gradient, i) * load16(slopes, i), gradient, i)
        }
      case .relu: unsafe ReLU.backward(gradient, outputs: slopes, count: count)
      }
    }
  }
}
