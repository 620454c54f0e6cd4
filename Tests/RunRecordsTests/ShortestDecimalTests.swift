import Foundation
import Testing

@testable import RunRecords

@Suite struct ShortestDecimalTests {
  /// Samples of RFC 8785, appendix B.
  @Test(
    arguments: [
      (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"), (0x0000_0000_0000_0001, "5e-324"),
      (0x8000_0000_0000_0001, "-5e-324"), (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
      (0x4340_0000_0000_0000, "9007199254740992"), (0x4430_0000_0000_0000, "295147905179352830000"),
      (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"), (0x44b5_2d02_c7e1_4af6, "1e+23"),
      (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
      (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
      (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"), (0x444b_1ae4_d6e2_ef50, "1e+21"),
      (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"), (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
      (0x41b3_de43_5555_5553, "333333333.3333332"), (0x41b3_de43_5555_5557, "333333333.33333343"),
      (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
    ] as [(UInt64, String)])
  func agreesWithTheRFC(bits: UInt64, text: String) {
    #expect(shortestDecimal(Double(bitPattern: bits)) == text)
  }

  /// The faster ways give the same text. Tested over all magnitudes and around the bounds of these
  /// ways.
  @Test func theFastWaysGiveTheSame() {
    var random = SystemRandomNumberGenerator()
    var values: [Double] = []
    for exponent in -1074...1023 {
      for _ in 0..<20 {
        values.append(
          Double(sign: .plus, exponent: exponent, significand: .random(in: 1..<2, using: &random)))
      }
    }
    for exponent in -30...70 {
      values += (0..<20).map { _ in scalbn(Double(Int.random(in: 1...1 << 53)), exponent - 53) }
    }
    for bound in [0.001, 1e-4, 1e15, 1e16, 0x1p53, 0x1p54, 1e21, 1e-6, 1e-7] {
      values += [bound, bound.nextUp, bound.nextDown, bound / 10, bound * 10]
    }
    values += (0..<2000).map { _ in Double(Int.random(in: 1...1000)) / 1000 }
    for value in values where value != 0 && value.isFinite {
      for value in [value, -value] {
        #expect(shortestDecimal(value) == ecmaScriptLayout(of: value), "\(value.bitPattern)")
        #expect(Double(shortestDecimal(value)) == value)
      }
    }
  }
}
