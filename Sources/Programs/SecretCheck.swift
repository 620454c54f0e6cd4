package import RunRecords

/// Finds what looks like a secret and would be published with a record. Each finding has a name, by
/// which `--not-secret` says that it is not a secret.
///
/// It finds what people leave there without thinking, by the names of files and keys and by the
/// beginnings of known tokens. It cannot find a secret that looks like anything else.
package struct SecretCheck {
  private let allowed: Set<String>
  /// In the order in which they were found.
  package private(set) var findings: [String] = []

  /// - Parameter allowed: The names that the user has said are not secrets.
  package init(allowed: [String]) { self.allowed = Set(allowed) }

  private mutating func add(_ name: String, also other: String? = nil) {
    guard !allowed.contains(name), other.map({ !allowed.contains($0) }) ?? true,
      !findings.contains(name)
    else { return }
    findings.append(name)
  }

  package func finish() throws(ProgramError) {
    if !findings.isEmpty { throw .secrets(findings) }
  }
}

extension SecretCheck {
  /// - Parameter beginning: The first bytes of the file's content.
  package mutating func add(input path: String, beginning: ArraySlice<UInt8>) {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let isNamed =
      name.hasPrefix(".env") || name.hasPrefix("id_")
      || [".pem", ".p12", ".pfx"].contains { name.hasSuffix($0) }
      || [".netrc", ".pypirc", ".git-credentials"].contains(name)
    let text = String(decoding: beginning.prefix(64), as: UTF8.self)
    if isNamed || text.hasPrefix("-----BEGIN ") && text.contains("PRIVATE KEY-----") { add(path) }
  }

  package mutating func add(config: CanonicalJSON) { add(config, at: "config", key: "") }

  private mutating func add(_ value: CanonicalJSON, at path: String, key: String) {
    switch value {
    case .null, .bool, .number: break
    case .string(let text):
      if Self.isSecret(text, under: key) {
        add(path, also: String(path.dropFirst("config.".count)))
      }
    case .array(let items): for item in items { add(item, at: path, key: key) }
    case .object(let members):
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        add(value, at: path + "." + key.text, key: key.text)
      }
    }
  }

  /// The program's words: `--token=VALUE`, `--token VALUE`, and a token by itself.
  package mutating func add(words: [String]) {
    for (index, word) in words.enumerated() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 {
        if Self.isSecret(String(parts[1]), under: String(parts[0])) { add(String(parts[0])) }
        continue
      }
      let before = index > 0 ? words[index - 1] : ""
      let key = before.hasPrefix("-") && !before.contains("=") ? before : ""
      if Self.isSecret(word, under: key) { add(key.isEmpty ? "argument \(index)" : key) }
    }
  }

  package mutating func add(variable name: String, value: String) {
    if !value.isEmpty && Self.kind(of: name) != .none || Self.isToken(value) { add(name) }
  }
}

// MARK: Recognising secrets

extension SecretCheck {
  private enum Kind { case none, word, key }

  /// What the words of a name suggest, as in `hf_token`, `apiKey`, `AWS-SECRET`. `tokenizer` is not
  /// one of these words.
  private static func kind(of name: String) -> Kind {
    var words: [String] = [""]
    var wasLower = false
    for character in name {
      if !character.isLetter {
        words.append("")
      } else {
        if wasLower && character.isUppercase { words.append("") }
        words[words.count - 1] += character.lowercased()
      }
      wasLower = character.isLowercase
    }
    if words.contains(where: ["secret", "password", "passwd", "credentials"].contains) {
      return .word
    }
    return words.contains(where: ["key", "token", "apikey"].contains) ? .key : .none
  }

  private static func isSecret(_ value: String, under name: String) -> Bool {
    if isToken(value) { return true }
    // A placeholder, which is replaced only when the program runs.
    if value.hasPrefix("{config.") { return false }
    switch kind(of: name) {
    case .none: return false
    case .word: return !value.isEmpty
    // Short values are names, as in `sort_key: loss` and `pad_token: <pad>`.
    case .key: return value.utf8.count >= 12 && !value.contains(where: \.isWhitespace)
    }
  }

  private static let prefixes = [
    "hf_", "sk-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "AIza",
    "pypi-", "npm_",
  ]

  private static func isToken(_ value: String) -> Bool {
    prefixes.contains { prefix in
      let rest = value.utf8.dropFirst(prefix.utf8.count)
      return value.hasPrefix(prefix) && rest.count >= 16
        && rest.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
          default: false
          }
        }
    }
  }
}
