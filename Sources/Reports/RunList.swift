import Archive
public import Bundles
import Digests
import Files
public import RunRecords

/// The answer of `list`: one line for each run, with the keys that differ between the runs.
public struct RunList {
  /// A condition on runs: a key of the config, of the outcome or of the columns has this value.
  public struct Condition: Sendable, Hashable {
    public let key, value: String

    public init(key: String, value: String) { (self.key, self.value) = (key, value) }

    /// Numbers are compared by value: 1e-3 equals 0.001.
    func means(_ entry: RunList.Entry) -> Bool {
      guard let found = entry.value(key) else { return false }
      if found.plainText == value { return true }
      guard let number = found.doubleValue else { return false }
      return Double(value) == number
    }
  }

  /// One run.
  struct Entry {
    let run: OpenedRun
    let values: [String: CanonicalJSON]

    init(_ run: OpenedRun) {
      self.run = run
      values = run.config.leaves.merging(run.outcome.leaves) { config, _ in config }
    }

    func value(_ key: String) -> CanonicalJSON? { RunList.columns[key]?(run) ?? values[key] }
  }

  private let comparison: RunComparison?

  /// - Parameter runs: Those that all of `conditions` mean are listed.
  /// - Throws: The key of a condition that no run has, with the one that may have been meant.
  public init(_ runs: [OpenedRun], where conditions: [Condition] = []) throws(UnknownKey) {
    let entries = runs.map(Entry.init)
    for condition in conditions where !entries.contains(where: { $0.value(condition.key) != nil }) {
      let known = Self.columns.keys.sorted() + Set(entries.flatMap(\.values.keys)).sorted()
      throw UnknownKey(
        key: condition.key, suggestion: Spelling.nearest(to: condition.key, among: known))
    }
    let meant = entries.filter { entry in conditions.allSatisfy { $0.means(entry) } }
    comparison = meant.isEmpty ? nil : RunComparison(meant.map(\.run))
  }

  public struct UnknownKey: Error {
    public let key: String
    public let suggestion: String?
  }

  public var count: Int { runs.count }

  private var runs: [OpenedRun] { comparison?.runs ?? [] }

  // MARK: Columns

  /// The columns that every list has, by name.
  private static let columns: [String: @Sendable (OpenedRun) -> CanonicalJSON] = [
    "kind": { .string($0.kind.rawValue) }, "outcome": { .string($0.endingWord) },
    "path": { .string($0.path) }, "run": { .string($0.runID) },
    "steps": { $0.table.steps.last.map { CanonicalJSON($0 + 1) } ?? 0 },
    "t_grok": { $0.outcome["t_grok"] ?? .null }, "t_mem": { $0.outcome["t_mem"] ?? .null },
  ]
  /// In the order in which they are shown.
  private static let names = ["path", "run", "kind", "outcome", "steps", "t_mem", "t_grok"]

  private static func cells(
    _ place: Int, of comparison: RunComparison, keys: [String], none: String
  ) -> [String] {
    names.map { name in
      let value = columns[name]!(comparison.runs[place])
      return value == .null ? none : value.plainText
    } + keys.map { comparison.value($0, of: place) }
  }

  // MARK: Forms

  /// The most keys in the table for people.
  private static let mostKeys = 6

  public var textLines: [String] {
    guard !runs.isEmpty, let comparison = RunComparison(runs, isWorded: true) else { return [] }
    let keys = Array(comparison.tellingKeys.prefix(Self.mostKeys))
    var table = TextTable()
    table.add(cells: ["run of", "id", "kind", "outcome", "steps", "T_mem", "T_grok"] + keys)
    for place in runs.indices {
      let cells = Self.cells(place, of: comparison, keys: keys, none: "-")
      table.add(cells: cells.prefix(1) + cells.dropFirst().map(Self.shortened))
    }
    let more = comparison.tellingKeys.count - keys.count
    return table.lines
      + (more > 0 ? ["", "keys that differ, too, and stand in --csv: \(more)"] : [])
  }

  /// A value as the table for people shows it.
  private static func shortened(_ text: String) -> String {
    text.count > 48 ? text.prefix(47) + "…" : text
  }

  /// RFC 4180, with a heading.
  public var csvLines: [String] {
    guard let comparison else { return [Self.names.joined(separator: ",")] }
    let keys = comparison.differingKeys
    return
      ([Self.names + keys]
      + runs.indices.map { Self.cells($0, of: comparison, keys: keys, none: "") })
      .map { $0.map(Self.field).joined(separator: ",") }
  }

  private static func field(_ text: String) -> String {
    guard text.utf8.contains(where: "\",\r\n".utf8.contains) else { return text }
    return "\"" + text.escaping { $0 == "\"" ? "\"\"" : nil } + "\""
  }

  public var json: CanonicalJSON {
    [
      "differing": .array((comparison?.differingKeys ?? []).map { .string($0) }),
      "runs": .array(
        runs.map { run in
          var members: [CanonicalJSON.Key: CanonicalJSON] = [
            "bundle_sha256": run.identities.map { .string($0.bundle.hex) } ?? .null,
            "config": run.config,
            "result_sha256": run.identities.map { .string($0.result.hex) } ?? .null,
          ]
          for (name, value) in Self.columns { members[CanonicalJSON.Key(name)] = value(run) }
          return .object(members)
        }),
    ]
  }
}

extension OpenedRun {
  /// How it ended: `grokked`, `max-steps`, `diverged`, of a program `done` or `failed`;
  /// `unfinished` where it has not.
  fileprivate var endingWord: String {
    switch self {
    case .trainer(let run): run.outcome["stop_reason"]?.stringValue ?? "unfinished"
    case .program(let run): run.outcome.ending.isFailure ? "failed" : "done"
    }
  }
}
