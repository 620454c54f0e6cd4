internal import Catalogue
internal import DeterministicNumerics

/// What a row of logits shows besides its loss.
struct Verdict: BitwiseCopyable {
  /// Whether the first of the largest logits is the label's.
  var isCorrect = false
  /// Whether Σ exp(x − max) is 1.
  var isCollapsed = false
}

/// The loss of a row of logits, and its gradient (SPEC.md 1.8, 1.9, 1.19).
struct Loss {
  private let name: LossSpec.Name
  private let temperature: Float

  init(_ spec: LossSpec) {
    name = spec.name
    temperature = Float(spec.temperature)
  }

  /// The loss and verdict of a row. The logits are overwritten.
  ///
  /// SAFETY: `logits` has `count` elements, a multiple of 16, −∞ from `classes` on.
  @unsafe func measure(
    _ logits: UnsafeMutablePointer<Float>, count: Int, classes: Int, label: Int
  ) -> (loss: Float, verdict: Verdict) {
    unsafe divide(logits, classes)
    switch name {
    case .crossEntropy:
      let row = unsafe CrossEntropy.forward(logits, count: count, label: label)
      return (row.loss, Verdict(isCorrect: row.isCorrect, isCollapsed: row.sum == 1))
    case .meanSquaredError:
      let isCorrect = unsafe Largest.find(logits, count: count, label: label).isLabel
      let loss = unsafe SquaredError.forward(logits, count: count, classes: classes, label: label)
      return (loss, Verdict(isCorrect: isCorrect))
    case .stableMax:
      let isCorrect = unsafe Largest.find(logits, count: count, label: label).isLabel
      let row = unsafe StableMax.forward(logits, count: count, classes: classes, label: label)
      return (row.loss, Verdict(isCorrect: isCorrect))
    }
  }

  /// Replaces the logits of a row by their gradient, which is 0 from `classes` on, and returns the
  /// row's loss.
  ///
  /// - Parameter weight: The row's weight in the mean.
  ///
  /// SAFETY: as above.
  @unsafe func differentiate(
    _ logits: UnsafeMutablePointer<Float>, count: Int, classes: Int, label: Int, weight: Float
  ) -> Float {
    unsafe divide(logits, classes)
    let loss: Float
    switch name {
    case .crossEntropy:
      let row = unsafe CrossEntropy.forward(logits, count: count, label: label)
      unsafe CrossEntropy.backward(
        logits, count: count, label: label, sum: row.sum, weight: weight)
      loss = row.loss
    case .meanSquaredError:
      loss = unsafe SquaredError.forward(logits, count: count, classes: classes, label: label)
      unsafe SquaredError.backward(logits, count: count, classes: classes, weight: weight)
    case .stableMax:
      let row = unsafe StableMax.forward(logits, count: count, classes: classes, label: label)
      unsafe StableMax.backward(logits, count: count, label: label, sum: row.sum, weight: weight)
      loss = row.loss
    }
    unsafe divide(logits, classes)
    return loss
  }

  /// Divides only the classes. Behind them, −∞ over an infinite temperature would be NaN.
  @unsafe private func divide(_ row: UnsafeMutablePointer<Float>, _ classes: Int) {
    guard temperature != 1 else { return }
    for i in 0..<classes { unsafe row[i] /= temperature }
  }
}
