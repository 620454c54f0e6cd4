import Analysis
import Bundles
import Comparison
import RunRecords

/// Several runs compared: what differs between their configs, and which key colours their curves.
struct RunComparison {
  /// Runs that have one colour.
  struct Group {
    /// The label of the group; empty if it has none.
    var name: String
    var color: Ink
    /// The places of its runs.
    var runs: [Int]
    /// The value of the key as a number.
    var value: Double?
  }

  let runs: [OpenedRun]
  /// The same where all are the trainer's; else empty.
  let trainers: [RecordedRun]
  /// The name of each run in tables and beside curves.
  let labels: [String]
  /// The keys of the configs whose values differ, or that some runs lack; sorted.
  let differingKeys: [String]
  /// The differing keys that do not follow from other keys. Keys that change the trajectory come
  /// before keys that change only its logging.
  let tellingKeys: [String]
  /// What all configs say.
  let common: [(key: String, value: String)]
  /// The key that separates the groups; nil if each run has its own group, or all share one.
  private(set) var key: String?
  private(set) var groups: [Group] = []
  private let leaves: [[String: CanonicalJSON]]

  /// Up to this many runs have each its own colour.
  static let fewRuns = 7

  /// - Parameters:
  ///   - labels: Numbers from 1 where nil.
  ///   - key: Of the config; nil leaves the choice to us. Nil results where no run has it.
  ///   - isWorded: Whether changes during the runs are in words, and those one step after
  ///     memorisation without their step.
  init?(
    _ runs: [OpenedRun], labels: [String]? = nil, by key: String? = nil, isWorded: Bool = false
  ) {
    var leaves = runs.map { $0.config.leaves }
    let keys = Set(leaves.flatMap(\.keys)).sorted()
    differingKeys = Self.differing(keys, leaves)
    if isWorded { Self.wordChanges(in: &leaves, of: runs) }
    let differing = Self.differing(keys, leaves)
    if let key, !keys.contains(key) { return nil }
    var telling = Self.telling(differing, leaves)
    let chosen = key ?? (runs.count > Self.fewRuns ? Self.bestKey(telling, leaves) : nil)
    var runs = runs
    if runs.count > Self.fewRuns {
      // Many runs are found by their values, first of all by the one that gives the colour.
      if let chosen { telling = [chosen] + telling.filter { $0 != chosen } }
      let order = Self.sorted(leaves, by: telling)
      runs = order.map { runs[$0] }
      leaves = order.map { leaves[$0] }
    }
    self.runs = runs
    let trainers = runs.compactMap { run in
      if case .trainer(let run) = run { run } else { nil as RecordedRun? }
    }
    self.trainers = trainers.count == runs.count ? trainers : []
    self.leaves = leaves
    self.labels = labels ?? runs.indices.map { "\($0 + 1)" }
    tellingKeys = telling
    common = Set(keys).subtracting(differing).sorted()
      .map { ($0, leaves[0][$0]?.plainText ?? "none") }
    if let chosen {
      group(by: chosen)
    } else if runs.count <= Self.fewRuns {
      groups = runs.indices.map { place in
        Group(name: name(of: place), color: .color(place), runs: [place])
      }
    } else {
      groups = [Group(name: "", color: .color(0), runs: Array(runs.indices))]
    }
  }

  /// The value of a config's key as text.
  func value(_ key: String, of place: Int) -> String { leaves[place][key]?.plainText ?? "none" }

  /// "2: weight decay 0.5, seed 43".
  func name(of place: Int) -> String {
    // If there are many differences, only the first few.
    let values = tellingKeys.prefix(3).map { key in
      let last = key.split(separator: ".").last.map(String.init) ?? key
      return "\(last.replacing("_", with: " ")) \(value(key, of: place))"
    }
    return values.isEmpty
      ? "\(labels[place]): \(runs[place].path)"
      : "\(labels[place]): \(values.joined(separator: ", "))"
  }
}

// MARK: Keys

extension RunComparison {
  private static func differing(
    _ keys: [String], _ leaves: [[String: CanonicalJSON]]
  ) -> [String] {
    keys.filter { key in leaves.contains { $0[key] != leaves[0][key] } }
  }

  /// Leaves out what only some models or tasks have, and these with the same value.
  private static func telling(
    _ keys: [String], _ leaves: [[String: CanonicalJSON]]
  ) -> [String] {
    let telling = keys.filter { key in
      Set(leaves.compactMap { $0[key] }).count > 1 || !keys.contains(nameKey(of: key))
    }
    return telling.filter { !isOfLog($0) } + telling.filter(isOfLog)
  }

  /// "model.name" of "model.width".
  private static func nameKey(of key: String) -> String {
    (key.split(separator: ".").dropLast() + ["name"]).joined(separator: ".")
  }

  private static func isOfLog(_ key: String) -> Bool {
    ["log_interval", "checkpoint_interval", "max_steps"].contains(key) || key.hasPrefix("stop.")
  }

  /// The order of the runs by the values of some keys, the first one first.
  private static func sorted(_ leaves: [[String: CanonicalJSON]], by keys: [String]) -> [Int] {
    leaves.indices.sorted { a, b in
      for key in keys where leaves[a][key] != leaves[b][key] {
        return precedes(leaves[a][key], leaves[b][key])
      }
      return a < b
    }
  }

  /// Numbers by size, texts by their letters, nothing last.
  private static func precedes(_ a: CanonicalJSON?, _ b: CanonicalJSON?) -> Bool {
    guard let a else { return false }
    guard let b else { return true }
    if let x = number(a), let y = number(b), x != y { return x < y }
    return a.plainText < b.plainText
  }

  /// A number, or an integer that is written as a string.
  private static func number(_ value: CanonicalJSON?) -> Double? {
    value?.doubleValue ?? value?.stringValue.flatMap { Double($0) }
  }
}

// MARK: Changes

extension RunComparison {
  /// Puts the changes during the runs in words: "optimizer.weight_decay=2 at 801". If each changed
  /// run is changed one step after its memorisation, it is "optimizer.weight_decay=2 after
  /// memorisation", the same for all seeds.
  private static func wordChanges(
    in leaves: inout [[String: CanonicalJSON]], of runs: [OpenedRun]
  ) {
    let key = RunSpec.interventionsKey
    var changed: [(place: Int, changes: [(step: Int, what: String)], memorised: Int?)] = []
    for (place, run) in runs.enumerated() where leaves[place][key] != nil {
      guard case .trainer(let run) = run else { continue }
      changed.append((place, run.changes, run.outcome["t_mem"]?.intValue))
    }
    let isRelative = changed.allSatisfy { run in
      run.memorised.map { memorised in run.changes.contains { $0.step == memorised + 1 } } ?? false
    }
    for run in changed {
      let words = run.changes.map { change in
        isRelative && change.step - 1 == run.memorised
          ? "\(change.what) after memorisation" : "\(change.what) at \(change.step)"
      }
      leaves[run.place][key] = .string(words.joined(separator: "; "))
    }
  }
}

// MARK: Groups

extension RunComparison {
  /// Keys that all runs have come first; then keys with more values, up to ten.
  private static func bestKey(
    _ tellingKeys: [String], _ leaves: [[String: CanonicalJSON]]
  ) -> String? {
    func count(_ key: String) -> Int { Set(leaves.map { $0[key] }).count }
    let candidates = tellingKeys.filter { $0 != "seed" && (2...10).contains(count($0)) }
    func rank(_ key: String) -> (Int, Int, Int) {
      (isOfLog(key) ? 1 : 0, leaves.allSatisfy { $0[key] != nil } ? 0 : 1, -count(key))
    }
    return candidates.min { a, b in rank(a) < rank(b) }
  }

  private mutating func group(by key: String) {
    self.key = key
    let byValue = Dictionary(grouping: runs.indices) { leaves[$0][key] }
    let isNumeric = byValue.keys.allSatisfy { $0 == nil || Self.number($0) != nil }
    let sorted = byValue.sorted { Self.precedes($0.key, $1.key) }
    let count = sorted.count { $0.key != nil }
    // If there are more than ten values, only every n-th is named.
    let stride = (count + 9) / 10
    groups = sorted.enumerated().map { place, entry in
      let isNamed = place % stride == 0 || place >= count - 1
      let isRamp = isNumeric && count > 2 || count > Ink.colors
      return Group(
        name: isNamed ? entry.key?.plainText ?? "none" : "",
        color: entry.key == nil ? .grey : isRamp ? .ramp(place, of: count) : .color(place),
        runs: entry.value, value: isNumeric ? Self.number(entry.key) : nil)
    }
  }
}

// MARK: Outcomes

extension RunComparison {
  /// The values of the outcomes, in the order in which they are shown.
  var outcomes: [(name: String, text: (Int) -> String)] {
    guard trainers.isEmpty else {
      return Self.ofTrainer.map { fact in (fact.name, { fact.text(self.trainers[$0]) }) }
    }
    let found = runs.flatMap { run -> [CanonicalJSON.Key] in
      if case .program(let program) = run { Array(program.outcome.found.keys) } else { [] }
    }
    let keys = Set(found).sorted().prefix(Self.mostOutcomes)
    return keys.map { key in (key.text, { self.found(key, of: $0) }) } + [
      ("last step", { self.runs[$0].table.steps.last.map(String.init) ?? "–" }),
      ("ended", { self.ending(of: $0) }),
    ]
  }

  /// The first keys of the results of programs.
  private static let mostOutcomes = 20

  private func found(_ key: CanonicalJSON.Key, of place: Int) -> String {
    switch runs[place] {
    case .trainer: "–"
    case .program(let run): run.outcome.found[key]?.plainText ?? "–"
    }
  }

  private func ending(of place: Int) -> String {
    switch runs[place] {
    case .trainer(let run): run.outcome["stop_reason"]?.stringValue ?? "not finished"
    case .program(let run): run.outcome.ending.description
    }
  }

  private static let ofTrainer: [(name: String, text: @Sendable (RecordedRun) -> String)] = [
    ("T_mem", { step("t_mem", of: $0) }),
    ("T_grok", { step("t_grok", of: $0) }),
    ("delay", { $0.outcome["delay"]?.intValue.map(String.init) ?? "–" }),
    ("V_mem", { norm("v_mem", of: $0) }),
    ("V_post", { norm("v_post", of: $0) }),
    ("last step", { $0.outcome["last_step"]?.plainText ?? "?" }),
    ("ended by", { $0.outcome["stop_reason"]?.stringValue ?? "not finished" }),
  ]

  private static func step(_ key: String, of run: RecordedRun) -> String {
    run.outcome[key]?.intValue.map(String.init)
      ?? (run.outcome["stop_reason"] == .null ? "not yet" : "never")
  }

  private static func norm(_ key: String, of run: RecordedRun) -> String {
    run.outcome[key]?.doubleValue.map(Figures.rounded) ?? "–"
  }

  /// T_grok, censored at the last row.
  static func timeToGrokking(_ run: RecordedRun) -> KaplanMeier.Duration? {
    if let step = run.outcome["t_grok"]?.intValue {
      return .init(time: Double(step), isObserved: true)
    }
    return run.trace.metrics.last.map { .init(time: Double($0.step), isObserved: false) }
  }
}

extension RunComparison {
  /// Means and medians of the groups, where they are more than single runs.
  var groupRows: [[String]] {
    groups.map { group in
      let members = group.runs.map { trainers[$0] }
      func mean(_ key: String) -> String {
        members.compactMap { $0.outcome[key]?.doubleValue }.mean.map(Figures.rounded) ?? "–"
      }
      let times = members.compactMap(Self.timeToGrokking)
      let median = KaplanMeier.median(times).map(Figures.rounded)
      let name = key.map { value($0, of: group.runs[0]) } ?? "all"
      return [
        name, "\(members.count)", "\(times.count { $0.isObserved })", mean("t_mem"),
        median ?? "not reached", mean("delay"), mean("v_mem"), mean("v_post"),
      ]
    }
  }

  static let groupHeader = [
    "runs", "grokked", "mean T_mem", "median T_grok", "mean delay", "mean V_mem", "mean V_post",
  ]
}
