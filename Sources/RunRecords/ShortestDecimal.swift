/// The shortest decimal that reads back to the same binary64, in the layout of ECMAScript's
/// Number::toString, as RFC 8785 §3.2.2.3 requires: plain digits for 1e-6 ≤ |x| < 1e21, else an
/// exponent.
///
/// - Precondition: `value` is finite.
public func shortestDecimal(_ value: Double) -> String {
  precondition(value.isFinite, "\(value) has no decimal form here")
  if value == 0 { return "0" }
  // Integers lie at most 1 apart up to here, so no shorter decimal reads back to the same integer.
  if value.magnitude <= 0x1p53, let integer = Int64(exactly: value) { return String(integer) }
  // In this range Swift lays out the same digits in the same way.
  if (0.001..<1e15).contains(value.magnitude) { return value.description }
  return ecmaScriptLayout(of: value)
}

/// The same for any value but 0, but slower.
func ecmaScriptLayout(of value: Double) -> String {
  let sign = value < 0 ? "-" : ""
  let (digits, exponent) = decimalDigits(of: value.magnitude)
  // The value is 0.d1d2d3… × 10^exponent.
  let count = digits.count
  if count <= exponent && exponent <= 21 {
    return sign + digits + String(repeating: "0", count: exponent - count)
  }
  if 0 < exponent && exponent <= 21 {
    return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
  }
  if -6 < exponent && exponent <= 0 {
    return sign + "0." + String(repeating: "0", count: -exponent) + digits
  }
  let power = exponent - 1
  let mantissa = count == 1 ? digits : digits.prefix(1) + "." + digits.dropFirst()
  return sign + mantissa + "e" + (power < 0 ? "-" : "+") + String(power.magnitude)
}

/// The shortest digits d1d2…dn (d1, dn ≠ 0) and e with value = 0.d1d2…dn × 10^e. Swift's
/// `description` finds the same digits as ECMAScript (the shortest, and among those the closest).
/// Only its layout differs.
private func decimalDigits(of value: Double) -> (digits: String, exponent: Int) {
  var exponent = 0
  var digits: [UInt8] = []
  var seenPoint = false
  var text = Substring(value.description).utf8
  if let mark = text.firstIndex(of: UInt8(ascii: "e")) {
    exponent = Int(Substring(text[text.index(after: mark)...]))!
    text = text[..<mark]
  }
  for byte in text {
    if byte == UInt8(ascii: ".") {
      seenPoint = true
      continue
    }
    if digits.isEmpty && byte == UInt8(ascii: "0") {
      if seenPoint { exponent -= 1 }
      continue
    }
    digits.append(byte)
    if !seenPoint { exponent += 1 }
  }
  while digits.last == UInt8(ascii: "0") { digits.removeLast() }
  return (String(decoding: digits, as: UTF8.self), exponent)
}
