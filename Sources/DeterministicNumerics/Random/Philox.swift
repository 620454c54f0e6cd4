/// Philox4x32-10: a counter-based random number generator without state.
///
/// J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11.
/// The constants are those of the paper; the known answers of Random123 are in the tests.
public enum Philox {
  /// The four words of one block.
  ///
  /// - Parameters:
  ///   - counter: Word 0 is the least significant.
  ///   - key: Word 0 is the low half.
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for round in 0..<10 {
      if round > 0 {
        key[0] &+= 0x9E37_79B9
        key[1] &+= 0xBB67_AE85
      }
      let product0 = UInt64(0xD251_1F53) &* UInt64(counter[0])
      let product1 = UInt64(0xCD9E_8D57) &* UInt64(counter[2])
      counter = SIMD4(
        UInt32(truncatingIfNeeded: product1 >> 32) ^ counter[1] ^ key[0],
        UInt32(truncatingIfNeeded: product1),
        UInt32(truncatingIfNeeded: product0 >> 32) ^ counter[3] ^ key[1],
        UInt32(truncatingIfNeeded: product0))
    }
    return counter
  }
}
