/// The squared distance of a row of logits to the label's unit vector (SPEC.md 1.19).
package enum SquaredError {
  /// Replaces the logits by their distances, and by 0 where there is no class. Returns the mean of
  /// the squared distances.
  ///
  /// SAFETY: `logits` has `count` elements, a multiple of 16; those from `classes` on are no
  /// classes.
  @unsafe package static func forward(
    _ logits: UnsafeMutablePointer<Float>, count: Int, classes: Int, label: Int
  ) -> Float {
    unsafe logits[label] -= 1
    for i in classes..<count { unsafe logits[i] = 0 }
    return unsafe RowSum.dot(logits, logits, count: count) / Float(classes)
  }

  /// Turns the result of `forward` into the gradient of the logits: 2 · distance / classes ·
  /// weight.
  ///
  /// SAFETY: as above.
  @unsafe package static func backward(
    _ distances: UnsafeMutablePointer<Float>, count: Int, classes: Int, weight: Float
  ) {
    let slope = 2 / Float(classes)
    for i in stride(from: 0, to: count, by: 16) {
      unsafe store(load16(distances, i) * slope * weight, distances, i)
    }
  }
}
