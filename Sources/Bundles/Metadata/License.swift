import RunRecords

extension Terms {
  /// A licence: an SPDX expression (identifiers, joined by AND, OR and WITH), or an address.
  public struct License: Sendable, Hashable {
    let id: String
    private let name: String
    /// The form in which it can be given to `init`.
    var text: String { name }

    /// - Throws: `Fault` if `text` is neither, or names a licence that SPDX does not list.
    public init(_ text: String) throws(Fault) {
      if Terms.isAddress(text) {
        (id, name) = (text, text)
        return
      }
      var expression = Expression(text)
      name = try expression.read()
      id =
        SPDXIdentifiers.licenses.contains(name) ? "https://spdx.org/licenses/" + name : "#license"
    }

    var entity: CanonicalJSON {
      ["@id": .string(id), "@type": "CreativeWork", "name": .string(name)]
    }
  }
}

/// Reads an SPDX licence expression: SPDX 3.0, annex B, with the operators in capitals.
private struct Expression {
  private let text: String
  private var words: ArraySlice<String>
  /// How many parentheses are open.
  private var depth = 0

  init(_ text: String) {
    self.text = text
    let spaced = text.replacing("(", with: " ( ").replacing(")", with: " ) ")
    words = spaced.split(separator: " ").map(String.init)[...]
  }

  /// The expression with every identifier spelled as the list has it.
  mutating func read() throws(Terms.Fault) -> String {
    guard !text.isEmpty, text.utf8.count <= 200 else { throw fault() }
    var parts = ""
    while true {
      while words.first == "(" {
        words.removeFirst()
        depth += 1
        parts += "("
      }
      parts += try license()
      while depth > 0 && words.first == ")" {
        words.removeFirst()
        depth -= 1
        parts += ")"
      }
      guard let joint = words.popFirst() else { break }
      guard joint == "AND" || joint == "OR" else { throw fault() }
      parts += " \(joint) "
    }
    guard depth == 0 else { throw fault() }
    return parts
  }

  private mutating func license() throws(Terms.Fault) -> String {
    guard let word = words.popFirst() else { throw fault() }
    let name = try Self.isReference(word) ? word : listed(word, in: SPDXIdentifiers.licenses)
    guard words.first == "WITH" else { return name }
    words.removeFirst()
    guard let exception = words.popFirst() else { throw fault() }
    return "\(name) WITH \(try listed(exception, in: SPDXIdentifiers.exceptions))"
  }

  /// The identifier as the list spells it. `+`, "or any later version", may follow an identifier.
  private func listed(_ word: String, in list: [String]) throws(Terms.Fault) -> String {
    func find(_ word: String) -> String? {
      list.first { $0.lowercased() == word.lowercased() }
    }
    if let name = find(word) { return name }
    if word.hasSuffix("+"), let name = find(String(word.dropLast())) { return name + "+" }
    guard word.utf8.allSatisfy({ Terms.isLetterOrDigit($0) || "-.+".utf8.contains($0) }) else {
      throw fault()
    }
    let near = Self.nearest(to: word, in: list).map { "; did you mean \($0)?" }
    throw Terms.Fault(
      description: "\(word): it is not in the list of SPDX (https://spdx.org/licenses)"
        + (near ?? "; a licence of your own is written LicenseRef-NAME"))
  }

  /// The identifier that `word` is a spelling of: one with the same letters and digits, without
  /// zeros at the end ("apache2"); otherwise the nearest by spelling.
  private static func nearest(to word: String, in list: [String]) -> String? {
    func plain(_ text: String) -> String {
      String(text.lowercased().filter { $0.isLetter || $0.isNumber }.reversed().drop { $0 == "0" })
    }
    let wanted = plain(word)
    return list.first { plain($0) == wanted } ?? Spelling.nearest(to: word, among: list)
  }

  /// "LicenseRef-NAME": a licence that is not in the list.
  private static func isReference(_ word: String) -> Bool {
    let name = word.dropFirst("LicenseRef-".count)
    return word.hasPrefix("LicenseRef-") && !name.isEmpty
      && name.utf8.allSatisfy { Terms.isLetterOrDigit($0) || "-.".utf8.contains($0) }
  }

  private func fault() -> Terms.Fault {
    Terms.Fault(description: "\(text): neither an SPDX expression nor an http address")
  }
}
