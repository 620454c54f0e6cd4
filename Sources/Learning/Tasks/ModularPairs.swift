internal import Catalogue
internal import DeterministicNumerics

/// The examples of a modular task in the order of the split: the training set, then the validation set.
final class ModularPairs {
  let count: Int
  let trainCount: Int
  /// Operand a, operand b and the label of each example.
  let first: Storage<Int32>
  let second: Storage<Int32>
  let labels: Storage<Int32>

  init(_ task: TaskSpec.ModularTask, seed: UInt64) {
    let modulus = task.modulus
    precondition(modulus > 1 && modulus < 1 << 15, "pairs modulo \(modulus)")
    precondition(
      task.trainCount > 0 && task.trainCount < task.pairCount,
      "a split of \(task.trainCount) pairs modulo \(modulus) leaves one side empty")
    count = task.pairCount
    trainCount = task.trainCount
    first = Storage(count: count, repeating: 0)
    second = Storage(count: count, repeating: 0)
    labels = Storage(count: count, repeating: 0)

    var order = (0..<Int32(count)).map { $0 }
    var stream = RandomStream(seed: seed, purpose: .split, index: 0)
    stream.shuffle(&order)
    for (place, pair) in order.enumerated() {
      let a = Int(pair) / modulus
      let b = Int(pair) % modulus
      let label =
        switch task.operation {
        case .addition: (a + b) % modulus
        case .multiplication: (a * b) % modulus
        }
      // SAFETY: place is below count.
      unsafe first.base[place] = Int32(a)
      unsafe second.base[place] = Int32(b)
      unsafe labels.base[place] = Int32(label)
    }
  }
}
