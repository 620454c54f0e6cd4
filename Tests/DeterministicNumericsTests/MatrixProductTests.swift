import DeterministicNumerics
import Testing

/// Values over many magnitudes, with zeros of both signs, so that any other order of summation shows.
func unevenValues(_ count: Int, seed: UInt64) -> [Float] {
  var stream = RandomStream(seed: seed, purpose: .examples, index: 0)
  return (0..<count).map { index in
    if index % 17 == 5 { return index % 2 == 0 ? 0 : -0.0 }
    let exponent = Int(stream.nextInteger(below: 40)) - 20
    return (stream.nextUniform() - 0.5) * Float(sign: .plus, exponent: exponent, significand: 1)
  }
}

@Suite struct MatrixProductTests {
  static let extents = [0, 1, 2, 3, 5, 6, 7, 15, 16, 17, 33, 50]

  @Test(arguments: extents) func blockedPathsGiveThePlainLoopsBits(m: Int) {
    for n in Self.extents {
      for k in [0, 1, 2, 7, 16, 97, 300] { checkProduct(m: m, n: n, k: k) }
    }
  }

  @Test func depthsBeyondOneBlockGoOnInTheSameChain() {
    checkProduct(m: 13, n: 18, k: 255)
    checkProduct(m: 13, n: 18, k: 256)
    checkProduct(m: 13, n: 18, k: 257)
    checkProduct(m: 8, n: 16, k: 700)
  }

  private func checkProduct(m: Int, n: Int, k: Int) {
    let a = unevenValues(m * k, seed: 1)
    let b = unevenValues(k * n, seed: 2)
    var plain = [Float](repeating: .nan, count: m * n)
    var blocked = plain
    var transposed = plain
    var plainSpan = plain.mutableSpan
    MatrixProduct.multiplyPlainly(a.span, b.span, into: &plainSpan, m: m, n: n, k: k)
    var blockedSpan = blocked.mutableSpan
    MatrixProduct.multiply(a.span, b.span, into: &blockedSpan, m: m, n: n, k: k)
    let columns = (0..<k * m).map { a[$0 % m * k + $0 / m] }
    var transposedSpan = transposed.mutableSpan
    MatrixProduct.multiplyTransposed(
      columns.span, b.span, into: &transposedSpan, m: m, n: n, k: k)
    #expect(plain.map(\.bitPattern) == blocked.map(\.bitPattern), "\(m) x \(n) x \(k)")
    #expect(plain.map(\.bitPattern) == transposed.map(\.bitPattern), "\(m) x \(n) x \(k), aᵀ")
  }
}
