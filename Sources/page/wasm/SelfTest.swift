import DeterministicNumerics

/// Whether multiply-adds on vectors are rounded once here: those of relaxed SIMD are where the
/// browser's machine has the instruction, and where the browser uses it.
@_cdecl("page_rounds_once")
public func pageRoundsOnce() -> Int32 {
  var bits: UInt32 = 1
  func next() -> Float {
    // Xorshift (G. Marsaglia, 2003), to a number from 1 to 2 of either sign.
    bits ^= bits << 13
    bits ^= bits >> 17
    bits ^= bits << 5
    return Float(bitPattern: bits & 0x807f_ffff | 0x3f80_0000)
  }
  for _ in 0..<256 {
    let a = SIMD4<Float>(next(), next(), next(), next())
    let b = SIMD4<Float>(next(), next(), next(), next())
    let c = SIMD4<Float>(next(), next(), next(), next())
    let sum = c.addingProduct(a, b)
    for lane in 0..<4 where sum[lane] != c[lane].addingProduct(a[lane], b[lane]) { return 0 }
  }
  return 1
}
