internal import RunRecords

// What a section of a plan may hold beside text and numbers.

extension YAMLSection {
  /// The longest value of a config's key in a plan, in bytes.
  private static let longestValue = 100

  /// A section of a plan.
  init(plan tree: YAMLTree, name: String, keys: [String]) throws(RecordError) {
    try self.init(tree, name: name, keys: keys) { Self.advice(on: $0, in: name) }
  }

  /// A hint at what may have been meant by a key that a section does not have; else empty.
  private static func advice(on key: String, in section: String) -> String {
    switch (section, key) {
    case ("", "task"), ("", "model"), ("", "optimizer"), ("", "stop"), ("", "seed"), ("", "batch"),
      ("", "max_steps"), ("", "log_interval"), ("", "checkpoint_interval"), ("", "numerics"):
      "; this is a config of one run, which `regrok run` performs"
    case (_, "seed"): "; the seeds are set by seeds"
    case ("", "hydra"), ("", "defaults"), ("", "sweeper"):
      "; plans of Hydra are not read: a grid lists the values of each key (regrok help plans)"
    case (_, _) where key.contains { ("0"..."9").contains($0) } && key.allSatisfy { !$0.isLetter }:
      "; a list is written in brackets, as [1, 2, 3]"
    default: ""
    }
  }

  /// A key of a config with its value.
  ///
  /// - Parameter seedKey: The key that only `seeds` sets; nil if it may stand here.
  private func setting(_ key: String, _ tree: YAMLTree, in section: String, seedKey: String?)
    throws(RecordError) -> ConfigSetting
  {
    if key == seedKey {
      throw refusal(section, "the key seeds sets the seed, not this one", at: tree.place)
    }
    func setting(_ text: String, isQuoted: Bool) throws(RecordError) -> ConfigSetting {
      // The value becomes part of the label of every run that has it.
      guard text.utf8.count <= Self.longestValue else {
        throw refusal(
          section, "the value of \(key) has at most \(Self.longestValue) bytes", at: tree.place)
      }
      return ConfigSetting(key: key, value: text, isQuoted: isQuoted, place: tree.place)
    }
    switch tree.content {
    case .plain(let text): return try setting(text, isQuoted: false)
    case .text(let text): return try setting(text, isQuoted: true)
    case .list, .mapping:
      throw refusal(
        section, "\(key) must be one value; keys have dots, as optimizer.weight_decay",
        at: tree.place)
    }
  }

  func preset() throws(RecordError) -> Preset? {
    guard self["preset"] != nil else { return nil }
    let name = try text("preset")
    guard let preset = Preset(rawValue: name) else {
      throw refusal(
        "preset",
        "must be one of " + Preset.allCases.map(\.rawValue).joined(separator: ", ")
          + ", not \(name)")
    }
    return preset
  }
}

// MARK: Settings

extension YAMLSection {
  /// One value for each of some keys of a config.
  func settings(_ key: String, seedKey: String) throws(RecordError) -> [ConfigSetting] {
    guard let value = self[key] else { return [] }
    return try settings(value, in: key, seedKey: seedKey)
  }

  private func settings(
    _ tree: YAMLTree, in key: String, seedKey: String
  ) throws(RecordError) -> [ConfigSetting] {
    guard case .mapping(let list) = tree.content, !list.isEmpty else {
      throw refusal(key, "must be a mapping of keys of a config", at: tree.place)
    }
    var settings: [ConfigSetting] = []
    for member in list {
      settings.append(try setting(member.key, member.value, in: key, seedKey: seedKey))
    }
    return settings
  }

  /// A list of mappings, each one alternative. An alternative for the trainer may have changes on
  /// the way.
  func cases(
    _ key: String, seedKey: String, _ base: PlanBase
  ) throws(RecordError) -> [Alternative] {
    var cases: [Alternative] = []
    for item in try items(key) {
      guard case .mapping(let members) = item.content, case .trainer = base,
        members.contains(where: { PlannedChanges.keys.contains($0.key) })
      else {
        cases.append(Alternative(settings: try settings(item, in: key, seedKey: seedKey)))
        continue
      }
      let changes = YAMLTree(
        content: .mapping(members.filter { PlannedChanges.keys.contains($0.key) }),
        place: item.place)
      let rest = members.filter { !PlannedChanges.keys.contains($0.key) }
      var alternative = Alternative()
      alternative.changes = try PlannedChanges(
        try YAMLSection(plan: changes, name: key, keys: PlannedChanges.keys))
      if !rest.isEmpty {
        alternative.settings = try settings(
          YAMLTree(content: .mapping(rest), place: item.place), in: key, seedKey: seedKey)
      }
      cases.append(alternative)
    }
    return cases
  }

  /// The values of some keys of a config, for each key one value or a list.
  ///
  /// - Parameter seedKey: The key that only `seeds` sets; nil if it may stand here.
  func grid(_ key: String, seedKey: String?) throws(RecordError) -> [[ConfigSetting]] {
    guard let value = self[key] else { return [] }
    guard case .mapping(let list) = value.content, !list.isEmpty else {
      throw refusal(key, "must be a mapping of keys of a config to lists of values")
    }
    var axes: [[ConfigSetting]] = []
    for member in list {
      var values = [member.value]
      if case .list(let items) = member.value.content { values = items }
      if values.isEmpty { throw refusal(key, "\(member.key) has no value", at: member.place) }
      var axis: [ConfigSetting] = []
      for value in values {
        axis.append(try setting(member.key, value, in: key, seedKey: seedKey))
      }
      axes.append(axis)
    }
    return axes
  }

  /// Seeds: one, a range as 42..51, or a list of both.
  func seeds(_ key: String, seedKey: String) throws(RecordError) -> [ConfigSetting] {
    guard let value = self[key] else { return [] }
    var items = [value]
    if case .list(let list) = value.content { items = list }
    var seeds: [ConfigSetting] = []
    for item in items {
      guard case .plain(let text) = item.content, let range = Self.seedRange(text) else {
        throw refusal(key, Self.seedDemand(item), at: item.place)
      }
      // The seeds are counted before they are made. Neither number is near the largest integer.
      guard range.count <= SweepPlan.mostRuns - seeds.count else {
        throw refusal(key, "a plan has at most \(SweepPlan.mostRuns) runs", at: item.place)
      }
      for seed in range {
        seeds.append(ConfigSetting(key: seedKey, value: String(seed), place: item.place))
      }
    }
    if seeds.isEmpty { throw refusal(key, "must not be empty") }
    return seeds
  }

  /// What seeds must be, with a hint at what somebody may have meant who wrote something else.
  private static func seedDemand(_ item: YAMLTree) -> String {
    let demand = "must be a seed, a range as 42..51, or a list of these"
    switch item.content {
    case .list: return demand + ", not a list in a list"
    case .mapping: return demand + ", not a mapping"
    case .text(let text): return demand + ", not \"\(text.prefix(40))\"; seeds have no quotes"
    case .plain(let text):
      let numbers = text.split { !("0"..."9").contains($0) }
      let between = text.filter { !("0"..."9").contains($0) }
      let (first, last) = (numbers.first ?? "", numbers.last ?? "")
      let hint =
        switch (numbers.count, between) {
        case (2, ".."): "; a range rises, and has less than 2^63 seeds"
        case (2, "..."), (2, "-"), (2, ":"), (2, "..<"): "; a range is written \(first)..\(last)"
        case (2..., _) where between.allSatisfy({ $0 == "," || $0 == " " }):
          "; a list is written [\(numbers.joined(separator: ", "))]"
        default: ""
        }
      return demand + ", not \(text.isEmpty ? "nothing" : String(text.prefix(40)))" + hint
    }
  }

  private static func seedRange(_ text: String) -> ClosedRange<UInt64>? {
    func seed(_ text: Substring) -> UInt64? {
      UInt64(text).flatMap { String($0) == text ? $0 : nil }
    }
    guard let dots = text.firstRange(of: "..") else {
      return seed(text[...]).map { $0...$0 }
    }
    guard let first = seed(text[..<dots.lowerBound]), let last = seed(text[dots.upperBound...]),
      first <= last
    else { return nil }
    // The number of seeds must fit an Int.
    return last - first < UInt64(Int.max) ? first...last : nil
  }
}
