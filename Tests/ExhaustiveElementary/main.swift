// Compares one elementary function of binary32, scalar and SIMD8, with the oracle over a range of
// bit patterns, or the functions of binary64 over random arguments. run.sh compiles this together
// with the sources of the functions, and starts it.
//
//   exhaustive FUNCTION FIRST LAST     FIRST and LAST count blocks of 2^20 inputs, 0 … 4096
//   exhaustive gelu FIRST LAST
//   exhaustive binary64 SEED COUNT

let blockSize = 1 << 20

if CommandLine.arguments.count == 4, CommandLine.arguments[1] == "binary64",
  let seed = UInt64(CommandLine.arguments[2]), let count = Int(CommandLine.arguments[3])
{
  for function in Binary64Scan.Function.allCases {
    var scan = Binary64Scan(seed: seed)
    let tally = scan.run(function, count: count)
    print(function, tally.arguments, tally.not_nearest, tally.largest, tally.x, tally.y)
  }
  exit(0)
}

// GELU and its slope take two results from one row of the table. They are compared with the
// functions that the other scans check with the oracle.
if CommandLine.arguments.count == 4, CommandLine.arguments[1] == "gelu",
  let firstBlock = Int(CommandLine.arguments[2]), let lastBlock = Int(CommandLine.arguments[3])
{
  var unlike = 0
  func differs(_ a: Float, _ b: Float) -> Bool {
    a.bitPattern != b.bitPattern && !(a.isNaN && b.isNaN)
  }
  for start in stride(from: firstBlock * blockSize, to: lastBlock * blockSize, by: 8) {
    var x = SIMD8<Float>()
    for lane in 0..<8 { x[lane] = Float(bitPattern: UInt32(start + lane)) }
    let (t, y) = (x * 0x1.6a09e6p-1, x * x * -0.5)
    let both = Elementary.erfAndBell(t, y)
    for lane in 0..<8 {
      if differs(both.erf[lane], Elementary.erf(t[lane]))
        || differs(both.bell[lane], Elementary.exp(y[lane]))
      {
        unlike += 1
      }
    }
  }
  print("total gelu", (lastBlock - firstBlock) * blockSize, 0, unlike, 0)
  exit(0)
}

guard CommandLine.arguments.count == 4,
  let name = ["exp", "log", "erf", "cospi"].first(where: { $0 == CommandLine.arguments[1] }),
  let firstBlock = Int(CommandLine.arguments[2]), let lastBlock = Int(CommandLine.arguments[3])
else { fatalError("usage: exhaustive exp|log|erf|cospi FIRST LAST") }

/// Fills both arrays with the results for consecutive bit patterns from `first`.
@inline(__always)
func fill(
  _ scalar: inout [UInt32], _ vector: inout [UInt32], from first: UInt32,
  _ scalarFunction: (Float) -> Float, _ vectorFunction: (SIMD8<Float>) -> SIMD8<Float>
) {
  for start in stride(from: 0, to: blockSize, by: 8) {
    var x = SIMD8<Float>()
    for lane in 0..<8 { x[lane] = Float(bitPattern: first + UInt32(start + lane)) }
    let y = vectorFunction(x)
    for lane in 0..<8 {
      vector[start + lane] = y[lane].bitPattern
      scalar[start + lane] = scalarFunction(x[lane]).bitPattern
    }
  }
}

let letter: [String: CChar] = ["exp": 101, "log": 108, "erf": 114, "cospi": 99]
var scalar = [UInt32](repeating: 0, count: blockSize)
var vector = scalar
var result = tally()
var unlike = 0
let time = ContinuousClock().measure {
  for block in firstBlock..<lastBlock {
    let first = UInt32(block * blockSize)
    switch name {
    case "exp": fill(&scalar, &vector, from: first, { Elementary.exp($0) }, { Elementary.exp($0) })
    case "log": fill(&scalar, &vector, from: first, { Elementary.log($0) }, { Elementary.log($0) })
    case "erf": fill(&scalar, &vector, from: first, { Elementary.erf($0) }, { Elementary.erf($0) })
    default: fill(&scalar, &vector, from: first, { Elementary.cospi($0) }, { Elementary.cospi($0) })
    }
    check(letter[name]!, first, scalar, blockSize, &result)
    // The oracle has checked the scalar form; the vector form must agree with it, NaN for NaN.
    for i in 0..<blockSize where scalar[i] != vector[i] {
      if !(Float(bitPattern: scalar[i]).isNaN && Float(bitPattern: vector[i]).isNaN) { unlike += 1 }
    }
  }
}

func hexadecimal(_ bits: UInt32) -> String {
  let digits = String(bits, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}

print(
  "total", name, result.inputs, result.wrong, unlike, result.decided_by_mpfr,
  Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
withUnsafeBytes(of: result.first_wrong) { bytes in
  for bits in bytes.bindMemory(to: UInt32.self).prefix(Int(min(result.wrong, 8))) {
    let expected = expected_result(letter[name]!, bits)
    print(
      "wrong", name, hexadecimal(bits), Float(bitPattern: bits), "expected", hexadecimal(expected))
  }
}
withUnsafeBytes(of: result.hardest) { bits in
  withUnsafeBytes(of: result.hardest_distance) { distances in
    for (bits, distance) in zip(
      bits.bindMemory(to: UInt32.self), distances.bindMemory(to: Double.self))
    where distance > 0 {
      print("hard", name, hexadecimal(bits), Float(bitPattern: bits), distance)
    }
  }
}
