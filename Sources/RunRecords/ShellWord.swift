/// Words in a form that a shell reads back.
public enum ShellWord {
  /// `word`, in quotes if a shell needs them. Characters that could control a terminal are escaped.
  public static func quoted(_ word: String) -> String {
    let plain = "%+,-./0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    if !word.isEmpty && word.utf8.allSatisfy(plain.utf8.contains) { return word }
    guard word.unicodeScalars.contains(where: isInvisible) else {
      // By scalars: a mark after a quote makes another character of it, but not for a shell.
      var text = "'"
      for scalar in word.unicodeScalars {
        if scalar == "'" { text += "'\\''" } else { text.unicodeScalars.append(scalar) }
      }
      return text + "'"
    }
    var text = ""
    for scalar in word.unicodeScalars {
      switch scalar {
      case "'", "\\": text += "\\" + String(scalar)
      case _ where isInvisible(scalar):
        // Three digits, so that a digit after them is not read as part of the escape.
        for byte in String(scalar).utf8 {
          let digits = String(byte, radix: 8)
          text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
        }
      default: text.unicodeScalars.append(scalar)
      }
    }
    return "$'\(text)'"
  }

  /// A path as an argument that no program reads as an option.
  public static func path(_ path: String) -> String {
    quoted(path.hasPrefix("-") ? "./" + path : path)
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
