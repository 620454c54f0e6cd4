/// Characters that look like a space or like nothing, and that YAML treats as letters.
extension String {
  /// The first such character in words, as "a no-break space (U+00A0)"; nil if there is none.
  package var oddSpace: String? {
    unicodeScalars.first(where: { $0.isOddSpace }).map { scalar in
      let code = String(scalar.value, radix: 16, uppercase: true)
      let digits = String(repeating: "0", count: max(0, 4 - code.count)) + code
      return "a \(scalar.properties.name?.lowercased() ?? "character") (U+\(digits))"
    }
  }

  /// The text with each such character spelt as `\u{a0}`.
  package var showingOddSpaces: String {
    guard unicodeScalars.contains(where: { $0.isOddSpace }) else { return self }
    return unicodeScalars.map { scalar in
      scalar.isOddSpace ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }.joined()
  }
}

extension Unicode.Scalar {
  fileprivate var isOddSpace: Bool {
    switch properties.generalCategory {
    case .spaceSeparator: self != " "
    case .format: true
    default: false
    }
  }
}
