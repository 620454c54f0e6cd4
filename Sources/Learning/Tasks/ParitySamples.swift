internal import Catalogue
internal import DeterministicNumerics

/// The examples of a sparse-parity task: the training samples, then the validation samples.
final class ParitySamples {
  let count: Int
  let trainCount: Int
  let bits: Int
  /// Floats from one sample to the next: `bits` rounded up to a multiple of 16, zeros behind the
  /// bits.
  let stride: Int
  /// Each bit as 0 or 1.
  let inputs: FloatStorage
  let labels: Storage<Int32>

  init(_ task: TaskSpec.SparseParityTask, seed: UInt64) {
    let (bits, relevantBits) = (task.bits, task.relevantBits)
    let sets = [task.trainSamples, task.validationSamples]
    precondition(
      relevantBits > 0 && relevantBits <= bits && sets[0] > 0 && sets[1] > 0,
      "no parity of \(relevantBits) in \(bits) bits on \(sets[0]) + \(sets[1]) samples")
    count = sets[0] + sets[1]
    trainCount = sets[0]
    self.bits = bits
    stride = bits.roundedUpTo16
    inputs = FloatStorage(count: count * stride)
    labels = Storage(count: count, repeating: 0)

    var sample = 0
    for (index, samples) in sets.enumerated() {
      var stream = RandomStream(seed: seed, purpose: .examples, index: UInt32(index))
      for _ in 0..<samples {
        var parity: UInt32 = 0
        var word: UInt32 = 0
        for bit in 0..<bits {
          if bit & 31 == 0 { word = stream.nextWord() }
          let value = (word >> UInt32(bit & 31)) & 1
          if bit < relevantBits { parity ^= value }
          // SAFETY: sample is below count, bit below stride.
          unsafe inputs.base[sample * stride + bit] = Float(value)
        }
        unsafe labels.base[sample] = Int32(parity)
        sample += 1
      }
    }
  }
}
