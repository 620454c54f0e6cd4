/// Softmax and cross-entropy of one row of logits (SPEC.md, "Cross-entropy").
package enum CrossEntropy {
  /// What one row says.
  package struct Row {
    /// In nats.
    package let loss: Float
    /// Whether the first of the largest logits is the label's.
    package let isCorrect: Bool
    /// Σ exp(x − max).
    package let sum: Float
  }

  /// Replaces the logits by exp(x − max).
  ///
  /// SAFETY: `logits` has `count` elements, a multiple of 16, −∞ where there is no class.
  @unsafe package static func forward(
    _ logits: UnsafeMutablePointer<Float>, count: Int, label: Int
  ) -> Row {
    var lanes = unsafe load16(logits, 0)
    for i in stride(from: 16, to: count, by: 16) {
      let x = unsafe load16(logits, i)
      lanes.replace(with: x, where: x .> lanes)
    }
    var largest = lanes[0]
    for lane in 1..<16 where lanes[lane] > largest { largest = lanes[lane] }

    let own = unsafe logits[label]
    var isCorrect = own == largest
    if isCorrect {
      for i in 0..<label where unsafe logits[i] == largest { isCorrect = false }
    }

    let shift = SIMD8<Float>(repeating: largest)
    for i in stride(from: 0, to: count, by: 8) {
      unsafe store(Elementary.exp(load8(logits, i) - shift), logits, i)
    }
    let sum = unsafe RowSum.sum(logits, count: count)
    return Row(loss: Elementary.log(sum) - (own - largest), isCorrect: isCorrect, sum: sum)
  }

  /// Turns what `forward` left into the gradient of the logits: (e/sum − [label]) · weight.
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
