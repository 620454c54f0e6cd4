/// The home directory in values that are recorded: there it is `~`, as it has a user's name in it.
package enum HomeDirectory {
  /// `value` with `~` in place of `home`, unless a longer name begins so: a flag may stand before
  /// it, as in `-I/home/ada`.
  static func hidden(_ home: String, in value: String) -> String {
    home.utf8.count > 1 ? replaced(home, by: "~", in: value) : value
  }

  /// `value` with `home` in place of each `~` that `hidden` can have written.
  package static func restored(_ home: String, in value: String) -> String {
    replaced("~", by: home, in: value)
  }

  private static func replaced(_ part: String, by other: String, in value: String) -> String {
    let pieces = value.split(separator: part, omittingEmptySubsequences: false)
    return pieces.dropFirst().reduce(String(pieces[0])) { text, piece in
      let goesOn = piece.first.map { $0.isLetter || $0.isNumber || "_-".contains($0) } ?? false
      return text + (goesOn ? part : other) + piece
    }
  }
}
