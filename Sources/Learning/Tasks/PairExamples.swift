internal import Catalogue
internal import DeterministicNumerics

/// The examples of a task on pairs, in the order of the split: the training set, then the
/// validation set.
final class PairExamples {
  let count: Int
  let trainCount: Int
  /// The number of tokens that an operand can be, and of classes.
  let vocabulary: Int
  /// Operand a, operand b and the label of each example.
  let first: Storage<Int32>
  let second: Storage<Int32>
  let labels: Storage<Int32>

  init(_ task: PairTask, seed: UInt64) {
    precondition(
      task.vocabulary > 1 && task.vocabulary < 1 << 15, "pairs of \(task.vocabulary) tokens")
    precondition(
      task.trainCount > 0 && task.trainCount < task.pairCount,
      "a split of \(task.pairCount) pairs leaves one side empty")
    count = task.pairCount
    trainCount = task.trainCount
    vocabulary = task.vocabulary
    first = Storage(count: count, repeating: 0)
    second = Storage(count: count, repeating: 0)
    labels = Storage(count: count, repeating: 0)

    var order = (0..<Int32(count)).map { $0 }
    var stream = RandomStream(seed: seed, purpose: .split, index: 0)
    stream.shuffle(&order)
    let table = PairLabels(task)
    for (place, pair) in order.enumerated() {
      let (a, b) = task.operands(of: Int(pair))
      // SAFETY: place is below count.
      unsafe first.base[place] = Int32(a)
      unsafe second.base[place] = Int32(b)
      unsafe labels.base[place] = Int32(table.label(a, b))
    }
  }

  func inputs(of example: Int) -> [Int] {
    // SAFETY: the trainer has checked the number.
    unsafe [Int(first.base[example]), Int(second.base[example])]
  }

  // SAFETY: as above.
  func label(of example: Int) -> Int { unsafe Int(labels.base[example]) }
}
