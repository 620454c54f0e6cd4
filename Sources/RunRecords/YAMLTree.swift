private import Yams

/// What a strict reading of a YAML file gives: scalars, lists and mappings, each with its place.
///
/// Anchors, aliases, merge keys and tags are refused, and a key that stands twice, so that what a file says does not
/// depend on a version of YAML. What a scalar means is for its reader to say.
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
  }

  package var content: Content
  /// "file:line".
  package var place: String

  /// Reads a file of one document; nil when it has nothing but comments.
  ///
  /// - Parameter file: Its name, for errors.
  package static func read(_ text: String, file: String) throws(RecordError) -> YAMLTree? {
    // Nodes refer to their anchors weakly, and the parser owns them.
    let parser: Parser
    let root: Node?
    do {
      parser = try Parser(yaml: text, encoding: .utf8)
      root = try parser.singleRoot()
    } catch {
      throw refusal(of: error, file: file)
    }
    defer { withExtendedLifetime(parser) {} }
    guard let root else { return nil }
    if case .scalar(let scalar) = root, scalar.string.isEmpty { return nil }
    return try YAMLTree(root, file: file, key: "")
  }

  private init(_ node: Node, file: String, key: String) throws(RecordError) {
    try Self.refuseExtras(of: node, file: file, key: key)
    place = Self.place(of: node.mark, file)
    switch node {
    case .scalar(let value):
      content = value.style == .plain ? .plain(value.string) : .text(value.string)
    case .sequence(let sequence):
      var items: [YAMLTree] = []
      for item in sequence { items.append(try YAMLTree(item, file: file, key: key)) }
      content = .list(items)
    case .mapping(let mapping):
      var members: [Member] = []
      for (keyNode, value) in mapping {
        members.append(try Self.member(keyNode, value, file: file, section: key))
      }
      content = .mapping(members)
    case .alias:
      throw .config(place: place, key: key, reason: "aliases are not allowed")
    }
  }

  private static func member(_ keyNode: Node, _ value: Node, file: String, section: String)
    throws(RecordError) -> Member
  {
    let place = place(of: keyNode.mark, file)
    guard case .scalar(let scalar) = keyNode else {
      throw .config(place: place, key: section, reason: "a key must be a name")
    }
    let key = (section.isEmpty ? "" : section + ".") + scalar.string
    if scalar.string == "<<" {
      throw .config(place: place, key: key, reason: "merge keys are not allowed")
    }
    try refuseExtras(of: keyNode, isKey: true, file: file, key: key)
    return Member(
      key: scalar.string, place: place, value: try YAMLTree(value, file: file, key: key))
  }

  /// Refuses anchors and tags. An alias has become the node it stands for, which has the anchor.
  private static func refuseExtras(
    of node: Node, isKey: Bool = false, file: String, key: String
  ) throws(RecordError) {
    let tag: Tag
    switch node {
    case .scalar(let value): tag = value.tag
    case .mapping(let value): tag = value.tag
    case .sequence(let value): tag = value.tag
    case .alias(let value): tag = value.tag
    }
    if node.anchor != nil {
      throw .config(
        place: place(of: node.mark, file), key: key, reason: "anchors and aliases are not allowed")
    }
    // What is quoted is a string, and looking for duplicates has resolved the tags of keys.
    var resolved: [Tag.Name] = [.implicit, .str]
    if isKey { resolved += [.int, .float, .bool, .null, .merge, .timestamp, .value] }
    if !resolved.contains(where: { tag == Tag($0) }) {
      throw .config(
        place: place(of: node.mark, file), key: key,
        reason: "tags are not allowed, and it has \(tag)")
    }
  }

  private static func place(of mark: Mark?, _ file: String) -> String {
    mark.map { "\(file):\($0.line)" } ?? file
  }

  private static func refusal(of error: any Error, file: String) -> RecordError {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      .config(place: place(of: mark, file), key: "", reason: "not YAML: \(problem)")
    case .reader(let problem, let offset, _, let yaml):
      .config(
        place: "\(file):\(yaml.prefix(offset ?? 0).count { $0.isNewline } + 1)", key: "",
        reason: "not YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      .config(
        place: place(of: context.mark, file), key: duplicates.first ?? "",
        reason: "the key stands twice in one mapping")
    default:
      .config(place: file, key: "", reason: "not YAML: \(error)")
    }
  }
}
