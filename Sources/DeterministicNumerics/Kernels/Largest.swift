/// The largest of a row of logits.
package enum Largest {
  /// The largest value, and whether the label's logit is the first that has it.
  ///
  /// SAFETY: `logits` has `count` elements, a multiple of 16, with −∞ where there is no class.
  @unsafe package static func find(
    _ logits: UnsafePointer<Float>, count: Int, label: Int
  ) -> (value: Float, isLabel: Bool) {
    var lanes = unsafe load16(logits, 0)
    for i in stride(from: 16, to: count, by: 16) {
      let x = unsafe load16(logits, i)
      lanes.replace(with: x, where: x .> lanes)
    }
    var largest = lanes[0]
    for lane in 1..<16 where lanes[lane] > largest { largest = lanes[lane] }

    var isLabel = unsafe logits[label] == largest
    if isLabel {
      for i in 0..<label where unsafe logits[i] == largest { isLabel = false }
    }
    return (largest, isLabel)
  }
}
