/// What somebody may have meant.
public enum Spelling {
  /// The closest of `names` within a third of its length in edits; ties go to the first.
  public static func nearest(to text: String, among names: [String]) -> String? {
    ConfigFields.nearest(to: text, among: names)
  }

  /// Whether a text is a number as JSON writes them (RFC 8259 §6).
  public static func isJSONNumber(_ text: String) -> Bool { ConfigFields.isDecimalNumber(text) }
}
