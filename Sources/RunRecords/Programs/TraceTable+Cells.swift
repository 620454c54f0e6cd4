// Finds the type of a column from all its cells in a file that some program wrote.

extension TraceTable.Values {
  /// The cells as they are spelt in a file; nil is a gap.
  ///
  /// Integers, if every cell is plain decimal digits that fit Int. Else numbers, if `number(_:)`
  /// reads every cell. Else the texts as they are. Digits that neither type holds exactly are a
  /// text, so two of them are equal only if they are spelt the same.
  public init(cells: [String?]) {
    let isInteger = cells.allSatisfy { $0.map { Self.integer($0) != nil } ?? true }
    if isInteger {
      self = .integers(cells.map { $0.flatMap(Self.integer) })
      return
    }
    let isNumber = cells.allSatisfy { $0.map { Self.number($0) != nil } ?? true }
    self = isNumber ? .numbers(cells.map { $0.flatMap(Self.number) }) : .texts(cells)
  }

  /// Plain decimal digits, with an optional minus: no `+1`, `007`, `1e3`, `-0`.
  public static func integer(_ text: String) -> Int? {
    ConfigFields.isDecimalInteger(text) ? Int(text) : nil
  }

  /// A number as JSON, C and Python write it: also `+1`, `.5`, `1.`, `1E5`, and nan, inf and
  /// infinity in upper or lower case. Beyond the range of binary64 it becomes infinite or 0, as
  /// they read it. Nil for anything else, such as `0x10`, `1_000`, `007`, and digits alone that no
  /// binary64 equals.
  public static func number(_ text: String) -> Double? {
    var rest = text.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    switch rest.count <= 8 ? Substring(rest).lowercased() : "" {
    case "nan": return .nan
    case "inf", "infinity": return isNegative ? -.infinity : .infinity
    default: break
    }
    guard let first = rest.first else { return nil }
    let digits = rest.prefix(while: isDigit)
    guard digits.count < 2 || first != UInt8(ascii: "0") else { return nil }
    // JSON requires digits on both sides of the point.
    var spelling = isNegative ? "-" : ""
    spelling += digits.isEmpty ? "0" : String(Substring(digits))
    rest = rest.dropFirst(digits.count)
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      guard !digits.isEmpty || !fraction.isEmpty else { return nil }
      spelling += "." + (fraction.isEmpty ? "0" : String(Substring(fraction)))
      rest = rest.dropFirst(1 + fraction.count)
    } else if digits.isEmpty {
      return nil
    }
    guard let tail = String(rest) else { return nil }
    spelling += tail
    guard ConfigFields.isDecimalNumber(spelling), let value = Double(spelling) else { return nil }
    if ConfigFields.isDecimalInteger(spelling) && !isExact(value, spelling) { return nil }
    return value
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Whether the value equals these decimal digits. Below 2^53 it always does.
  private static func isExact(_ value: Double, _ digits: String) -> Bool {
    guard value.magnitude >= 0x1p53 else { return true }
    return Int128(exactly: value).map(String.init) == digits
  }
}
