import Files
import RunRecords

/// Text that is safe for a terminal: on one line, without control characters.
enum TerminalText {
  /// `text` on one line, with every character escaped that a terminal could obey: control
  /// characters, and those that change the direction of writing. Where the locale is not UTF-8, in
  /// ASCII.
  static func line(_ text: String) -> String {
    let line = escaped(text)
    return isUTF8 ? line : ascii(line)
  }

  /// A line that we have drawn ourselves, colours included, in the locale's characters.
  static func drawing(_ text: String) -> String { isUTF8 ? text : ascii(text) }

  /// Whether the locale's characters are UTF-8. The first of these variables that is set decides,
  /// as POSIX has it; an empty one counts as unset.
  static let isUTF8: Bool = {
    let environment = ProcessFacts.environment
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }
      .first { !$0.isEmpty }
    return locale?.lowercased().replacing("-", with: "").contains("utf8") ?? false
  }()

  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control where scalar == "\n" || scalar == "\t": result += " "
      case .control, .format, .lineSeparator, .paragraphSeparator: result += escape(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The same JSON with every such character in a string as `\u` escapes; canonical where it has
  /// none.
  static func json(_ value: CanonicalJSON) -> String {
    let text = value.text
    guard !text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Bytes that need not be UTF-8; those that are not are written as `\xe9`.
  static func escaped(bytes: [UInt8]) -> String {
    var result = ""
    var rest = bytes[...]
    while let first = rest.first {
      let character = (1...4).lazy.compactMap { String(validating: rest.prefix($0), as: UTF8.self) }
        .first
      result += character.map(escaped) ?? "\\x" + String(first, radix: 16)
      rest = rest.dropFirst(character?.utf8.count ?? 1)
    }
    return result
  }

  /// `text` in ASCII: our own symbols in letters, anything else escaped.
  static func ascii(_ text: String) -> String {
    var result = ""
    var isAfterLetter = false
    for scalar in text.unicodeScalars {
      let isGreek = ("Α"..."ω").contains(scalar)
      // ηλ is a product.
      if isGreek && isAfterLetter { result += "*" }
      isAfterLetter = isGreek
      result += scalar.isASCII ? String(scalar) : spelling[scalar] ?? escape(scalar)
    }
    return result
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    "\\u{" + String(scalar.value, radix: 16) + "}"
  }

  /// The characters beyond ASCII that reports use. Accents stand behind their letter.
  private static let spelling: [Unicode.Scalar: String] = [
    "±": "+-", "²": "^2", "³": "^3", "·": "*", "×": "x", "\u{302}": "^", "\u{303}": "~",
    "Δ": "Delta", "Σ": "Sum", "γ": "gamma", "η": "eta", "θ": "theta", "κ": "kappa",
    "λ": "lambda", "π": "pi", "ρ": "rho", "σ": "sigma", "–": "-", "—": "-", "‖": "||", "’": "'",
    "“": "\"", "”": "\"", "…": "...", "−": "-", "∞": "inf", "≤": "<=", "≥": ">=", "≠": "!=",
    "≈": "~", "√": "sqrt", "→": "->",
  ]
}
