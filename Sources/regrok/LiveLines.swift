/// The last lines of a terminal on stderr, drawn again and again. Elsewhere nothing is drawn.
enum LiveLines {
  /// Draws `lines` in the place of the `shown` ones that were drawn last, each cut to the
  /// terminal's width; the last of them where there are more than the terminal has, as what has
  /// left the screen cannot be drawn over.
  ///
  /// - Returns: How many it has drawn.
  static func draw(_ lines: [String], over shown: Int) -> Int {
    let room = max(1, Terminal.errorColumns - 1)
    let text = lines.suffix(max(1, Terminal.errorLines - 1))
      .map { TerminalText.line($0).prefix(room) + "\n" }
    Output.writeError(raw: clearing(shown) + text.joined())
    return text.count
  }

  /// Takes the lines away, so that what comes next stands in their place.
  static func clear(_ shown: Int) { Output.writeError(raw: clearing(shown)) }

  private static func clearing(_ shown: Int) -> String {
    shown > 0 ? "\u{1B}[\(shown)A\r\u{1B}[J" : ""
  }

  /// Draws one line over itself; the cursor stays in it.
  static func draw(_ line: String) {
    let room = max(1, Terminal.errorColumns - 1)
    Output.writeError(raw: "\r\u{1B}[K" + TerminalText.line(line).prefix(room))
  }

  /// Takes that line away.
  static func clearLine() { Output.writeError(raw: "\r\u{1B}[K") }
}
