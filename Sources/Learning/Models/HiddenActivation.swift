internal import Catalogue
internal import DeterministicNumerics

/// What stands behind a linear layer, and what it leaves for the way back.
struct HiddenActivation {
  let kind: Activation
  /// GELU's derivatives, or copies of ReLU's values.
  let slopes: FloatStorage

  /// - Parameter count: The most numbers of a batch.
  init(_ kind: Activation, count: Int) {
    self.kind = kind
    slopes = FloatStorage(count: count)
  }

  // SAFETY of both: the row begins at `offset` of the batch's, and has `count` elements, a multiple of 16.

  /// Values in place.
  @unsafe func forward(
    _ x: UnsafeMutablePointer<Float>, offset: Int, count: Int, keepsSlopes: Bool
  ) {
    let slopes = unsafe self.slopes.base + offset
    switch (kind, keepsSlopes) {
    case (.gelu, true): unsafe GELU.forward(x, derivative: slopes, count: count)
    case (.gelu, false): unsafe GELU.forward(x, count: count)
    case (.relu, true):
      unsafe ReLU.forward(x, count: count)
      unsafe slopes.update(from: x, count: count)
    case (.relu, false): unsafe ReLU.forward(x, count: count)
    }
  }

  /// The gradient in front of it from that behind it, in place.
  @unsafe func backward(_ gradient: UnsafeMutablePointer<Float>, offset: Int, count: Int) {
    let slopes = unsafe self.slopes.base + offset
    switch kind {
    case .gelu:
      for i in stride(from: 0, to: count, by: 16) {
        unsafe store(load16(gradient, i) * load16(slopes, i), gradient, i)
      }
    case .relu: unsafe ReLU.backward(gradient, outputs: slopes, count: count)
    }
  }
}
