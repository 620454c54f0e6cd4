private import Synchronization

/// Checks whether a thread rounds to nearest even and keeps subnormals.
///
/// MXCSR and FPCR belong to a thread, and a library linked with -Ofast may change them. Swift
/// cannot read them. So a few operations whose results reveal each setting are done at run time,
/// and their bits are compared.
enum FloatingPointCheck {
  /// Read through an atomic, so that no compiler computes the results in advance.
  private struct Operands: ~Copyable {
    let one = Atomic<UInt32>(0x3f80_0000)
    let oneAndOneUlp = Atomic<UInt32>(0x3f80_0001)
    let halfUlpOfOne = Atomic<UInt32>(0x3380_0000)
    let smallestNormal = Atomic<UInt32>(0x0080_0000)
    let half = Atomic<UInt32>(0x3f00_0000)
  }
  private static let operands = Operands()

  /// What is wrong with the calling thread; nil if nothing is.
  static func failure() -> String? {
    func value(_ bits: borrowing Atomic<UInt32>) -> Float {
      Float(bitPattern: bits.load(ordering: .relaxed))
    }
    let one = value(operands.one)
    let ulp = value(operands.halfUlpOfOne)
    let half = value(operands.half)
    let normal = value(operands.smallestNormal)
    // One tie goes down to 1, the other up to 1 + 2^-22. Rounding towards zero, up or down fails
    // one of them.
    let ties = [
      ((one + ulp).bitPattern, 0x3f80_0000),
      ((value(operands.oneAndOneUlp) + ulp).bitPattern, 0x3f80_0002),
      ((-one - ulp).bitPattern, 0xbf80_0000),
    ]
    if ties.contains(where: { $0.0 != $0.1 }) {
      return "this thread does not round to nearest even"
    }
    let subnormal = normal * half
    if subnormal.bitPattern != 0x0040_0000 {
      return "this thread flushes subnormal results to zero"
    }
    if (subnormal + subnormal).bitPattern != 0x0080_0000 {
      return "this thread takes subnormal operands for zero"
    }
    return nil
  }
}
