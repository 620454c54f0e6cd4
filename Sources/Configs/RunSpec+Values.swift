package import RunRecords

extension RunSpec {
  /// Asks configs whether they have a value that people have written: whether setting it would
  /// change nothing.
  package struct ValueMemory {
    /// Of numbers not written as integers: whether their key takes such a number.
    private var isNumber: [ConfigSetting: Bool] = [:]

    package init() {}

    /// - Parameter values: Those of `spec`, by key: the leaves of its canonical config.
    /// - Complexity: O(1) but for the first time that a setting needs to be read.
    package mutating func has(
      _ setting: ConfigSetting, _ values: [String: CanonicalJSON], of spec: RunSpec
    ) -> Bool {
      switch values[setting.key] {
      case .string(let text)?:
        return text == setting.value
      case .number(let number)?:
        guard !setting.isQuoted, Double(setting.value) == number else { return false }
        if ConfigFields.isDecimalInteger(setting.value) { return true }
        if let known = isNumber[setting] { return known }
        var fields = ConfigFields(form: .yaml, place: setting.place)
        fields.set(setting.key, .plain(setting.value), place: setting.place)
        let isRead = (try? RunSpec(fields: fields, base: spec)) == spec
        isNumber[setting] = isRead
        return isRead
      case .bool?, .null?, .array?, .object?, nil:
        return false
      }
    }
  }
}
