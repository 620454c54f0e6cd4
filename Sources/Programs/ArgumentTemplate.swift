package import RunRecords

/// The words of a program, in which `{out}`, `{config}` and `{config.KEY}` are replaced.
///
/// Only these texts are replaced. `{{` gives a brace, and so does `}}` if a `{{` stands before it
/// in the word. Other braces stay as they are, so a word may hold JSON.
package struct ArgumentTemplate: Sendable, Hashable {
  /// The pieces of each word.
  private let pieces: [[Piece]]

  private enum Piece: Sendable, Hashable {
    case text(String)
    case out
    case config
    case value(key: String)
  }

  package init(_ words: [String]) {
    pieces = words.map(Self.pieces)
  }

  /// The words with all placeholders replaced.
  ///
  /// - Parameters:
  ///   - config: An object; nil if the program has none.
  ///   - out: The path of the output directory.
  ///   - configFile: The path of the resolved config.
  package func arguments(
    config: CanonicalJSON?, out: String, configFile: String
  ) throws(ProgramError) -> [String] {
    var arguments: [String] = []
    for word in pieces {
      var text = ""
      for piece in word {
        switch piece {
        case .text(let part): text += part
        case .out: text += out
        case .config:
          guard config != nil else { throw Self.refusal("{config}", Self.noConfig) }
          text += configFile
        case .value(let key): text += try Self.value(of: key, in: config)
        }
      }
      arguments.append(text)
    }
    return arguments
  }

  private static func pieces(of word: String) -> [Piece] {
    var pieces: [Piece] = []
    var text: [UInt8] = []
    var openBraces = 0
    var rest = word.utf8[...]
    func flush() {
      if !text.isEmpty { pieces.append(.text(String(decoding: text, as: UTF8.self))) }
      text = []
    }
    while let byte = rest.first {
      if rest.starts(with: "{{".utf8) {
        openBraces += 1
        text.append(byte)
        rest = rest.dropFirst(2)
      } else if openBraces > 0 && rest.starts(with: "}}".utf8) {
        openBraces -= 1
        text.append(byte)
        rest = rest.dropFirst(2)
      } else if let (piece, length) = placeholder(rest) {
        flush()
        pieces.append(piece)
        rest = rest.dropFirst(length)
      } else {
        text.append(byte)
        rest = rest.dropFirst()
      }
    }
    flush()
    return pieces
  }

  /// The placeholder at the beginning of a text, if there is one, and its length.
  private static func placeholder(_ text: Substring.UTF8View) -> (Piece, Int)? {
    guard text.first == UInt8(ascii: "{"), let end = text.firstIndex(of: UInt8(ascii: "}")),
      let name = String(text[text.index(after: text.startIndex)..<end])
    else { return nil }
    let length = name.utf8.count + 2
    if name == "out" { return (.out, length) }
    if name == "config" { return (.config, length) }
    let key = name.dropFirst("config.".count)
    guard name.hasPrefix("config."), !key.isEmpty,
      key.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0 != "{" && $0 != "\"" })
    else { return nil }
    return (.value(key: String(key)), length)
  }

  private static func value(
    of key: String, in config: CanonicalJSON?
  ) throws(ProgramError) -> String {
    let name = "{config.\(key)}"
    guard let config else { throw refusal(name, noConfig) }
    guard let value = config.value(at: key) else {
      let near = Spelling.nearest(to: key, among: config.leaves.keys.sorted())
      throw refusal(
        name, "the config has no key \(key)" + (near.map { "; did you mean \($0)?" } ?? ""))
    }
    switch value {
    case .number(let number): return shortestDecimal(number)
    case .string(let text):
      // For the system, a word ends at a NUL.
      guard !text.utf8.contains(0) else { throw refusal(name, "its value has a NUL") }
      return text
    case .bool(let flag): return flag ? "true" : "false"
    case .null: throw refusal(name, "its value is null")
    case .array: throw refusal(name, "its value is a list, and an argument takes one value")
    case .object: throw refusal(name, "it has keys of its own, and an argument takes one value")
    }
  }

  private static func refusal(_ name: String, _ reason: String) -> ProgramError {
    .request(reason: "\(name) in the program's arguments: \(reason)")
  }

  private static let noConfig = "there is no config; --set or a program file gives one"
}

extension CanonicalJSON {
  /// The value at a dotted key. A single key may itself have dots.
  func value(at key: String) -> CanonicalJSON? {
    if let value = self[key] { return value }
    var start = key.startIndex
    while let dot = key[start...].firstIndex(of: ".") {
      if let inner = self[String(key[..<dot])],
        let value = inner.value(at: String(key[key.index(after: dot)...]))
      {
        return value
      }
      start = key.index(after: dot)
    }
    return nil
  }

  /// Sets the value at a dotted key, and makes the objects on the way.
  ///
  /// - Returns: Nil if something on the way is not an object.
  func setting(_ value: CanonicalJSON, at key: String) -> CanonicalJSON? {
    guard case .object(var members) = self else { return nil }
    // If a key is there by its whole name, that key is meant.
    guard members[Key(key)] == nil, let dot = key.firstIndex(of: ".") else {
      members[Key(key)] = value
      return .object(members)
    }
    let first = Key(String(key[..<dot]))
    guard
      let inner = (members[first] ?? [:]).setting(
        value, at: String(key[key.index(after: dot)...]))
    else { return nil }
    members[first] = inner
    return .object(members)
  }
}
