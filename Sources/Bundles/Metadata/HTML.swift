private import Files

/// Text for an HTML page.
package enum HTML {
  package static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// A value with at most four significant digits; from 1000 to below a million, all digits before
  /// the point.
  static func rounded(_ value: Double) -> String {
    value.magnitude >= 1000 && value.magnitude < 1e6
      ? String(printf: "%.0f", value) : String(printf: "%.4g", value)
  }
}
