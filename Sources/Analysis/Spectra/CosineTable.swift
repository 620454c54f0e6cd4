/// cos(2πj/p) and sin(2πj/p) for j in 0 ..< p, each the binary64 nearest to the exact value. A
/// spectrum is therefore the same on every machine, whatever its C library.
///
/// The angle is reduced to the first octant in integers. There the Taylor series is summed in pairs
/// of binary64 (a value and its rounding error: Dekker 1971, Knuth's two-sum) to about 100 bits,
/// and rounded once.
struct CosineTable: Sendable {
  private(set) var cosines: [Double] = []
  private(set) var sines: [Double] = []

  /// - Parameter period: p, at least 1 and less than 2^24.
  init(period: Int) {
    precondition(period > 0 && period < 1 << 24, "a period of \(period)")
    for j in 0..<period {
      let (octant, rest) = (8 * j).quotientAndRemainder(dividingBy: period)
      // Odd octants are mirrored, so the angle stays in [0, π/4].
      let (cosine, sine) = Self.firstOctant(octant % 2 == 0 ? rest : period - rest, of: period)
      let (x, y) =
        switch octant {
        case 0: (cosine, sine)
        case 1: (sine, cosine)
        case 2: (-sine, cosine)
        case 3: (-cosine, sine)
        case 4: (-cosine, -sine)
        case 5: (-sine, -cosine)
        case 6: (sine, -cosine)
        default: (cosine, -sine)
        }
      // Adding 0 makes a negative zero positive.
      cosines.append(x + 0)
      sines.append(y + 0)
    }
  }

  /// The cosine and sine of π/4 · part/whole.
  private static func firstOctant(_ part: Int, of whole: Int) -> (cosine: Double, sine: Double) {
    // π/4 to 107 bits.
    let quarter = Pair(high: 0.785398163397448279, low: 3.0616169978683830e-17)
    let angle = (quarter * Double(part)) / Double(whole)
    let square = angle * angle
    var term = Pair(high: 1, low: 0)
    var cosine = term
    var sine = Pair(high: 0, low: 0)
    // (π/4)^n / n! is below 2^−110 from n = 29 on.
    for n in 1...30 {
      if n % 2 == 1 {
        // An odd term is the even term before it, times the angle, divided by n. `term` is kept
        // without the angle, so that the product's rounding does not enter later terms.
        term = term / Double(n)
        let odd = term * angle
        sine = n % 4 == 1 ? sine + odd : sine - odd
      } else {
        term = (term * square) / Double(n)
        cosine = n % 4 == 0 ? cosine + term : cosine - term
      }
    }
    return (cosine.high, sine.high)
  }
}

/// A number as the sum of two binary64, the second at most half a unit in the last place of the
/// first.
private struct Pair {
  var high: Double
  var low: Double

  init(high: Double, low: Double) {
    self.high = high + low
    self.low = low - (self.high - high)
  }

  static func + (a: Pair, b: Pair) -> Pair {
    let sum = a.high + b.high
    let part = sum - a.high
    let error = (a.high - (sum - part)) + (b.high - part)
    return Pair(high: sum, low: error + (a.low + b.low))
  }

  static func - (a: Pair, b: Pair) -> Pair { a + Pair(high: -b.high, low: -b.low) }

  static func * (a: Pair, b: Pair) -> Pair {
    let product = a.high * b.high
    let error = (-product).addingProduct(a.high, b.high)
    return Pair(high: product, low: error + (a.high * b.low + a.low * b.high))
  }

  static func * (a: Pair, b: Double) -> Pair { a * Pair(high: b, low: 0) }

  static func / (a: Pair, b: Double) -> Pair {
    let quotient = a.high / b
    let rest = a.high.addingProduct(-quotient, b) + a.low
    return Pair(high: quotient, low: rest / b)
  }
}
