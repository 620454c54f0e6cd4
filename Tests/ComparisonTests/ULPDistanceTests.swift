import Comparison
import Testing

@Suite struct ULPDistanceTests {
  @Test func equalBitsAreZeroApart() {
    for value in [0, -0.0, 1, -1, .pi, .infinity, -.infinity, .leastNonzeroMagnitude] as [Double] {
      #expect(value.ulpDistance(to: value) == 0)
      #expect(Float(value).ulpDistance(to: Float(value)) == 0)
    }
    #expect(Double.nan.ulpDistance(to: .nan) == 0)
    #expect(Float.nan.ulpDistance(to: .nan) == 0)
  }

  @Test(arguments: [1, -1, 0.1, -0.1, 1e300, 0x1p-1074, -0x1p-1074, .greatestFiniteMagnitude])
  func neighboursAreOneApart(value: Double) {
    #expect(value.ulpDistance(to: value.nextUp) == 1)
    #expect(value.nextUp.ulpDistance(to: value) == 1)
  }

  /// nextUp goes from −2^−1074 to −0; in this order +0 comes next.
  @Test func signedZerosAreOneApart() {
    #expect((-0.0).ulpDistance(to: 0.0) == 1)
    #expect(Float(-0.0).ulpDistance(to: 0) == 1)
    #expect((-0x1p-1074).ulpDistance(to: 0x1p-1074) == 3)
    #expect(Float.leastNonzeroMagnitude.ulpDistance(to: -.leastNonzeroMagnitude) == 3)
  }

  @Test func binadesCountTheirSignificands() {
    #expect(Float(1).ulpDistance(to: 2) == 1 << 23)
    #expect(1.0.ulpDistance(to: 2) == 1 << 52)
    #expect(Float.greatestFiniteMagnitude.ulpDistance(to: .infinity) == 1)
  }

  @Test func nanIsBeyondInfinityAndApartByItsPayload() {
    #expect(Float.infinity.ulpDistance(to: Float(bitPattern: 0x7f80_0001)) == 1)
    #expect(Float(nan: 3, signaling: false).ulpDistance(to: Float(nan: 8, signaling: false)) == 5)
    #expect(Float.nan.ulpDistance(to: -.nan) == UInt64(2 * 0x7fc0_0000 + 1))
    #expect((-Double.nan).ulpDistance(to: .nan) == UInt64(0xfff0_0000_0000_0001))
  }
}
