// Text functions that otherwise only the larger half of Foundation has, which adds 40 MB of
// language data.
#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

extension String {
  /// Values formatted as by printf(3). The program never sets a locale, so the decimal point is a
  /// point.
  package init(printf format: String, _ values: any CVarArg...) {
    // SAFETY: the second call has the size that the first asked for, and an argument list of its
    // own.
    let size = unsafe Int(withVaList(values) { unsafe vsnprintf(nil, 0, format, $0) })
    var bytes = [CChar](repeating: 0, count: size + 1)
    _ = unsafe withVaList(values) { unsafe vsnprintf(&bytes, size + 1, format, $0) }
    self = String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The text, padded with spaces behind it to `width` characters; never cut.
  package func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

extension StringProtocol {
  /// The text without white space around it.
  package var trimmed: String { trimmed(of: \.isWhitespace) }

  /// The text without the characters around it that are among `those`.
  package func trimmed(of those: (Character) -> Bool) -> String {
    guard let first = firstIndex(where: { !those($0) }),
      let last = lastIndex(where: { !those($0) })
    else { return "" }
    return String(self[first...last])
  }
}
