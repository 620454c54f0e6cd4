internal import RunRecords

/// The outcome that a program reports in a JSON file: an object of strings, numbers, true, false
/// and null. Inner objects are flattened into dotted keys; NaN and infinities become strings.
enum FoundOutcome {
  static func read(
    _ bytes: [UInt8]
  ) throws(MetricsFault) -> [CanonicalJSON.Key: CanonicalJSON] {
    var bytes = bytes[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    var found: [CanonicalJSON.Key: CanonicalJSON] = [:]
    for member in try JSONLine.members(of: bytes, line: 0) {
      let value = try value(of: member)
      guard found.updateValue(value, forKey: CanonicalJSON.Key(member.key)) == nil else {
        throw MetricsFault(line: 0, reason: "two of its keys are \(member.key)")
      }
    }
    do {
      _ = try ProgramOutcome(found: found, ending: .unknown)
    } catch {
      throw MetricsFault(line: 0, reason: "\(error)")
    }
    return found
  }

  private static func value(of member: JSONLine.Member) throws(MetricsFault) -> CanonicalJSON {
    switch member.cell {
    case .null: return .null
    case .text(let text): return .string(text)
    case .spelled("true"): return true
    case .spelled("false"): return false
    case .spelled(let text):
      guard let value = Double(text) else {
        throw MetricsFault(
          line: 0,
          reason: "\(member.key) is a list; an outcome has texts, numbers, true, false and null")
      }
      if !value.isFinite { return .string(TraceTable.text(of: value)) }
      // Integers that binary64 cannot hold keep their digits.
      if value.magnitude > 0x1p53, TraceTable.Values.number(text) == nil { return .string(text) }
      return .number(value == 0 ? 0 : value)
    }
  }
}
