extension String {
  /// The text with some scalars replaced, for a reader to whom they have a meaning of their own.
  ///
  /// It goes by scalars, not characters: after a `<` a combining mark, or before it a format
  /// control, makes another character of it for Swift, but not for who reads the text.
  ///
  /// - Parameter replacement: What stands for a scalar; nil if it stays.
  package func escaping(_ replacement: (Unicode.Scalar) -> String?) -> String {
    guard unicodeScalars.contains(where: { replacement($0) != nil }) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if let text = replacement(scalar) {
        result += text
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
