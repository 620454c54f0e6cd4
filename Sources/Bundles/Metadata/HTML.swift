private import Files

/// Text of a page.
package enum HTML {
  package static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// At most four significant digits, or all digits before the point.
  static func rounded(_ value: Double) -> String {
    value.magnitude >= 1000 && value.magnitude < 1e6
      ? String(printf: "%.0f", value) : String(printf: "%.4g", value)
  }
}
