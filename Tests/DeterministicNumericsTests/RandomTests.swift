import DeterministicNumerics
import Testing

@Suite struct PhiloxTests {
  /// Random123's known answers for philox4x32 with 10 rounds (kat_vectors in its distribution).
  @Test(
    arguments: [
      (SIMD4(), SIMD2(), SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
      (
        SIMD4(repeating: 0xffff_ffff), SIMD2(repeating: 0xffff_ffff),
        SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
      ),
      (
        SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), SIMD2(0xa409_3822, 0x299f_31d0),
        SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
      ),
    ] as [(SIMD4<UInt32>, SIMD2<UInt32>, SIMD4<UInt32>)])
  func givesTheKnownAnswers(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, output: SIMD4<UInt32>) {
    #expect(Philox.block(counter: counter, key: key) == output)
  }
}

@Suite struct RandomStreamTests {
  @Test func readsTheBlocksOfItsCounter() {
    var stream = RandomStream(seed: 0x299f_31d0_a409_3822, purpose: .batch, index: 7)
    for block in 0..<3 as Range<UInt32> {
      let words = Philox.block(
        counter: SIMD4(block, 0, 7, 3), key: SIMD2(0xa409_3822, 0x299f_31d0))
      for lane in 0..<4 { #expect(stream.nextWord() == words[lane]) }
    }
  }

  @Test func uniformsLieBelowOneOnAGridOf24Bits() {
    var stream = RandomStream(seed: 1, purpose: .initialization, index: 0)
    for _ in 0..<1000 {
      let u = stream.nextUniform()
      #expect(u >= 0 && u < 1 && (u * 0x1p24).rounded() == u * 0x1p24)
    }
  }

  /// χ² with 6 degrees of freedom exceeds 27.9 once in 10 000 trials. The bound rejects half of all
  /// words, so rejection is tested.
  @Test func integersAreEquallyLikelyWhereHalfOfAllWordsAreRejected() {
    let bound: UInt32 = (1 << 31) + 1
    var stream = RandomStream(seed: 2, purpose: .split, index: 0)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 {
      let value = stream.nextInteger(below: bound)
      #expect(value < bound)
      counts[Int(UInt64(value) * 7 / UInt64(bound))] += 1
    }
    let chiSquare = counts.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
    #expect(chiSquare < 27.9)
  }

  @Test func aShuffleIsAPermutation() {
    var items = (0..<500 as Range<Int32>).map { $0 }
    var stream = RandomStream(seed: 3, purpose: .split, index: 0)
    stream.shuffle(&items)
    #expect(items != (0..<500).map { $0 })
    #expect(items.sorted() == (0..<500).map { $0 })
  }

  /// Means over 20 000 values: each bound is about five standard errors.
  @Test func normalsHaveTheMomentsOfTheNormalDistribution() {
    var stream = RandomStream(seed: 4, purpose: .initialization, index: 0)
    var sums = (0.0, 0.0, 0.0, 0.0)
    for _ in 0..<10_000 {
      let pair = stream.nextNormalPair()
      for value in [Double(pair.0), Double(pair.1)] {
        sums.0 += value
        sums.1 += value * value
        sums.2 += value * value * value * value
      }
      sums.3 += Double(pair.0 * pair.1)
    }
    #expect((sums.0 / 20_000).magnitude < 0.036)
    #expect((sums.1 / 20_000 - 1).magnitude < 0.05)
    #expect((sums.2 / 20_000 - 3).magnitude < 0.35)
    #expect((sums.3 / 10_000).magnitude < 0.05)
  }
}
