/// The rectifier: x where it is above 0, else +0 (SPEC.md 1.10).
package enum ReLU {
  // SAFETY of both: the rows have `count` elements, a multiple of 16.

  /// Replaces a row by its values.
  @unsafe package static func forward(_ x: UnsafeMutablePointer<Float>, count: Int) {
    for i in stride(from: 0, to: count, by: 16) {
      let value = unsafe load16(x, i)
      unsafe store(value.replacing(with: 0, where: .!(value .> 0)), x, i)
    }
  }

  /// The gradient of the inputs from that of the outputs, in place. The slope is 1 where the output
  /// is above 0, and 0 elsewhere.
  @unsafe package static func backward(
    _ gradient: UnsafeMutablePointer<Float>, outputs: UnsafePointer<Float>, count: Int
  ) {
    for i in stride(from: 0, to: count, by: 16) {
      let slope = unsafe load16(gradient, i)
      unsafe store(slope.replacing(with: 0, where: .!(load16(outputs, i) .> 0)), gradient, i)
    }
  }
}
