/// StableMax of one row of logits and its cross-entropy (L. Prieto et al., arXiv 2501.04697;
/// SPEC.md 1.19).
package enum StableMax {
  /// Replaces the logits by s(x), which is x + 1 for x ≥ 0 and 1/(1 − x) for the others. Returns
  /// the loss and Σ s.
  ///
  /// SAFETY: `logits` has `count` elements, a multiple of 16; those from `classes` on are no
  /// classes.
  @unsafe package static func forward(
    _ logits: UnsafeMutablePointer<Float>, count: Int, classes: Int, label: Int
  ) -> (loss: Float, sum: Float) {
    for i in stride(from: 0, to: count, by: 16) {
      let x = unsafe load16(logits, i)
      unsafe store((1 / (1 - x)).replacing(with: x + 1, where: x .>= 0), logits, i)
    }
    for i in classes..<count { unsafe logits[i] = 0 }
    let sum = unsafe RowSum.sum(logits, count: count)
    return unsafe (Elementary.log(sum / logits[label]), sum)
  }

  /// Turns the result of `forward` into the gradient of the logits: s′ · (1/sum − [label]/s) ·
  /// weight.
  ///
  /// SAFETY: as above.
  @unsafe package static func backward(
    _ shares: UnsafeMutablePointer<Float>, count: Int, label: Int, sum: Float, weight: Float
  ) {
    let inverse = 1 / sum
    let share = unsafe shares[label]
    // s ≥ 1 wherever x ≥ 0. If s is 1 for an x below 0, both slopes are the same.
    let slope = share >= 1 ? 1 : share * share
    let own = (slope * inverse - slope / share) * weight
    for i in stride(from: 0, to: count, by: 16) {
      let s = unsafe load16(shares, i)
      let slope = (s * s).replacing(with: 1, where: s .>= 1)
      unsafe store(slope * inverse * weight, shares, i)
    }
    unsafe shares[label] = own
  }
}
