import DeterministicNumerics
import Testing

/// Finds the order of every reduction from its results. Each row holds ones, one large value and
/// its negative. A one that is added to the large value is lost; any other one remains. So the sum
/// tells how many ones were added where. Tests every length from 1 to 300.
@Suite struct OrderOfSummationTests {
  private static let lengths = 1...300

  /// Two different places below `length`.
  private struct Pair {
    let large: Int
    let negative: Int
  }

  /// Both ends, two neighbours, two places in one lane, and random ones.
  private func pairs(_ length: Int, count: Int) -> [Pair] {
    guard length > 1 else { return [] }
    var stream = RandomStream(seed: UInt64(length), purpose: .examples, index: 0)
    func place() -> Int { Int(stream.nextInteger(below: UInt32(length))) }
    var pairs = [Pair(large: 0, negative: length - 1), Pair(large: length - 1, negative: 0)]
    let neighbour = place()
    pairs.append(Pair(large: neighbour, negative: (neighbour + 1) % length))
    if length > 16 {
      let first = Int(stream.nextInteger(below: UInt32(length - 16)))
      pairs.append(Pair(large: first, negative: first + 16))
    }
    while pairs.count < count {
      pairs.append(Pair(large: place(), negative: place()))
    }
    return pairs.filter { $0.large != $0.negative }
  }

  private func terms(_ length: Int, _ pair: Pair?, large: Float = 0x1p40) -> [Float] {
    var terms = [Float](repeating: 1, count: length)
    if let pair {
      terms[pair.large] = large
      terms[pair.negative] = -large
    }
    return terms
  }

  // MARK: Along a row

  @Test func rowSums() {
    for length in Self.lengths {
      for pair in pairs(length, count: 80) {
        let row = terms(length, pair)
        #expect(RowSum.sum(row.span) == definedRowSum(row), "\(length), \(pair)")
      }
    }
  }

  @Test func rowSumsInBinary64() {
    for length in Self.lengths {
      for pair in pairs(length, count: 60) {
        let row = terms(length, pair, large: 0x1p80).map(Double.init)
        #expect(RowSum.sum(row.span) == definedRowSum(row), "\(length), \(pair)")
      }
    }
  }

  /// Squares cannot cancel. 2^54 absorbs the others by fours, so the sum depends on how they are
  /// grouped.
  @Test func sumsOfSquares() {
    for length in Self.lengths {
      for pair in pairs(length, count: 40) {
        var row = terms(length, pair, large: 1)
        row[pair.large] = 0x1p27
        let defined: Double = definedRowSum(row) { $0 += Double($1) * Double($1) }
        #expect(RowSum.sumOfSquares(row.span) == defined, "\(length), \(pair)")
      }
    }
  }

  @Test func dotProducts() {
    let x = FloatStorage(count: 304)
    let y = FloatStorage(count: 304)
    for length in Self.lengths {
      for pair in pairs(length, count: 60) {
        let row = terms(length, pair, large: 0x1p20)
        let other = terms(length, pair, large: 0x1p20).map(\.magnitude)
        // SAFETY: both have room for the longest.
        for i in 0..<length {
          unsafe x.base[i] = row[i]
          unsafe y.base[i] = other[i]
        }
        let found = unsafe RowSum.dot(x.base, y.base, count: length)
        let defined: Float = definedRowSum(Array(zip(row, other))) { $0.addProduct($1.0, $1.1) }
        #expect(found == defined, "\(length), \(pair)")
      }
    }
  }

  /// With x̂ = 0 only mean(u) counts; with x̂ = 1 both mean(u) and mean(u · x̂) do.
  @Test func sumsOfTheGradientOfANormalisation() {
    for width in stride(from: 16, through: 304, by: 16) {
      let storage = (0..<4).map { _ in FloatStorage(count: width, repeating: 1) }
      for pair in pairs(width, count: 40) {
        let row = terms(width, pair)
        for unit: Float in [0, 1] {
          // SAFETY: all four have `width` elements.
          for i in 0..<width {
            unsafe storage[0].base[i] = row[i]
            unsafe storage[1].base[i] = unit
          }
          unsafe LayerNorm.backward(
            storage[0].base, width: width, gamma: storage[2].base, normalized: storage[1].base,
            rstd: 1, into: storage[3].base)
          let mean = definedRowSum(row) / Float(width)
          let slope = unit * mean
          let defined = row.map { ($0 - mean).addingProduct(-slope, unit) }
          let found = (0..<width).map { unsafe storage[3].base[$0] }
          #expect(found == defined, "\(width), \(pair), x̂ = \(unit)")
        }
      }
    }
  }

  // MARK: Down a column

  /// In ascending order, only the ones after both large values remain.
  private func left(_ length: Int, _ pair: Pair?) -> Float {
    guard let pair else { return Float(length) }
    return Float(length - 1 - max(pair.large, pair.negative))
  }

  /// `count` chains, each with its own pair, and what remains of each.
  private func chains(_ length: Int, count: Int) -> (terms: [[Float]], left: [Float]) {
    let pairs = pairs(length, count: count + 4)
    let chosen = (0..<count).map { $0 < pairs.count ? pairs[$0] : nil }
    return (chosen.map { terms(length, $0) }, chosen.map { left(length, $0) })
  }

  @Test func columnSums() {
    let columns = 51
    let matrix = FloatStorage(count: 300 * columns)
    let ones = FloatStorage(count: 300 * columns, repeating: 1)
    let out = FloatStorage(count: columns)
    let products = FloatStorage(count: columns)
    for length in Self.lengths {
      let (terms, left) = chains(length, count: columns)
      // SAFETY: the matrix has room for 300 rows.
      for row in 0..<length {
        for column in 0..<columns {
          unsafe matrix.base[row * columns + column] = terms[column][row]
        }
      }
      unsafe ColumnSum.sum(
        matrix.base, .rowMajor(columns), rows: length, columns: columns, into: out.base)
      for column in 0..<columns {
        let found = unsafe out.base[column]
        #expect(found == left[column], "\(length), column \(column)")
      }
      unsafe ColumnSum.sumsAndProducts(
        matrix.base, ones.base, .rowMajor(columns), rows: length, columns: 48, sums: out.base,
        products: products.base)
      for column in 0..<48 {
        let found = unsafe (out.base[column], products.base[column])
        #expect(found == (left[column], left[column]), "\(length), column \(column), products")
      }
    }
  }

  @Test func matrixProducts() {
    for length in Self.lengths {
      let m = 1 + length % 13
      let n = 1 + length % 17
      let (terms, left) = chains(length, count: m)
      let expected = left.flatMap { [Float](repeating: $0, count: n) }
      let a = terms.flatMap { $0 }
      let transposed = (0..<length).flatMap { k in terms.map { $0[k] } }
      let ones = [Float](repeating: 1, count: length * n)
      var out = [Float](repeating: .nan, count: m * n)
      var span = out.mutableSpan
      MatrixProduct.multiply(a.span, ones.span, into: &span, m: m, n: n, k: length)
      #expect(out == expected, "\(m) x \(n) x \(length)")
      var other = [Float](repeating: .nan, count: m * n)
      var otherSpan = other.mutableSpan
      MatrixProduct.multiplyTransposed(
        transposed.span, ones.span, into: &otherSpan, m: m, n: n, k: length)
      #expect(other == expected, "\(m) x \(n) x \(length), aᵀ")
    }
  }
}
