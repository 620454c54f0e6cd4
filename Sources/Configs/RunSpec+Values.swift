package import RunRecords

extension RunSpec {
  /// Tells whether configs have a value that people have written: whether setting it would change
  /// nothing. It remembers its answers.
  package struct ValueMemory {
    /// For numbers not written as integers: whether their key takes such a number.
    private var isNumber: [ConfigSetting: Bool] = [:]
    /// For keys that a record leaves out or has a list of: whether a setting changes nothing in
    /// configs with these variants and this list.
    private var isSame: [Question: Bool] = [:]

    private struct Question: Hashable {
      let setting: ConfigSetting
      let variants: [CanonicalJSON?]
      let value: CanonicalJSON?
    }

    package init() {}

    /// - Parameter values: The values of `spec` by key: the leaves of its canonical config.
    /// - Complexity: O(1), except the first time that a setting must be read.
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
        let isRead = isUnchanged(by: setting, spec)
        isNumber[setting] = isRead
        return isRead
      // A key that a record leaves out at its value, or a list.
      case .array?, nil:
        let question = Question(
          setting: setting, variants: Self.variantKeys.map { values[$0] },
          value: values[setting.key])
        if let known = isSame[question] { return known }
        let isSame = isUnchanged(by: setting, spec)
        self.isSame[question] = isSame
        return isSame
      case .bool?, .null?, .object?: return false
      }
    }

    private static let variantKeys = [
      "task.name", "model.name", "optimizer.name", "schedule.name", "loss.name",
    ]

    private func isUnchanged(by setting: ConfigSetting, _ spec: RunSpec) -> Bool {
      var fields = ConfigFields(form: .yaml, place: setting.place)
      fields.set(
        setting.key, setting.isQuoted ? .text(setting.value) : .plain(setting.value),
        place: setting.place)
      return (try? RunSpec(fields: fields, base: spec)) == spec
    }
  }
}
