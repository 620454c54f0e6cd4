internal import RunRecords

/// A program file's config, to which a plan applies its settings. A key that is set must be in it.
struct ProgramBase {
  let file: String
  private(set) var config: CanonicalJSON?
  var seedKey = "seed"
  /// For each key that was looked up, the objects that lead to it, and its own name at the end.
  private var paths: [String: [CanonicalJSON.Key]] = [:]

  /// Bytes of the config as the file has it.
  let configBytes: Int

  init(file: String, config: CanonicalJSON?) {
    self.file = file
    self.config = config
    configBytes = config?.utf8.count ?? 0
  }

  func hasKey(_ key: String) -> Bool { Self.isKey(key) && config?.path(of: key) != nil }

  /// Looks up the keys of settings, once for all runs that have them.
  mutating func find(_ settings: some Sequence<ConfigSetting>) throws(RecordError) {
    for setting in settings where paths[setting.key] == nil {
      paths[setting.key] = try path(of: setting)
    }
  }

  private func path(of setting: ConfigSetting) throws(RecordError) -> [CanonicalJSON.Key] {
    func refusal(_ reason: String) -> RecordError {
      .config(place: setting.place, key: setting.key, reason: reason)
    }
    guard let path = Self.isKey(setting.key) ? config?.path(of: setting.key) : nil else {
      // With more keys than that, nothing is suggested beyond them.
      let keys = config?.leaves.keys.sorted().prefix(1000) ?? []
      let near = Spelling.nearest(to: setting.key, among: Array(keys))
      throw refusal(
        config == nil
          ? "\(file) has no config"
          : "the config of \(file) has no such key"
            + (near.map { "; did you mean \($0)?" } ?? ""))
    }
    if case .object(let members)? = config?.value(at: path), !members.isEmpty {
      throw refusal("it has keys of its own; keys have dots, as optimizer.lr")
    }
    return path
  }

  /// Whether it is short enough to be looked up.
  private static func isKey(_ text: String) -> Bool { text.utf8.count <= 1000 }

  /// The value that a setting gives its key.
  private static func value(_ setting: ConfigSetting) throws(RecordError) -> CanonicalJSON {
    if setting.isQuoted { return .string(setting.value) }
    return try ProgramConfig.scalar(setting.value, place: setting.place, key: setting.key)
  }

  /// Sets keys for all runs that are planned afterwards.
  mutating func set(_ settings: [ConfigSetting]) throws(RecordError) {
    try find(settings)
    config = try planned(settings).config
  }

  /// The config with these settings; later ones win.
  ///
  /// - Precondition: `find` has looked up their keys.
  func planned(_ settings: [ConfigSetting]) throws(RecordError) -> PlannedProgram {
    var config = config
    for setting in settings {
      guard let path = paths[setting.key] else {
        preconditionFailure("\(setting.key) has not been looked for")
      }
      config?.set(try Self.value(setting), at: path[...])
    }
    return PlannedProgram(file: file, config: config)
  }

  /// Whether the config has this value already, so that setting it would change nothing.
  ///
  /// - Precondition: `find` has looked up its key.
  func has(_ setting: ConfigSetting, _ program: PlannedProgram) throws(RecordError) -> Bool {
    guard let path = paths[setting.key] else {
      preconditionFailure("\(setting.key) has not been looked for")
    }
    return try program.config?.value(at: path) == Self.value(setting)
  }
}

// MARK: Keys with dots

extension CanonicalJSON {
  /// The names that lead to the value of a dotted key; nil if there is no such value. Names may
  /// have dots themselves: the whole key is tried first, and then shorter names before longer ones.
  fileprivate func path(of key: String) -> [Key]? {
    guard case .object(let members) = self else { return nil }
    if members[Key(key)] != nil { return [Key(key)] }
    var start = key.startIndex
    while let dot = key[start...].firstIndex(of: ".") {
      let name = Key(String(key[..<dot]))
      let rest = String(key[key.index(after: dot)...])
      if let path = members[name]?.path(of: rest) { return [name] + path }
      start = key.index(after: dot)
    }
    return nil
  }

  fileprivate func value(at path: [Key]) -> CanonicalJSON? {
    var value: CanonicalJSON? = self
    for name in path { value = value?[name.text] }
    return value
  }

  /// Sets the value at a path that leads through objects.
  ///
  /// - Complexity: O(`path.count`) if nobody else holds the objects.
  fileprivate mutating func set(_ value: CanonicalJSON, at path: ArraySlice<Key>) {
    guard let name = path.first else {
      self = value
      return
    }
    guard case .object(var members) = self else {
      preconditionFailure("\(name) is set in what is no object")
    }
    // With one owner, the object is not copied.
    self = .null
    members[name, default: .null].set(value, at: path.dropFirst())
    self = .object(members)
  }
}
