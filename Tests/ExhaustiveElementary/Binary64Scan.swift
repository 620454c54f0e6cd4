/// Compares a function of binary64 with the oracle on random arguments.
struct Binary64Scan {
  /// The state of SplitMix64 (Steele, Lea, Flood 2014).
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  enum Function: CaseIterable { case exp, log, log10, pow }

  mutating func run(_ function: Function, count: Int) -> scan_tally {
    var tally = scan_tally()
    for _ in 0..<count {
      switch function {
      case .exp:
        let x = exponent()
        scan(101, x, 0, Elementary64.exp(x), &tally)
      case .log:
        let x = base()
        scan(108, x, 0, Elementary64.log(x), &tally)
      case .log10:
        let x = base()
        scan(116, x, 0, Elementary64.log10(x), &tally)
      case .pow:
        let x = base()
        // Four in five results are in range, whatever x is. For x = 1, log x is 0.
        let isSmall = x == 1 || bits() % 5 == 0
        let y = isSmall ? Double(bits() % 41) - 20 : exponent() / Elementary64.log(x)
        scan(112, x, y, Elementary64.pow(x, y), &tally)
      }
    }
    return tally
  }

  private mutating func bits() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// In [0, 1).
  private mutating func share() -> Double { Double(bits() >> 11) * 0x1p-53 }

  private mutating func sign() -> Double { bits() & 1 == 0 ? 1 : -1 }

  /// A number whose exp is in binary64's range: even spread, near zero, or near subnormal results.
  private mutating func exponent() -> Double {
    switch bits() % 4 {
    case 0: sign() * share()
    case 1: sign() * Double(sign: .plus, exponent: -Int(bits() % 64), significand: 1 + share())
    case 2: -746 + share() * 40
    default: -745.1 + share() * (709.78 + 745.1)
    }
  }

  /// A positive number: with any bits, from 1/2 to 2, or near 1.
  private mutating func base() -> Double {
    switch bits() % 3 {
    case 0: Double(bitPattern: 1 + bits() % 0x7fef_ffff_ffff_ffff)
    case 1: 0.5 + share() * 1.5
    default:
      1 + sign() * Double(sign: .plus, exponent: -2 - Int(bits() % 50), significand: 1 + share())
    }
  }
}
