/// RFC 4648 §4, with padding.
package enum Base64 {
  private static let letters = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let padding = UInt8(ascii: "=")

  package static func encoded(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word = 0
      for place in 0..<3 {
        word = word << 8 | (place < group.count ? Int(group[start + place]) : 0)
      }
      for place in 0..<4 {
        text.append(place <= group.count ? letters[word >> (18 - 6 * place) & 63] : padding)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for text that is not Base64. Unused bits of the last letter are not checked: to be strict,
  /// encode the result and compare.
  static func decoded(_ text: String) -> [UInt8]? {
    let text = Array(text.utf8)
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: text.count, by: 4) {
      let group = text[start..<start + 4]
      let count = group.prefix { $0 != padding }.count
      guard count == 4 || count >= 2 && start + 4 == text.count,
        group.dropFirst(count).allSatisfy({ $0 == padding })
      else { return nil }
      var word = 0
      for place in 0..<4 {
        var value = 0
        if place < count {
          guard let found = letters.firstIndex(of: group[start + place]) else { return nil }
          value = found
        }
        word = word << 6 | value
      }
      for place in 0..<count - 1 {
        bytes.append(UInt8(truncatingIfNeeded: word >> (16 - 8 * place)))
      }
    }
    return bytes
  }
}
