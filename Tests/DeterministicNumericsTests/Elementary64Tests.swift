import DeterministicNumerics
import Foundation
import Testing

/// exp, log, log10 and pow of binary64. `Tests/ExhaustiveElementary` has far more arguments.
@Suite struct Elementary64Tests {
  /// Hard arguments, and places where the evaluation changes, computed by mpmath with 60 digits.
  @Test(arguments: Function64.allCases)
  func isNearTheRealValue(function: Function64) throws {
    let cases = try Self.fixture().filter { $0.function == function }
    try #require(cases.count >= 300)
    var largest = 0.0
    for one in cases {
      let result = function(one.x, one.y)
      // `result` and `nearest` are multiples of the unit, or one is the power of two below it.
      let error = ((result - one.nearest) / one.nearest.ulp - one.rest).magnitude
      #expect(error < function.errorBound, "\(function)(\(one.x), \(one.y)) is \(result)")
      largest = max(largest, error)
    }
    // The hardest arguments are as hard as claimed.
    #expect(largest > 0.499)
  }

  @Test func powersOfTwoAreExact() {
    for n in -1074...1023 {
      let power = Double(sign: .plus, exponent: n, significand: 1)
      #expect(Elementary64.pow(2, Double(n)) == power)
      #expect(Elementary64.pow(0.5, Double(-n)) == power)
      if n % 2 == 0 { #expect(Elementary64.pow(4, Double(n / 2)) == power) }
      if n % 2 == 0, n >= -1022 { #expect(Elementary64.pow(power, 0.5) == power.squareRoot()) }
      #expect(Elementary64.pow(power, -1) == 1 / power)
    }
    #expect(Elementary64.pow(2, 1024) == .infinity)
    #expect(Elementary64.pow(2, -1075) == 0)
    #expect(Elementary64.pow(2, -1074.5) == 0x1p-1074)
    #expect(Elementary64.pow(2, -1075.5) == 0)
  }

  /// Compares with the nearest binary64 number, as Swift reads it from decimal digits.
  @Test func powersOfTenAreTheNearest() throws {
    for n in -330...310 {
      let power = try #require(Double("1e\(n)"))
      #expect(Elementary64.pow(10, Double(n)).bitPattern == power.bitPattern, "10^\(n)")
      // Below this range the nearest number is subnormal, and its logarithm is not the integer.
      if n >= -307, n <= 308 { #expect(Elementary64.log10(power) == Double(n)) }
    }
  }

  @Test func powersOfIntegersAreExact() {
    for base in 2...40 {
      var power = 1.0
      for exponent in 0... {
        let ofNegative = exponent % 2 == 0 ? power : -power
        #expect(Elementary64.pow(Double(base), Double(exponent)) == power)
        #expect(Elementary64.pow(Double(-base), Double(exponent)) == ofNegative)
        power *= Double(base)
        if power > 0x1p53 { break }
      }
    }
    #expect(Elementary64.pow(6.25, 1.5) == 15.625)
    #expect(Elementary64.pow(0x1p-20, 0.75) == 0x1p-15)
  }

  /// The largest and the smallest argument with a result in range, and their neighbours.
  @Test func endsOfExp() {
    #expect(Elementary64.exp(0x1.62e42fefa39efp9) == 0x1.fffffffffff2ap1023)
    #expect(Elementary64.exp(0x1.62e42fefa39fp9) == .infinity)
    #expect(Elementary64.exp(.greatestFiniteMagnitude) == .infinity)
    #expect(Elementary64.exp(-0x1.74910d52d3051p9) == 0x1p-1074)
    #expect(Elementary64.exp(-0x1.74910d52d3052p9).bitPattern == 0)
    #expect(Elementary64.exp(-.greatestFiniteMagnitude).bitPattern == 0)
    #expect(Elementary64.exp(0x1p-54) == 1)
    #expect(Elementary64.exp(0x1p-53) == 1)
    #expect(Elementary64.exp(0x1.0000000000001p-53) == 1 + 0x1p-52)
    #expect(Elementary64.exp(-0x1.0000000000001p-54) == 1 - 0x1p-53)
    for tiny in [0, .leastNonzeroMagnitude, .leastNormalMagnitude] as [Double] {
      #expect(Elementary64.exp(tiny) == 1)
      #expect(Elementary64.exp(-tiny) == 1)
    }
  }

  /// A larger argument never has a smaller result. This is tested at the borders of the reduction
  /// and where the spacing of numbers changes.
  @Test func isMonotonic() {
    let halves = (-2100...2040).map { Double($0) * 0.5 * 0x1.62e42fefa39efp-1 }
    let powers = (-1060...1020).map { Double(sign: .plus, exponent: $0, significand: 1) }
    let roots = powers.map { $0 * 0x1.6a09e667f3bcdp0 }
    expectMonotonic("exp", around: halves, Elementary64.exp)
    expectMonotonic("log", around: powers + roots, Elementary64.log)
    expectMonotonic("log10", around: powers + roots, Elementary64.log10)
    expectMonotonic("x^0.3", around: powers + roots) { Elementary64.pow($0, 0.3) }
    expectMonotonic("1.5^y", around: halves) { Elementary64.pow(1.5, $0) }
  }

  private func expectMonotonic(
    _ name: String, around centres: [Double], _ function: (Double) -> Double
  ) {
    for centre in centres {
      var x = centre
      for _ in 0..<8 { x = x.nextDown }
      var last = function(x)
      for _ in 0..<16 {
        x = x.nextUp
        let next = function(x)
        #expect(next >= last, "\(name) at \(x)")
        last = next
      }
    }
  }

  @Test func specialValuesOfLogarithms() {
    for log in [Elementary64.log, Elementary64.log10] as [(Double) -> Double] {
      #expect(log(0) == -.infinity)
      #expect(log(-0.0) == -.infinity)
      #expect(log(1).bitPattern == 0)
      #expect(log(.infinity) == .infinity)
      for negative: Double in [-.leastNonzeroMagnitude, -1, -.infinity] {
        #expect(log(negative).isNaN)
      }
    }
    #expect(Elementary64.log(.leastNonzeroMagnitude) == -0x1.74385446d71c3p9)
    #expect(Elementary64.log(.greatestFiniteMagnitude) == 0x1.62e42fefa39efp9)
  }

  @Test func specialValuesOfExp() {
    #expect(Elementary64.exp(0.0) == 1)
    #expect(Elementary64.exp(-0.0) == 1)
    #expect(Elementary64.exp(.infinity) == .infinity)
    #expect(Elementary64.exp(-.infinity).bitPattern == 0)
  }

  @Test(
    arguments: [0x7ff0_0000_0000_0001, 0x7ff8_0000_0000_0000, 0xffff_ffff_ffff_ffff] as [UInt64])
  func nanGivesNaN(bits: UInt64) {
    let nan = Double(bitPattern: bits)
    #expect(Elementary64.exp(nan).isNaN)
    #expect(Elementary64.log(nan).isNaN)
    #expect(Elementary64.log10(nan).isNaN)
    #expect(Elementary64.pow(nan, 1).isNaN)
    #expect(Elementary64.pow(2, nan).isNaN)
    #expect(Elementary64.pow(nan, .infinity).isNaN)
    #expect(Elementary64.pow(-.infinity, nan).isNaN)
    #expect(Elementary64.pow(nan, 0) == 1)
    #expect(Elementary64.pow(nan, -0.0) == 1)
    #expect(Elementary64.pow(1, nan) == 1)
  }

  /// Annex F of C lists all of these.
  @Test(
    arguments: [
      (0, 3, 0), (-0.0, 3, -0.0), (0, -3, .infinity), (-0.0, -3, -.infinity),
      (0, 2, 0), (-0.0, 2, 0), (-0.0, -2, .infinity), (-0.0, 0.5, 0), (-0.0, -0.5, .infinity),
      (0, .infinity, 0), (0, -.infinity, .infinity), (-0.0, -.infinity, .infinity), (0, 0, 1),
      (-1, .infinity, 1), (-1, -.infinity, 1), (1, .infinity, 1), (1, 0.3, 1), (-1, 0x1p60, 1),
      (-1, 0x1.fffffffffffffp52, -1), (-1, 0x1p53, 1), (0.5, -.infinity, .infinity),
      (-0.5, -.infinity, .infinity), (2, -.infinity, 0), (-2, -.infinity, 0), (-0.5, .infinity, 0),
      (0.5, .infinity, 0), (-2, .infinity, .infinity), (2, .infinity, .infinity),
      (-.infinity, -3, -0.0), (-.infinity, -2, 0), (-.infinity, -0.5, 0),
      (-.infinity, 3, -.infinity), (-.infinity, 2, .infinity), (-.infinity, 0.5, .infinity),
      (-.infinity, .infinity, .infinity), (-.infinity, -.infinity, 0), (.infinity, -0.5, 0),
      (.infinity, 0.5, .infinity),
      (.infinity, 0, 1), (-2, 3, -8), (-2, 2, 4), (-2, -3, -0.125), (2, 1e300, .infinity),
      (2, -1e300, 0), (-2, -0x1.fffffffffffffp52, -0.0), (-2, 0x1.fffffffffffffp52, -.infinity),
      (.greatestFiniteMagnitude, .greatestFiniteMagnitude, .infinity),
      (.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0),
      (.leastNonzeroMagnitude, .greatestFiniteMagnitude, 0), (3, .leastNonzeroMagnitude, 1),
      (.greatestFiniteMagnitude, 1, .greatestFiniteMagnitude),
      (.leastNonzeroMagnitude, 1, .leastNonzeroMagnitude),
    ] as [(Double, Double, Double)])
  func specialValuesOfPow(x: Double, y: Double, expected: Double) {
    #expect(Elementary64.pow(x, y).bitPattern == expected.bitPattern)
  }

  @Test func powersOfNegativeNumbersThatAreNotReal() {
    for x: Double in [-1, -2.5, -.leastNonzeroMagnitude, -.greatestFiniteMagnitude] {
      for y: Double in [0.5, -0.5, 1e-300, 3.000000001, 0x1.fffffffffffffp51] {
        #expect(Elementary64.pow(x, y).isNaN)
      }
    }
  }
}

enum Function64: String, CaseIterable, Sendable {
  case exp, log, log10, pow

  /// In units in the last place, as the functions document it.
  var errorBound: Double { self == .pow ? 0.51 : 0.501 }

  func callAsFunction(_ x: Double, _ y: Double) -> Double {
    switch self {
    case .exp: Elementary64.exp(x)
    case .log: Elementary64.log(x)
    case .log10: Elementary64.log10(x)
    case .pow: Elementary64.pow(x, y)
    }
  }
}

extension Elementary64Tests {
  /// A line of the fixture.
  struct Case {
    var function: Function64
    var x: Double
    /// 0 for all but pow.
    var y = 0.0
    /// The binary64 number nearest to the real value.
    var nearest: Double
    /// The real value minus `nearest`, in units in the last place of `nearest`.
    var rest: Double
  }

  static func fixture() throws -> [Case] {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/binary64.txt")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
      let words = line.split(separator: " ")
      let function = try #require(Function64(rawValue: String(words[0])))
      try #require(words.count == (function == .pow ? 5 : 4))
      let numbers = try words[1..<words.count - 1].map {
        Double(bitPattern: try #require(UInt64($0, radix: 16)))
      }
      let millionths = try #require(Int(words[words.count - 1]))
      return Case(
        function: function, x: numbers[0], y: numbers.count == 3 ? numbers[1] : 0,
        nearest: numbers[numbers.count - 1], rest: Double(millionths) * 1e-6)
    }
  }
}
