import Digests
import Foundation
import RunRecords
import Testing

@testable import Analysis

@Suite struct LogitSpectrumTests {
  /// SHA-256 of all cosines, then all sines, little-endian, each rounded once from 200 bits by
  /// mpmath 1.3.
  @Test(arguments: [
    (1, "3239b05c38b825ebb79f103172438292a22a0951351a6b81be1df5d44776cc65"),
    (2, "1a2f91c30192afe9cbf3e708bf8fe2a0cb36ecf985832e86ebfbbeec52285a83"),
    (3, "a366968c88d60eafecefafedb3d0c669fa7613e2318c160e388f12a41eeeda53"),
    (7, "c32b236db9c7e5da5c26e7f08f0d7e4a710e7b0ecfb33413ef5a5f1cd0772e4a"),
    (8, "7c82cb90771b57c672290135442393f661c8e5e123220e2aaf961c08854687f9"),
    (53, "ece9b884a4a52c8d11778d93a21169c188f657d64b7e6d531314ada87caa8da1"),
    (97, "43f11c35d368f92c76f6750d31ee1b3246384ee1ca563a7aba0196a9e73ecd78"),
    (113, "0b6a273e5a739375c89175a17c50de176d863ceba6a862c627bbe4275b2469d3"),
    (127, "b5425d59741b2d73c998ab9c58062dc3d1dc8e34567153df02e89ebbbc33aee9"),
    (1000, "c8084493dd1b0195d2a3e1a76176d9d56499b63ca2230168c33cc4eabc66b6fb"),
  ])
  func cosinesAndSinesAreCorrectlyRounded(period: Int, digest: String) {
    let table = CosineTable(period: period)
    let bytes = (table.cosines + table.sines).flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) }
    }
    #expect(Digest(of: bytes).hex == digest)
  }

  /// numpy 2.4: (abs(fft(L[:, :n_b, :n_c], axis=0) / p)**2).mean(axis=(1, 2)), p = 7.
  @Test(arguments: [
    (
      3, 5,
      [0.021619897959183672, 0.031186203876303217, 0.02038847484484433, 0.011201681823070141]
    ),
    (
      7, 7,
      [0.024221678467305288, 0.02197556300019215, 0.023305781717708474, 0.02706481313299484]
    ),
  ])
  func powerIsThatOfNumpy(operands: Int, classes: Int, expected: [Double]) {
    var logits: [Float] = []
    for a in 0..<7 {
      for b in 0..<7 {
        for c in 0..<7 {
          let value = (a * a * 3 + b * 5 + c * 7 + a * b * c * 2) % 11
          logits.append(Float(value) / 8 - 0.5)
        }
      }
    }
    let power = LogitSpectrum(modulus: 7).power(
      of: logits, at: .init(operands: operands, classes: classes))
    #expect(power.count == 4)
    for (power, expected) in zip(power, expected) {
      #expect(relativeError(power, expected) < 1e-13)
    }
  }

  /// Each logit is d + A·cos(2π(5a/p + phase of b and c)): power d² in bin 0, A²/4 in bin 5,
  /// nothing elsewhere.
  @Test(arguments: [17, 18])
  func aCosineHasItsPowerInItsBin(p: Int) {
    var logits: [Float] = []
    for a in 0..<p {
      for pair in 0..<p * p {
        let phase = Double(5 * a) / Double(p) + Double(pair % 13) / 13
        logits.append(Float(1.5 + 4 * cos(2 * .pi * phase)))
      }
    }
    let power = LogitSpectrum(modulus: p).power(of: logits, at: .full(modulus: p))
    #expect(power.count == p / 2 + 1)
    for (bin, power) in power.enumerated() {
      let expected = bin == 0 ? 2.25 : bin == 5 ? 4 : 0
      // The logits are rounded to 24 bits.
      #expect((power - expected).magnitude < 1e-6, "bin \(bin)")
    }
  }

  @Test(arguments: [5, 6]) func allBinsFollowFromOneSide(p: Int) {
    let half: [Double] = p == 5 ? [1, 100, 0.5] : [1, 100, 0.5, 50]
    let spectrum = Observation.Spectrum(step: 0, oneSided: half, modulus: p, isFull: true)
    #expect(spectrum.power == (p == 5 ? [1, 100, 0.5, 0.5, 100] : [1, 100, 0.5, 50, 0.5, 100]))
    #expect(spectrum.oneSided == half)
    // 1 % of the peak is 1, which is not above it.
    #expect(spectrum.strongBins == (p == 5 ? 2 : 3))
    #expect(spectrum.strongOneSidedBins == (p == 5 ? 1 : 2))
    #expect(relativeError(spectrum.outsideShare, p == 5 ? 2 / 202 : 2 / 252) < 1e-12)
  }
}
