package import RunRecords

/// A mapping in a file that people write, with known keys. Every error names the place, the key and
/// what it must be.
package struct YAMLSection {
  private let name: String
  package let place: String
  /// In the order of the file.
  package let list: [YAMLTree.Member]
  private let members: [String: YAMLTree.Member]

  /// - Parameters:
  ///   - name: What the section is, for errors; empty for the whole file.
  ///   - keys: The keys that it may have; nil if the file chooses the names.
  ///   - advice: A hint at what may have been meant by an unknown key; else empty.
  package init(
    _ tree: YAMLTree, name: String, keys: [String]?, advice: (String) -> String = { _ in "" }
  ) throws(RecordError) {
    self.name = name
    place = tree.place
    guard case .mapping(let list) = tree.content else {
      throw .config(
        place: tree.place, key: name,
        reason: "must be a mapping of "
          + (keys.map { "keys: " + $0.joined(separator: ", ") } ?? "names to what they stand for")
          + tree.oddSpaceHint)
    }
    self.list = list
    var members: [String: YAMLTree.Member] = [:]
    for member in list {
      if let keys, !keys.contains(member.key) {
        throw .config(
          place: member.place, key: Self.path(name, member.key),
          reason: "unknown key; known: " + keys.joined(separator: ", ") + advice(member.key))
      }
      members[member.key] = member
    }
    self.members = members
  }

  private static func path(_ section: String, _ key: String) -> String {
    section.isEmpty || key.isEmpty ? section + key : section + "." + key
  }

  package subscript(key: String) -> YAMLTree? { members[key]?.value }

  /// An error at `place`; without it at the key if that is there, else at the section.
  package func refusal(_ key: String, _ demand: String, at place: String? = nil) -> RecordError {
    .config(
      place: place ?? members[key]?.place ?? self.place, key: Self.path(name, key),
      reason: demand)
  }
}

// MARK: Values

extension YAMLSection {
  package func text(_ key: String, default fallback: String? = nil) throws(RecordError) -> String {
    guard let member = members[key] else {
      if let fallback { return fallback }
      throw refusal(key, "is missing")
    }
    guard let text = member.value.scalar, !text.isEmpty else { throw refusal(key, "must be text") }
    return text
  }

  package func flag(_ key: String) throws(RecordError) -> Bool {
    guard let member = members[key] else { return false }
    switch member.value.content {
    case .plain("true"): return true
    case .plain("false"): return false
    default: throw refusal(key, "must be true or false")
    }
  }

  package func integer(_ key: String, in range: ClosedRange<Int>) throws(RecordError) -> Int? {
    guard let member = members[key] else { return nil }
    guard case .plain(let text) = member.value.content, let value = Int(text),
      String(value) == text, range.contains(value)
    else {
      throw refusal(
        key, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// The items of a list.
  package func items(_ key: String, required: Bool = false) throws(RecordError) -> [YAMLTree] {
    guard let member = members[key] else {
      if required { throw refusal(key, "is missing") }
      return []
    }
    guard case .list(let items) = member.value.content, !items.isEmpty else {
      throw refusal(key, "must be a list that is not empty")
    }
    return items
  }
}

extension YAMLTree {
  /// The text of a scalar, in quotes or not; nil for a list or a mapping.
  package var scalar: String? {
    switch content {
    case .plain(let text), .text(let text): text
    case .list, .mapping: nil
    }
  }
}
