/// Suggestions for misspelt names, and the spelling of numbers.
public enum Spelling {
  /// The closest of `names` within a third of its length in edits, or within one edit; ties go to
  /// the first. A text of two letters or more may also be the initials of a name.
  public static func nearest(to text: String, among names: [String]) -> String? {
    ConfigFields.nearest(to: text, among: names)
  }

  /// Whether a text is a number as JSON writes them (RFC 8259 §6).
  public static func isJSONNumber(_ text: String) -> Bool { ConfigFields.isDecimalNumber(text) }
}
