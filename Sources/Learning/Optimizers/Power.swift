/// base^exponent in binary64 by repeated squaring from the lowest bit. Any step can so be reached
/// without the steps before it.
func power(_ base: Double, _ exponent: Int) -> Double {
  var result = 1.0
  var square = base
  var rest = exponent
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
