internal import Catalogue
internal import RunRecords

/// The keys that a config can have, for people to read.
public enum ConfigKeys {
  /// Some of the keys: what has them, and a line for each with its default and the values that it
  /// takes.
  public struct Part: Sendable, Hashable {
    /// As `task: {name: permutations}`; empty for the keys that every config has.
    public let title: String
    public let rows: [Row]
  }

  public struct Row: Sendable, Hashable {
    public let key: String
    /// Empty if there is none.
    public let standard: String
    public let takes: String
  }

  /// The keys of every config, then those of each task, model, optimizer and schedule.
  public static var parts: [Part] {
    var base = RunSpec.standard(for: .modularAddition)
    var parts = [
      Part(
        title: "",
        rows: rows(of: base) { key in
          !["task.", "model.", "optimizer.", "schedule."].contains { key.hasPrefix($0) }
        })
    ]
    func add(_ section: String, _ name: String, _ spec: RunSpec) {
      let rows = rows(of: spec) { $0.hasPrefix(section + ".") && $0 != section + ".name" }
      parts.append(Part(title: "\(section): {name: \(name)}", rows: rows))
    }
    for name in TaskName.allCases { add("task", name.rawValue, .standard(for: name)) }
    for name in ModelName.allCases {
      base.model = ModelSpec(name, for: .modularAddition)
      add("model", name.rawValue, base)
    }
    for name in OptimizerName.allCases {
      base.optimizer = OptimizerSpec(name)
      add("optimizer", name.rawValue, base)
    }
    for name in RateScheduleName.allCases {
      base.rateSchedule = RateSchedule(name)
      add("schedule", name.rawValue, base)
    }
    return parts
  }

  /// The key that is meant by its whole name, its last part, or what other programs call it. Many
  /// keys end in `name`, which therefore means none.
  public static func key(meantBy word: String) -> String? {
    guard word != "name" else { return nil }
    let keys = parts.flatMap { $0.rows.map { $0.key } }
    return keys.first { $0 == word || $0.hasSuffix("." + word) } ?? ConfigFields.otherNames[word]
  }

  /// The parts as lines with columns: key, default, and the values that it takes.
  public static var lines: [String] {
    let parts = parts
    let rows = parts.flatMap { $0.rows }
    let widths = [rows.map { $0.key.count }.max() ?? 0, rows.map { $0.standard.count }.max() ?? 0]
    func cell(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: width - text.count + 2)
    }
    return parts.flatMap { part in
      [part.title.isEmpty ? "every config" : part.title]
        + part.rows.map { "  " + cell($0.key, widths[0]) + cell($0.standard, widths[1]) + $0.takes }
        + [""]
    }.dropLast()
  }

  private static func rows(of spec: RunSpec, where isMeant: (String) -> Bool) -> [Row] {
    spec.fields.filter { isMeant($0.key) }.map { field in
      Row(
        key: field.key, standard: field.defaultValue.map(spelled) ?? "", takes: takes(field.kind))
    }
  }

  private static func spelled(_ value: Field.Value) -> String {
    switch value {
    case .integer(let value): String(value)
    case .number(let value): shortestDecimal(value)
    case .name(let name): name
    case .seed(let seed): String(seed)
    }
  }

  private static func takes(_ kind: Field.Kind) -> String {
    switch kind {
    case .variant(let names), .name(let names): ConfigFields.list(names)
    case .names(let names): "some of " + names.joined(separator: ", ")
    case .integer(let bounds):
      "\(bounds.range.lowerBound) to \(bounds.range.upperBound)"
        + (bounds.divisor == 1 ? "" : ", multiples of \(bounds.divisor)")
    case .number(let bounds): bounds.demand
    case .seed: "0 to \(UInt64.max)"
    }
  }
}
