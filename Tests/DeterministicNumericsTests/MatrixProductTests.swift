import DeterministicNumerics
import Testing

/// Values of many magnitudes, with zeros of both signs. Any other order of summation gives other
/// bits.
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

  /// Each factor and the product are laid out row-major, row-major with a gap after each row, and
  /// in panels.
  @Test(arguments: [(6, 16, 16), (13, 49, 40), (31, 97, 17), (49, 33, 260), (97, 16, 5)])
  func layoutsChangeNothing(m: Int, n: Int, k: Int) {
    let a = unevenValues(m * k, seed: 3)
    let b = unevenValues(k * n, seed: 4)
    var plain = [Float](repeating: .nan, count: m * n)
    var span = plain.mutableSpan
    MatrixProduct.multiplyPlainly(a.span, b.span, into: &span, m: m, n: n, k: k)
    let expected = plain.map(\.bitPattern)
    for left in Laid.kinds(rows: m, columns: k) {
      for right in Laid.kinds(rows: k, columns: n) {
        for product in Laid.kinds(rows: m, columns: n) {
          left.write(a)
          right.write(b)
          // SAFETY: each matrix was made for these extents, rounded up to whole panels.
          unsafe Panels.multiply(
            left.base, left.layout, rows: m, depth: k, by: right.base, right.layout, columns: n,
            into: product.base, product.layout)
          #expect(product.read().map(\.bitPattern) == expected, "\(left.layout), \(right.layout)")
        }
      }
    }
    let sums = FloatStorage(count: m)
    for left in Laid.kinds(rows: k, columns: m) {
      for right in Laid.kinds(rows: k, columns: n) {
        left.write((0..<k * m).map { a[$0 % m * k + $0 / m] })
        right.write(b)
        let product = Laid(rows: m, columns: n, .rowMajor(n))
        // SAFETY: as above.
        unsafe Panels.multiplyTransposed(
          left.base, left.layout, rows: m, depth: k, by: right.base, right.layout, columns: n,
          into: product.base, product.layout, columnSums: sums.base)
        #expect(product.read().map(\.bitPattern) == expected, "\(left.layout), \(right.layout), aᵀ")
        for i in 0..<m {
          let sum = (0..<k).reduce(Float(0)) { $0 + a[i * k + $1] }
          let found = unsafe sums.base[i]
          #expect(found.bitPattern == sum.bitPattern, "\(left.layout), column \(i)")
        }
      }
    }
  }
}

/// A matrix in memory, NaN where it has no element.
private struct Laid {
  let rows: Int
  let columns: Int
  let layout: PanelLayout
  private let storage: FloatStorage

  init(rows: Int, columns: Int, _ layout: PanelLayout) {
    self.rows = rows
    self.columns = columns
    self.layout = layout
    storage = FloatStorage(
      count: layout.offset(row: rows, column: columns.roundedUpTo16) + 16, repeating: .nan)
  }

  static func kinds(rows: Int, columns: Int) -> [Laid] {
    [
      Laid(rows: rows, columns: columns, .rowMajor(columns.roundedUpTo16)),
      Laid(rows: rows, columns: columns, .rowMajor(columns.roundedUpTo16 + 16)),
      Laid(rows: rows, columns: columns, .panels(rows: rows)),
      Laid(
        rows: rows, columns: columns, PanelLayout(rowStride: 32, panelStride: 32 * rows + 16)),
    ]
  }

  var base: UnsafeMutablePointer<Float> { unsafe storage.base }

  func write(_ values: [Float]) {
    for (index, value) in values.enumerated() { unsafe storage.base[place(index)] = value }
  }

  func read() -> [Float] { (0..<rows * columns).map { unsafe storage.base[place($0)] } }

  private func place(_ index: Int) -> Int {
    let (row, column) = (index / columns, index % columns)
    return layout.offset(row: row, column: column)
  }
}
