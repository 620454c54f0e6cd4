package import RunRecords

/// The result of reading a YAML file strictly: scalars, lists and mappings, each with its place.
///
/// Anchors, aliases, merge keys and tags are refused. So are a key that is no name or stands twice,
/// and more than `mostLevels` of nesting. What a file says therefore does not depend on a version
/// of YAML, and reading it takes time and memory in proportion to its size. Whoever reads a scalar
/// decides what it means.
package struct YAMLTree {
  package indirect enum Content {
    /// A scalar without quotes.
    case plain(String)
    /// A scalar in quotes, or a block of text.
    case text(String)
    case list([YAMLTree])
    case mapping([Member])
  }

  package struct Member {
    package var key: String
    /// Where the key stands.
    package var place: String
    package var value: YAMLTree

    package init(key: String, place: String, value: YAMLTree) {
      self.key = key
      self.place = place
      self.value = value
    }
  }

  package var content: Content
  /// "file:line".
  package var place: String

  package init(content: Content, place: String) {
    self.content = content
    self.place = place
  }

  /// How deep lists and mappings may nest.
  static let mostLevels = 16
  static let tooDeep = "lists and mappings lie more than \(mostLevels) deep in each other"

  /// Reads a file of one document; nil if it has only comments.
  ///
  /// - Parameter file: The file's name, for errors.
  package static func read(_ text: String, file: String) throws(RecordError) -> YAMLTree? {
    // One byte order mark at the start means nothing. It is looked for as a scalar, since as a
    // Character it may be joined with what follows.
    var scalars = Substring(text).unicodeScalars
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    var reader = Reader(events: YAMLEvents(String(scalars), file: file), file: file)
    return try reader.document()
  }
}

extension YAMLTree {
  /// Names a space that YAML takes for a letter, if that may be why this is a scalar; else empty.
  package var oddSpaceHint: String {
    switch content {
    case .plain(let text): text.oddSpace.map { "; it has \($0), which is no space in YAML" } ?? ""
    case .text, .list, .mapping: ""
    }
  }
}

/// Makes a tree from events.
private struct Reader {
  let events: YAMLEvents
  let file: String

  mutating func document() throws(RecordError) -> YAMLTree? {
    _ = try events.next()
    guard try events.next().kind == .documentStart else { return nil }
    let first = try events.next()
    let tree = try tree(first, key: "", level: 0)
    _ = try events.next()
    let end = try events.next()
    guard end.kind == .streamEnd else {
      throw .config(place: place(end), key: "", reason: "not YAML: but found another document")
    }
    return first.kind == .scalar("", isPlain: true) ? nil : tree
  }

  private func place(_ event: YAMLEvents.Event) -> String { "\(file):\(event.line)" }

  /// The node that begins with `event`.
  ///
  /// - Parameter key: The path of keys that lead to it, for errors.
  private func tree(_ event: YAMLEvents.Event, key: String, level: Int) throws(RecordError)
    -> YAMLTree
  {
    let place = place(event)
    func refusal(_ reason: String) -> RecordError {
      .config(place: place, key: key, reason: reason)
    }
    if event.hasAnchor { throw refusal("anchors and aliases are not allowed") }
    if let tag = event.tag { throw refusal("tags are not allowed, and it has \(tag)") }
    guard level <= YAMLTree.mostLevels else {
      throw refusal(YAMLTree.tooDeep)
    }
    switch event.kind {
    case .scalar(let value, let isPlain):
      return YAMLTree(content: isPlain ? .plain(value) : .text(value), place: place)
    case .listStart:
      var items: [YAMLTree] = []
      while case let next = try events.next(), next.kind != .listEnd {
        items.append(try tree(next, key: key, level: level + 1))
      }
      return YAMLTree(content: .list(items), place: place)
    case .mappingStart:
      var members: [YAMLTree.Member] = []
      var keys: Set<String> = []
      while case let next = try events.next(), next.kind != .mappingEnd {
        let member = try member(next, of: key, level: level)
        guard keys.insert(member.key).inserted else {
          throw .config(
            place: member.place, key: member.key, reason: "this key is given twice")
        }
        members.append(member)
      }
      return YAMLTree(content: .mapping(members), place: place)
    case .alias, .listEnd, .mappingEnd, .streamStart, .streamEnd, .documentStart, .documentEnd:
      preconditionFailure("libyaml begins a node with \(event.kind)")
    }
  }

  private func member(_ event: YAMLEvents.Event, of section: String, level: Int)
    throws(RecordError) -> YAMLTree.Member
  {
    let place = place(event)
    guard case .scalar(let name, let isPlain) = event.kind else {
      let isAlias = event.kind == .alias || event.hasAnchor
      throw .config(
        place: place, key: section,
        reason: isAlias ? "anchors and aliases are not allowed" : "a key must be a name")
    }
    let key = (section.isEmpty ? "" : section + ".") + name.showingOddSpaces
    if event.hasAnchor || event.tag != nil {
      _ = try tree(event, key: key, level: level)
    }
    if isPlain && name == "<<" {
      throw .config(place: place, key: key, reason: "merge keys are not allowed")
    }
    if let space = name.oddSpace {
      throw .config(place: place, key: key, reason: "the key has \(space)")
    }
    let value = try events.next()
    return YAMLTree.Member(
      key: name, place: place, value: try tree(value, key: key, level: level + 1))
  }
}
