/// Softmax and cross-entropy of one row of logits (SPEC.md, "Cross-entropy").
package enum CrossEntropy {
  /// The result for one row.
  package struct Row {
    /// In nats.
    package let loss: Float
    /// Whether the label's logit is the first of the largest.
    package let isCorrect: Bool
    /// Σ exp(x − max).
    package let sum: Float
  }

  /// Replaces the logits by exp(x − max).
  ///
  /// SAFETY: `logits` has `count` elements, a multiple of 16, with −∞ where there is no class.
  @unsafe package static func forward(
    _ logits: UnsafeMutablePointer<Float>, count: Int, label: Int
  ) -> Row {
    let own = unsafe logits[label]
    let (largest, isCorrect) = unsafe Largest.find(logits, count: count, label: label)
    let shift = SIMD8<Float>(repeating: largest)
    for i in stride(from: 0, to: count, by: 8) {
      unsafe store(Elementary.exp(load8(logits, i) - shift), logits, i)
    }
    let sum = unsafe RowSum.sum(logits, count: count)
    return Row(loss: Elementary.log(sum) - (own - largest), isCorrect: isCorrect, sum: sum)
  }

  /// Turns the result of `forward` into the gradient of the logits: (e/sum − [label]) · weight.
  ///
  /// SAFETY: as above.
  @unsafe package static func backward(
    _ exponentials: UnsafeMutablePointer<Float>, count: Int, label: Int, sum: Float, weight: Float
  ) {
    let inverse = 1 / sum
    let own = unsafe (exponentials[label] * inverse - 1) * weight
    for i in stride(from: 0, to: count, by: 16) {
      unsafe store(load16(exponentials, i) * inverse * weight, exponentials, i)
    }
    unsafe exponentials[label] = own
  }
}
