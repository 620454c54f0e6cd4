/// The home directory in values that are recorded: there it is `~`, as it has a user's name in it.
package enum HomeDirectory {
  /// `value` with `~` for each path that is `home` or lies below it.
  static func hidden(_ home: String, in value: String) -> String {
    home.utf8.count > 1 ? replaced(home, by: "~", in: value) : value
  }

  /// `value` with `home` for each `~` that `hidden` can have written.
  package static func restored(_ home: String, in value: String) -> String {
    replaced("~", by: home, in: value)
  }

  /// Replaces `part` only where it is a whole path, or the beginning of one: nothing that can be
  /// part of a name stands before it, and a slash or no part of a name behind it.
  private static func replaced(_ part: String, by other: String, in value: String) -> String {
    func isOfName(_ byte: UInt8?) -> Bool {
      guard let byte else { return false }
      return !" \t\n:;,=\"'()[]{}".utf8.contains(byte)
    }
    let (bytes, part) = (Array(value.utf8), Array(part.utf8))
    var made: [UInt8] = []
    var place = 0
    while place < bytes.count {
      let end = place + part.count
      let isPart =
        bytes[place...].starts(with: part) && !isOfName(place > 0 ? bytes[place - 1] : nil)
        && (end == bytes.count || bytes[end] == UInt8(ascii: "/") || !isOfName(bytes[end]))
      made += isPart ? Array(other.utf8) : [bytes[place]]
      place = isPart ? end : place + 1
    }
    return String(decoding: made, as: UTF8.self)
  }
}
