private import Yams

extension RunSpec {
  /// The largest config that is read, in bytes.
  public static let largestConfig = 65_536

  /// Reads a config as people write it.
  ///
  /// Of YAML it takes comments, and mappings of names and numbers in block or flow style; anchors, aliases, merge keys
  /// and tags are refused. Integers are plain decimal digits and numbers are JSON's, so that no value
  /// depends on a version of YAML.
  ///
  /// - Parameters:
  ///   - text: The content of the config file; nil when there is none.
  ///   - file: Its name, for errors.
  ///   - preset: Where keys that are not given come from; nil takes those of the task's own preset.
  ///   - overrides: "key=value" each, later ones win over earlier ones and over the file.
  public init(
    yaml text: String?, file: String = "", preset: Preset? = nil, overrides: [String] = []
  ) throws(RecordError) {
    var fields = ConfigFields(form: .yaml, place: file)
    if let text { try fields.read(yaml: text, file: file) }
    for override in overrides { try fields.read(override: override) }
    try self.init(fields: fields, base: preset?.spec)
  }
}

extension ConfigFields {
  fileprivate mutating func read(override: String) throws(RecordError) {
    guard let equals = override.firstIndex(of: "="), equals > override.startIndex else {
      throw .config(place: "--set", key: override, reason: "must be KEY=VALUE")
    }
    let key = String(override[..<equals])
    let value = String(override[override.index(after: equals)...])
    set(key, .plain(value), place: "--set")
  }

  fileprivate mutating func read(yaml text: String, file: String) throws(RecordError) {
    guard text.utf8.count <= RunSpec.largestConfig else {
      throw .config(
        place: file, key: "", reason: "a config has at most \(RunSpec.largestConfig) bytes")
    }
    // Nodes refer to their anchors weakly, and the parser owns them.
    let parser: Parser
    let root: Node?
    do {
      parser = try Parser(yaml: text, encoding: .utf8)
      root = try parser.singleRoot()
    } catch {
      throw Self.refusal(of: error, file: file)
    }
    defer { withExtendedLifetime(parser) {} }
    // Nothing but comments is an empty config.
    guard let root else { return }
    guard case .mapping(let mapping) = root else {
      if case .scalar(let scalar) = root, scalar.string.isEmpty { return }
      throw .config(
        place: Self.place(of: root, file), key: "", reason: "a config is a mapping of keys")
    }
    try Self.refuseExtras(of: root, file: file, key: "")
    try read(mapping, file: file, section: nil)
  }

  private mutating func read(_ mapping: Node.Mapping, file: String, section: String?)
    throws(RecordError)
  {
    for (keyNode, node) in mapping {
      guard case .scalar(let scalar) = keyNode else {
        throw .config(
          place: Self.place(of: keyNode, file), key: section ?? "", reason: "a key must be a name")
      }
      let key = (section.map { $0 + "." } ?? "") + scalar.string
      let place = Self.place(of: keyNode, file)
      if scalar.string == "<<" {
        throw .config(place: place, key: key, reason: "merge keys are not allowed")
      }
      if scalar.string.contains(".") {
        throw .config(
          place: place, key: key,
          reason: "a key in a file has no dots; indent it under its section")
      }
      try Self.refuseExtras(of: keyNode, isKey: true, file: file, key: key)
      try Self.refuseExtras(of: node, file: file, key: key)
      switch node {
      case .scalar(let value):
        let quoted = value.style != .plain
        set(key, quoted ? .text(value.string) : .plain(value.string), place: place)
      case .mapping(let inner):
        if section != nil || inner.isEmpty {
          set(key, .other(inner.isEmpty ? "an empty section" : "a section"), place: place)
        } else {
          try read(inner, file: file, section: key)
        }
      case .sequence: set(key, .other("a list"), place: place)
      case .alias: throw .config(place: place, key: key, reason: "aliases are not allowed")
      }
    }
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
        place: place(of: node, file), key: key, reason: "anchors and aliases are not allowed")
    }
    // What is quoted is a string, and looking for duplicates has resolved the tags of keys.
    var resolved: [Tag.Name] = [.implicit, .str]
    if isKey { resolved += [.int, .float, .bool, .null, .merge, .timestamp, .value] }
    if !resolved.contains(where: { tag == Tag($0) }) {
      throw .config(
        place: place(of: node, file), key: key, reason: "tags are not allowed, and it has \(tag)")
    }
  }

  private static func place(of node: Node, _ file: String) -> String {
    place(of: node.mark, file)
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
