import DeterministicNumerics
import Foundation
import Testing

/// `Tests/ExhaustiveElementary` checks the bits of results over all 2^32 inputs. Here are a sample,
/// the hardest inputs of each function, and the borders of its special cases. The expected bits of
/// these are from MPFR 4.2.
@Suite struct ElementaryTests {
  /// The inputs whose exp lies closest to the middle of two binary32 numbers, then borders.
  @Test(
    arguments: [
      (0xc169_12cd, 0x34fd_331b), (0xbbf0_edf1, 0x3f7e_1fe9), (0xc2b2_e798, 0x000f_6dce),
      (0x377e_ff81, 0x3f80_0080), (0xbae0_e25c, 0x3f7f_8fa7), (0xb300_0000, 0x3f80_0000),
      (0x39c6_be5b, 0x3f80_0c6d), (0x38e6_9cc1, 0x3f80_039a), (0x383a_3ef1, 0x3f80_0175),
      (0x3d1a_274e, 0x3f84_e8ba), (0x4031_5b33, 0x417f_a47d), (0x4001_b249, 0x40f2_cd14),
      (0x39e5_bb1d, 0x3f80_0e5d), (0x36fd_ffc1, 0x3f80_0040), (0x4288_942b, 0x70b7_a4c5),
      (0x367b_ffe1, 0x3f80_0020), (0x35f7_fff1, 0x3f80_0010), (0x337f_ffff, 0x3f80_0000),
      (0x3380_0000, 0x3f80_0001), (0x343f_ffff, 0x3f80_0002), (0x34df_fffd, 0x3f80_0004),
      (0x356f_fff9, 0x3f80_0008), (0xbc2a_461a, 0x3f7d_5a6e), (0x3fe6_7199, 0x40c1_a7a6),
      (0x0000_0001, 0x3f80_0000), (0x8000_0001, 0x3f80_0000), (0x3300_0000, 0x3f80_0000),
      (0x3380_0000, 0x3f80_0001), (0x3380_0001, 0x3f80_0001), (0xb300_0000, 0x3f80_0000),
      (0xb300_0001, 0x3f7f_ffff), (0x3f80_0000, 0x402d_f854), (0xbf80_0000, 0x3ebc_5ab2),
      (0x42b1_7217, 0x7f7f_ff84), (0x42b1_7218, 0x7f80_0000), (0x7f7f_ffff, 0x7f80_0000),
      (0xc2ae_ac4f, 0x0080_0026), (0xc2ae_ac50, 0x007f_ffe6), (0xc2ae_ac51, 0x007f_ffa6),
      (0xc2cf_f1b4, 0x0000_0001), (0xc2cf_f1b5, 0x0000_0000), (0xff7f_ffff, 0x0000_0000),
    ] as [(UInt32, UInt32)])
  func expHasTheBitsOfMPFR(input: UInt32, expected: UInt32) {
    #expect(Elementary.exp(Float(bitPattern: input)).bitPattern == expected)
  }

  /// The inputs whose log lies closest to the middle of two binary32 numbers, then borders.
  @Test(
    arguments: [
      (0x65d8_90d3, 0x4254_d1f9), (0x4c5d_65a5, 0x418f_034b), (0x4d60_4ebe, 0x419a_352c),
      (0x4117_8feb, 0x400f_e5e7), (0x1f11_6ab8, 0xc233_b53e), (0x66a8_c860, 0x4259_5e46),
      (0x3c41_3d3a, 0xc08e_158f), (0x6f31_a8ec, 0x4284_5a89), (0x38dc_be38, 0xc112_8ba4),
      (0x4665_a9a6, 0x4119_8725), (0x5ee8_984e, 0x422e_4a21), (0x3bf8_6ef0, 0xc09c_399e),
      (0x79e7_ec37, 0x42a1_ffb7), (0x0dc8_bba4, 0xc289_bac4), (0x2c4c_24b7, 0xc1d4_8710),
      (0x111c_87f8, 0xc280_85df), (0x1a84_46cb, 0xc24d_0a45), (0x464d_5b2b, 0x4117_bcf1),
      (0x66ab_bd63, 0x4259_700e), (0x2e49_2984, 0xc1be_76ee), (0x4e85_f412, 0x41a6_b811),
      (0x29fd_22f8, 0xc1ee_8859), (0x28e3_fa26, 0xc1fa_75e0), (0x29e6_126b, 0xc1ef_4c02),
      (0x0000_0001, 0xc2ce_8ed0), (0x0000_0002, 0xc2cd_2bec), (0x007f_ffff, 0xc2ae_ac50),
      (0x0080_0000, 0xc2ae_ac50), (0x3f35_04f3, 0xbeb1_7219), (0x3f35_04f4, 0xbeb1_7216),
      (0x3f7f_ffff, 0xb380_0000), (0x3f80_0001, 0x33ff_ffff), (0x4000_0000, 0x3f31_7218),
      (0x402d_f854, 0x3f7f_ffff), (0x7f7f_ffff, 0x42b1_7218),
    ] as [(UInt32, UInt32)])
  func logHasTheBitsOfMPFR(input: UInt32, expected: UInt32) {
    #expect(Elementary.log(Float(bitPattern: input)).bitPattern == expected)
  }

  /// The inputs whose erf lies closest to the middle of two binary32 numbers, then borders.
  @Test(
    arguments: [
      (0x3940_ead6, 0x3959_af14), (0x39c0_057d, 0x39d8_ac49), (0x358e_9d2d, 0x35a0_ec32),
      (0x36ae_a466, 0x36c5_1007), (0x00aa_320c, 0x00c0_0b88), (0x012a_320c, 0x0140_0b88),
      (0x01aa_320c, 0x01c0_0b88), (0x022a_320c, 0x0240_0b88), (0x02aa_320c, 0x02c0_0b88),
      (0x032a_320c, 0x0340_0b88), (0x03aa_320c, 0x03c0_0b88), (0x042a_320c, 0x0440_0b88),
      (0x04aa_320c, 0x04c0_0b88), (0x052a_320c, 0x0540_0b88), (0x05aa_320c, 0x05c0_0b88),
      (0x062a_320c, 0x0640_0b88), (0x06aa_320c, 0x06c0_0b88), (0x072a_320c, 0x0740_0b88),
      (0x07aa_320c, 0x07c0_0b88), (0x082a_320c, 0x0840_0b88), (0x08aa_320c, 0x08c0_0b88),
      (0x092a_320c, 0x0940_0b88), (0x09aa_320c, 0x09c0_0b88), (0x0a2a_320c, 0x0a40_0b88),
      (0x0000_0001, 0x0000_0001), (0x8000_0001, 0x8000_0001), (0x0000_0004, 0x0000_0005),
      (0x0000_0005, 0x0000_0006), (0x007f_ffff, 0x0090_6eb9), (0x0080_0000, 0x0090_6ebb),
      (0x3980_0000, 0x3990_6eba), (0x3b80_0000, 0x3b90_6e8a), (0x3c00_0000, 0x3c10_6dfa),
      (0x3f80_0000, 0x3f57_bb3d), (0x4000_0000, 0x3f7e_cd71), (0x407a_d444, 0x3f7f_ffff),
      (0x407a_d445, 0x3f80_0000), (0xc07a_d445, 0xbf80_0000), (0xc07a_d446, 0xbf80_0000),
      (0x7f7f_ffff, 0x3f80_0000), (0xff7f_ffff, 0xbf80_0000),
    ] as [(UInt32, UInt32)])
  func erfHasTheBitsOfMPFR(input: UInt32, expected: UInt32) {
    #expect(Elementary.erf(Float(bitPattern: input)).bitPattern == expected)
  }

  /// The inputs whose cospi lies closest to the middle of two binary32 numbers, then borders.
  @Test(
    arguments: [
      (0x3ec0_a02a, 0x3ec2_1dd8), (0x3f1f_afeb, 0xbec2_1dd8), (0x3987_21a7, 0x3f7f_fffb),
      (0x3ef1_1467, 0x3dbb_3b76), (0x3edf_cdd7, 0x3e48_fad5), (0x390d_23e4, 0x3f7f_ffff),
      (0x3b25_bca6, 0x3f7f_fdee), (0x3c62_5b7c, 0x3f7f_c248), (0x3db3_021a, 0x3f76_68b3),
      (0x3d8e_d5d9, 0x3f79_e12a), (0x3cf6_4ced, 0x3f7e_dbde), (0x3936_3612, 0x3f7f_fffe),
      (0x3d3b_a293, 0x3f7d_5a81), (0x38a2_f983, 0x3f80_0000), (0x3957_9860, 0x3f7f_fffd),
      (0x3c15_7c18, 0x3f7f_e515), (0x3c30_9378, 0x3f7f_da70), (0x38a2_f984, 0x3f7f_ffff),
      (0x3c3d_e93d, 0x3f7f_d48d), (0x3e60_95b2, 0x3f45_9959), (0x3aa5_301b, 0x3f7f_ff7c),
      (0x3d87_9f7e, 0x3f7a_7ad8), (0x3a9c_25b1, 0x3f7f_ff8b), (0x3cc6_f64f, 0x3f7f_4152),
      (0x0000_0001, 0x3f80_0000), (0x807f_ffff, 0x3f80_0000), (0x3900_0000, 0x3f7f_ffff),
      (0x3e80_0000, 0x3f35_04f3), (0x3eff_ffff, 0x33c9_0fdb), (0x3f00_0001, 0xb449_0fdb),
      (0x3f7f_ffff, 0xbf80_0000), (0xbf80_0000, 0xbf80_0000), (0x3fc0_0001, 0x34c9_0fdb),
      (0x4020_0000, 0x0000_0000), (0x4aff_fffe, 0xbf80_0000), (0x4b00_0001, 0xbf80_0000),
      (0x4b7f_ffff, 0xbf80_0000),
    ] as [(UInt32, UInt32)])
  func cospiHasTheBitsOfMPFR(input: UInt32, expected: UInt32) {
    #expect(Elementary.cospi(Float(bitPattern: input)).bitPattern == expected)
  }

  @Test func specialValues() {
    let zero: UInt32 = 0
    let negativeZero: UInt32 = 0x8000_0000
    let one: UInt32 = 0x3f80_0000
    let infinity: UInt32 = 0x7f80_0000
    let negativeInfinity: UInt32 = 0xff80_0000
    #expect(Elementary.exp(0).bitPattern == one)
    #expect(Elementary.exp(-0.0).bitPattern == one)
    #expect(Elementary.exp(.infinity).bitPattern == infinity)
    #expect(Elementary.exp(-.infinity).bitPattern == zero)
    #expect(Elementary.log(0).bitPattern == negativeInfinity)
    #expect(Elementary.log(-0.0).bitPattern == negativeInfinity)
    #expect(Elementary.log(1).bitPattern == zero)
    #expect(Elementary.log(.infinity).bitPattern == infinity)
    #expect(Elementary.erf(0).bitPattern == zero)
    #expect(Elementary.erf(-0.0).bitPattern == negativeZero)
    #expect(Elementary.erf(.infinity).bitPattern == one)
    #expect(Elementary.erf(-.infinity).bitPattern == one | negativeZero)
    for halves: Float in [0.5, -0.5, 1.5, -1.5, 2.5, 4_194_303.5, -4_194_303.5] {
      #expect(Elementary.cospi(halves).bitPattern == zero)
    }
    for even: Float in [0, -0.0, 2, -2, 16_777_216, 0x1p100, -.greatestFiniteMagnitude] {
      #expect(Elementary.cospi(even).bitPattern == one)
    }
    for odd: Float in [1, -1, 8_388_609, -16_777_215] {
      #expect(Elementary.cospi(odd).bitPattern == one | negativeZero)
    }
  }

  @Test(
    arguments: [
      0x7f80_0001, 0x7fbf_ffff, 0x7fc0_0000, 0x7fff_ffff, 0xff80_0001, 0xffc0_0000, 0xffff_ffff,
    ] as [UInt32])
  func nanGivesNaN(bits: UInt32) {
    let nan = Float(bitPattern: bits)
    for function in functions {
      #expect(function.scalar(nan).isNaN, "\(function.name)")
      #expect(function.vector(SIMD8(repeating: nan))[5].isNaN, "\(function.name)")
    }
  }

  @Test func undefinedResultsAreNaN() {
    for x: Float in [-1, -.leastNonzeroMagnitude, -.greatestFiniteMagnitude, -.infinity] {
      #expect(Elementary.log(x).isNaN)
    }
    #expect(Elementary.cospi(.infinity).isNaN)
    #expect(Elementary.cospi(-.infinity).isNaN)
  }

  /// If binary64's own result rounds to the same binary32 number when it is off by 2^-48 either
  /// way, that number is the correctly rounded one.
  @Test func agreesWithBinary64() {
    for function in functions {
      var decided = 0
      var wrong: [UInt32] = []
      for bits in spreadInputs() {
        let x = Float(bitPattern: bits)
        let reference = function.binary64(Double(x))
        let low = Float(reference * (1 - 0x1p-48))
        let high = Float(reference * (1 + 0x1p-48))
        guard low.bitPattern == high.bitPattern || reference.isNaN else { continue }
        decided += 1
        let result = function.scalar(x)
        if reference.isNaN ? !result.isNaN : result.bitPattern != low.bitPattern {
          wrong.append(bits)
        }
      }
      #expect(wrong.isEmpty, "\(function.name), first \(wrong.prefix(5))")
      #expect(decided > 1000, "\(function.name)")
    }
  }

  @Test func vectorFormsGiveTheBitsOfScalarForms() {
    for function in functions {
      var unlike: [UInt32] = []
      var inputs = SIMD8<Float>()
      for (count, bits) in spreadInputs().enumerated() {
        inputs[count % 8] = Float(bitPattern: bits)
        guard count % 8 == 7 else { continue }
        let results = function.vector(inputs)
        for lane in 0..<8 {
          let expected = function.scalar(inputs[lane])
          if results[lane].bitPattern != expected.bitPattern,
            !(results[lane].isNaN && expected.isNaN)
          {
            unlike.append(inputs[lane].bitPattern)
          }
        }
      }
      #expect(unlike.isEmpty, "\(function.name), first \(unlike.prefix(5))")
    }
  }
}

/// A function in its two forms, and its binary64 counterpart from the platform's math library.
private struct Function {
  let name: String
  let scalar: (Float) -> Float
  let vector: (SIMD8<Float>) -> SIMD8<Float>
  let binary64: (Double) -> Double
}

private var functions: [Function] {
  [
    Function(
      name: "exp", scalar: { Elementary.exp($0) }, vector: { Elementary.exp($0) },
      binary64: { Foundation.exp($0) }),
    Function(
      name: "log", scalar: { Elementary.log($0) }, vector: { Elementary.log($0) },
      binary64: { Foundation.log($0) }),
    Function(
      name: "erf", scalar: { Elementary.erf($0) }, vector: { Elementary.erf($0) },
      binary64: { Foundation.erf($0) }),
    Function(
      name: "cospi", scalar: { Elementary.cospi($0) }, vector: { Elementary.cospi($0) },
      binary64: cospiInBinary64),
  ]
}

/// cos(πx), reduced by the nearest multiple of 1/2, so that it loses no precision near its zeros.
private func cospiInBinary64(_ x: Double) -> Double {
  guard x.magnitude < .infinity else { return .nan }
  let rest = x.magnitude.truncatingRemainder(dividingBy: 2)
  let half = (2 * rest).rounded(.toNearestOrEven)
  let angle = Double.pi * (rest - half / 2)
  switch Int(half) & 3 {
  case 0: return Foundation.cos(angle)
  case 1: return 0 - Foundation.sin(angle)
  case 2: return -Foundation.cos(angle)
  default: return Foundation.sin(angle) + 0
  }
}

/// Bit patterns spread evenly over all of binary32, with both signs, all exponents, and NaNs. Their
/// number is a multiple of eight.
private func spreadInputs() -> some Sequence<UInt32> {
  #if DEBUG
    let step: UInt64 = 13_007
  #else
    let step: UInt64 = 1_627
  #endif
  let count = (1 << 32) / step / 8 * 8
  return (0..<count).lazy.map { UInt32($0 * step) }
}
