/// One of the 2^64 independent streams of a seed, read word by word (SPEC.md, "Random numbers").
///
/// The Philox key is the seed, low half first. Word n of a stream is word n mod 4 of the block
/// whose counter is (⌊n/4⌋ low, ⌊n/4⌋ high, index, purpose). A stream is a value: a copy continues
/// from the same word.
public struct RandomStream: Sendable {
  /// What a stream is for; no two purposes share a word.
  public enum Purpose: UInt32, Sendable {
    /// Initial values; the index is the tensor's place in the parameter list.
    case initialization = 1
    /// The order of the examples before they are split; index 0.
    case split = 2
    /// The batch of a step; the index is the step.
    case batch = 3
    /// Generated examples; index 0 for training, 1 for validation.
    case examples = 4
    /// Resamples of statistics, never of a run; the index is the resample.
    case resampling = 5
    /// Places of perturbations in a plan; the index is the perturbation.
    case perturbation = 6
  }

  private let key: SIMD2<UInt32>
  private let index: UInt32
  private let purpose: UInt32
  private var position: UInt64 = 0
  private var current = SIMD4<UInt32>()

  public init(seed: UInt64, purpose: Purpose, index: UInt32) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.index = index
    self.purpose = purpose.rawValue
  }

  /// The next word, all 2^32 values equally likely.
  public mutating func nextWord() -> UInt32 {
    let lane = Int(position & 3)
    if lane == 0 {
      let block = position >> 2
      current = Philox.block(
        counter: SIMD4(
          UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), index,
          purpose),
        key: key)
    }
    position &+= 1
    return current[lane]
  }

  /// A multiple of 2^-24 in [0, 1); all are equally likely.
  public mutating func nextUniform() -> Float {
    Float(nextWord() >> 8) * 0x1p-24
  }

  /// An integer in 0 ..< `bound`; all are equally likely. D. Lemire, "Fast random integer
  /// generation in an interval", ACM TOMACS 29 (2019), with rejection.
  public mutating func nextInteger(below bound: UInt32) -> UInt32 {
    precondition(bound > 0, "there is no integer below 0")
    var product = UInt64(nextWord()) &* UInt64(bound)
    if UInt32(truncatingIfNeeded: product) < bound {
      let threshold = (0 &- bound) % bound
      while UInt32(truncatingIfNeeded: product) < threshold {
        product = UInt64(nextWord()) &* UInt64(bound)
      }
    }
    return UInt32(truncatingIfNeeded: product >> 32)
  }

  /// Two independent values of N(0, 1): G. Box and M. Muller, Ann. Math. Statist. 29 (1958). Each
  /// step is rounded once.
  public mutating func nextNormalPair() -> (Float, Float) {
    let radius = (-2 * Elementary.log(1 - nextUniform())).squareRoot()
    let angle = 2 * nextUniform()
    return (radius * Elementary.cospi(angle), radius * Elementary.cospi(angle - 0.5))
  }

  /// Puts `items` in a random order: a Fisher–Yates shuffle from the end.
  public mutating func shuffle(_ items: inout [Int32]) {
    guard items.count > 1 else { return }
    for last in stride(from: items.count - 1, through: 1, by: -1) {
      items.swapAt(last, Int(nextInteger(below: UInt32(last + 1))))
    }
  }
}
