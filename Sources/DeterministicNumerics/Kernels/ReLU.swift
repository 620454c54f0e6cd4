/// The rectifier: x where it is above 0, else +0 (SPEC.md 1.10).
package enum ReLU {
  // SAFETY of both: the rows have `count` elements, a multiple of 16.

  /// Values of a row, in place.
  @unsafe package static func forward(_ x: UnsafeMutablePointer<Float>, count: Int) {
    for i in stride(from: 0, to: count, by: 16) {
      let value = unsafe load16(x, i)
      unsafe store(value.replacing(with: 0, where: .!(value .> 0)), x, i)
    }
  }

  /// The gradient of the inputs from that of the outputs, in place: what came out above 0 has the
  /// slope 1, all else 0.
  @unsafe package static func backward(
    _ gradient: UnsafeMutablePointer<Float>, outputs: UnsafePointer<Float>, count: Int
  ) {
    for i in stride(from: 0, to: count, by: 16) {
      let slope = unsafe load16(gradient, i)
      unsafe store(slope.replacing(with: 0, where: .!(load16(outputs, i) .> 0)), gradient, i)
    }
  }
}
