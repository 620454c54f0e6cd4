internal import Catalogue
public import RunRecords

extension RunSpec {
  /// The largest config that is read, in bytes.
  public static let largestConfig = 65_536

  /// Reads a config as people write it.
  ///
  /// Of YAML it accepts comments, and mappings of names and numbers in block or flow style.
  /// Anchors, aliases, merge keys and tags are refused. Integers are plain decimal digits and
  /// numbers are JSON's, so no value depends on a version of YAML.
  ///
  /// - Parameters:
  ///   - text: The content of the config file; nil if there is none.
  ///   - file: The file's name, for errors.
  ///   - preset: Where keys that are not given come from; nil takes those of the task's own preset.
  ///   - overrides: "key=value" each. Later ones win over earlier ones and over the file.
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
    // Nothing but comments is an empty config.
    guard let root = try YAMLTree.read(text, file: file) else { return }
    guard case .mapping(let members) = root.content else {
      throw .config(
        place: root.place, key: "",
        reason: "a config has to consist of keys and values, e.g. seed: 42\(root.oddSpaceHint)")
    }
    if let plan = members.first(where: { $0.key == "experiments" }) {
      throw .config(
        place: plan.place, key: plan.key,
        reason: "it is a plan of many runs, not a config; `regrok sweep` performs it")
    }
    try read(members, section: nil)
  }

  private mutating func read(_ members: [YAMLTree.Member], section: String?) throws(RecordError) {
    for member in members {
      let key = (section.map { $0 + "." } ?? "") + member.key
      let place = member.place
      if member.key.contains(".") {
        throw .config(
          place: place, key: key,
          reason: "a key in a file has no dots; indent it under its section")
      }
      switch member.value.content {
      case .plain, .text: set(key, Value(member.value), place: place)
      case .list(let items):
        guard section == nil, key == RunSpec.interventionsKey else {
          set(key, Value(member.value), place: place)
          continue
        }
        for item in items { try read(interventions: item) }
      case .mapping(let inner):
        if section != nil || inner.isEmpty {
          set(key, .other(inner.isEmpty ? "an empty section" : "a section"), place: place)
        } else {
          try read(inner, section: key)
        }
      }
    }
  }
}

// MARK: Interventions

extension ConfigFields {
  /// Reads an item of `at`.
  package mutating func read(interventions tree: YAMLTree) throws(RecordError) {
    var item = newItem(place: tree.place)
    guard case .mapping(let members) = tree.content else {
      throw item.refuse("", "is no mapping of a step and what is done there")
    }
    for member in members {
      guard case .mapping(let inner) = member.value.content, !inner.isEmpty else {
        item.set(member.key, Value(member.value), place: member.place)
        continue
      }
      for entry in inner {
        // Only the keys under `set` have dots.
        if entry.key.contains("."), member.key != Intervention.Verb.set.rawValue {
          throw item.refuse(member.key + "." + entry.key, "has a dot in its name")
        }
        item.set(member.key + "." + entry.key, Value(entry.value), place: entry.place)
      }
    }
    add(item)
  }
}

extension ConfigFields.Value {
  fileprivate init(_ tree: YAMLTree) {
    self =
      switch tree.content {
      case .plain(let text): .plain(text)
      case .text(let text): .text(text)
      case .list(let items): .list(items.map(Self.init))
      case .mapping(let members): .other(members.isEmpty ? "an empty section" : "a section")
      }
  }
}

// MARK: Settings one by one

/// One key of a config and its value, as a plan of many runs gives them.
package struct ConfigSetting: Sendable, Hashable {
  /// With dots: `optimizer.weight_decay`.
  package var key: String
  package var value: String
  /// Whether the value stood in quotes, and so is a name and no number.
  package var isQuoted: Bool
  /// "file:line", for errors.
  package var place: String

  package init(key: String, value: String, isQuoted: Bool = false, place: String) {
    self.key = key
    self.value = value
    self.isQuoted = isQuoted
    self.place = place
  }
}

extension RunSpec {
  /// Reads a config from settings; later ones win over earlier ones.
  ///
  /// - Parameters:
  ///   - preset: Where keys that are not set come from; nil takes those of the task's own preset.
  ///   - place: The place to name for a key that is missing.
  ///   - items: The items of `at`.
  package init(
    settings: [ConfigSetting], preset: Preset?, place: String, at items: [YAMLTree] = []
  ) throws(RecordError) {
    var fields = ConfigFields(form: .yaml, place: place)
    for setting in settings {
      fields.set(
        setting.key, setting.isQuoted ? .text(setting.value) : .plain(setting.value),
        place: setting.place)
    }
    for item in items { try fields.read(interventions: item) }
    try self.init(fields: fields, base: preset?.spec)
  }
}
