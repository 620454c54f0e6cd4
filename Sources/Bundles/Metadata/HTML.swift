private import Files

/// Text for an HTML page.
package enum HTML {
  /// What neither HTML nor XML can have, as control characters, becomes U+FFFD.
  package static func escaped(_ text: String) -> String {
    text.escaping { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "\n", "\t": nil
      case "\0"..."\u{1f}", "\u{7f}", "\u{fffe}", "\u{ffff}": "\u{fffd}"
      default: nil
      }
    }
  }

  /// JSON that cannot end the element of a script that it stands in.
  package static func inScript(_ json: String) -> String {
    json.escaping { $0 == "<" ? "\\u003c" : nil }
  }

  /// A value with at most four significant digits; from 1000 to below a million, all digits before
  /// the point.
  static func rounded(_ value: Double) -> String {
    value.magnitude >= 1000 && value.magnitude < 1e6
      ? String(printf: "%.0f", value) : String(printf: "%.4g", value)
  }
}
