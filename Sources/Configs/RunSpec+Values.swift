package import RunRecords

extension RunSpec {
  /// Asks configs whether they have a value that people have written: whether setting it would
  /// change nothing.
  package struct ValueMemory {
    /// Of numbers not written as integers: whether their key takes such a number.
    private var isNumber: [ConfigSetting: Bool] = [:]
    /// Of what a record does not have, or has a list of: whether a setting changes nothing in
    /// configs with these variants and this list.
    private var isSame: [Question: Bool] = [:]

    private struct Question: Hashable {
      let setting: ConfigSetting
      let variants: [CanonicalJSON?]
      let value: CanonicalJSON?
    }

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
        let isRead = isUnchanged(by: setting, spec)
        isNumber[setting] = isRead
        return isRead
      // A key that a record does not have at its value, or a list.
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
