import Archive
public import Bundles
import DeterministicNumerics
import Digests
public import RunRecords

/// What `show` says of one run: its curves and the facts.
public struct RunSummary: Sendable {
  private let run: RecordedRun

  public init(_ run: RecordedRun) {
    self.run = run
  }

  /// Accuracies and norm over the steps; the curves of both accuracies have the range 0 to 1.
  public func plots(_ style: TerminalPlot.Style) -> [String] {
    let rows = run.trace.metrics
    let steps = rows.map(\.step)
    let marks =
      [("T_mem", "t_mem"), ("T_grok", "t_grok")].compactMap { label, key in
        run.outcome[key]?.intValue.map { TerminalPlot.Mark(step: $0, label: "\(label) \($0)") }
      } + run.stepsOfChange.map { TerminalPlot.Mark(step: $0, label: "at \($0)") }
    var accuracy = TerminalPlot(
      title: "accuracy", steps: steps,
      curves: [
        .init(name: "training", values: rows.map(\.trainAccuracy)),
        .init(name: "validation", values: rows.map(\.validationAccuracy)),
      ],
      marks: marks, range: 0...1)
    guard !rows.isEmpty else { return accuracy.lines(style) }
    var lower = style
    lower.height = max(7, style.height / 2)
    var norm = TerminalPlot(
      title: "V, the squared norm", steps: steps,
      curves: [.init(name: "V", values: rows.map(\.squaredNorm))])
    accuracy.minimumLabelWidth = norm.labelWidth
    norm.minimumLabelWidth = accuracy.labelWidth
    return accuracy.lines(style) + [""] + norm.lines(lower)
  }

  /// Every fact with its name, in the order of reading.
  public var facts: [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = [("run", run.runID)]
    if let identities = run.identities {
      facts.append(("bundle", identities.bundle.hex))
      facts.append(("result", identities.result.hex))
    }
    for section in ["task", "model", "loss", "optimizer", "schedule", "log"] {
      if let value = run.config[section] { facts.append((section, Self.section(value))) }
    }
    facts.append(
      (
        "seed",
        "\(text("seed")); batch \(text("batch"))\(sampling), at most \(text("max_steps")) steps, "
          + "numerics \(text("numerics"))"
      ))
    facts += run.changes.map { ("at step \($0.step)", $0.what + run.fate(ofStep: $0.step)) }
    facts += outcomeFacts
    facts.append(("checkpoints", checkpoints))
    if let size = run.sizeInBytes { facts.append(("size", Figures.size(bytes: size))) }
    return facts
  }

  /// The facts in two columns, the second wrapped to fit into that many in all.
  public func factLines(columns: Int? = nil) -> [String] {
    var table = TextTable()
    for (name, value) in facts { table.add(name, value) }
    return table.lines(columns: columns)
  }

  public var json: CanonicalJSON {
    var members: [CanonicalJSON.Key: CanonicalJSON] = [
      "path": .string(run.path), "run": .string(run.runID), "config": run.config,
      "outcome": run.outcome, "rows": CanonicalJSON(run.trace.metrics.count),
      "environment": run.environment ?? .null,
      "checkpoints": .array(
        run.checkpoints.map {
          [
            "step": CanonicalJSON($0.step), "stored": .bool($0.isStored),
            "sha256": $0.digest.map { .string($0.hex) } ?? .null,
          ]
        }),
      "size_in_bytes": run.sizeInBytes.map { CanonicalJSON($0) } ?? .null,
    ]
    if let identities = run.identities {
      members["bundle_sha256"] = .string(identities.bundle.hex)
      members["result_sha256"] = .string(identities.result.hex)
    }
    return .object(members)
  }
}

extension RunSummary {
  private var outcomeFacts: [(name: String, value: String)] {
    let interval = interval("log_interval")
    let isFinished = run.outcome["stop_reason"] != .null
    func step(_ key: String, _ curve: String, _ threshold: String) -> String {
      let limit = run.config["stop"]?[threshold]?.plainText ?? "?"
      let rule = "\(curve) accuracy at least \(limit), logged \(interval)"
      return (run.outcome[key]?.intValue).map { "\($0)   (\(rule))" }
        ?? "\(isFinished ? "never" : "not yet")   (\(rule))"
    }
    let (memorized, final) = (number("v_mem"), number("v_post"))
    var norms = [
      ("at the start", number("v_initial")), ("at T_mem", memorized),
      (isFinished ? "at the end" : "now", final),
    ]
    .compactMap { name, value in value.map { "\(Figures.rounded($0)) \(name)" } }
    .joined(separator: ", ")
    if let memorized, let final, final > 0 {
      let ratio = memorized / final
      norms += "; V_mem/V_post \(Figures.rounded(ratio))"
      if ratio > 0 { norms += ", its log \(Figures.rounded(Elementary64.log(ratio)))" }
    }
    return [
      ("T_mem", step("t_mem", "training", "memorized")),
      ("T_grok", step("t_grok", "validation", "grokked")),
      ("delay", run.outcome["delay"]?.intValue.map { Figures.count($0, "step") } ?? "none"),
      ("V", norms),
      ("last step", "\(lastStep); \(stopReason)"),
    ]
  }

  private var lastStep: String {
    // A run that diverged at once has no row.
    run.outcome["last_step"]?.intValue.map { $0 < 0 ? "none" : String($0) } ?? "?"
  }

  private var sampling: String {
    run.config["sampling"]?.stringValue.map { ", sampling \($0)" } ?? ""
  }

  private var stopReason: String {
    switch run.outcome["stop_reason"]?.stringValue.flatMap(Outcome.StopReason.init) {
    case .grokked:
      "grokked, and went on for "
        + ((run.config["stop"]?["steps_after_grokking"]?.intValue).map { Figures.count($0, "step") }
          ?? "? steps")
    case .maxSteps: "all steps were taken"
    case .diverged: "diverged: a later loss or norm was not finite"
    case nil: "not finished"
    }
  }

  private var checkpoints: String {
    guard !run.checkpoints.isEmpty else { return "none" }
    let stored = run.checkpoints.count(where: \.isStored)
    let schedule = "after \(interval("checkpoint_interval")) and the last"
    return stored == run.checkpoints.count
      ? "\(stored), \(schedule)"
      : "\(run.checkpoints.count), \(schedule); \(stored == 0 ? "none" : "\(stored)") stored (thin)"
  }

  private func number(_ key: String) -> Double? { run.outcome[key]?.doubleValue }
  private func interval(_ key: String) -> String {
    run.config[key]?.intValue.map(Figures.interval) ?? "every ? steps"
  }
  private func text(_ key: String) -> String { run.config[key]?.plainText ?? "?" }

  /// "transformer: embedding shared, width 128, …".
  private static func section(_ value: CanonicalJSON) -> String {
    guard case .object(var members) = value else { return value.plainText }
    let name = members.removeValue(forKey: "name")
    let rest = members.sorted { $0.key < $1.key }.map { key, value in
      let text =
        if case .array(let items) = value {
          items.map(\.plainText).joined(separator: ", ")
        } else { value.plainText }
      return "\(key.text.replacing("_", with: " ")) \(text)"
    }.joined(separator: ", ")
    guard let name else { return rest }
    return rest.isEmpty ? name.plainText : name.plainText + ": " + rest
  }
}

extension RecordedRun {
  /// The changes during the run: at which step, and what.
  var changes: [(step: Int, what: String)] { (try? RunSpec(json: config))?.changes ?? [] }

  /// The steps of the trace at which something is changed; none where they are many.
  var stepsOfChange: [Int] {
    let last = trace.metrics.last?.step ?? -1
    let steps = Set(changes.map(\.step)).filter { $0 <= last }.sorted()
    return steps.count <= 6 ? steps : []
  }

  /// The text for a change that the run has not reached.
  fileprivate func fate(ofStep step: Int) -> String {
    guard let last = outcome["last_step"]?.intValue, step > last,
      outcome["stop_reason"] != .string(Outcome.StopReason.diverged.rawValue)
    else { return "" }
    return outcome["stop_reason"] == .null ? "; not yet" : "; the run ended before"
  }
}

extension CanonicalJSON {
  /// A string without its quotes, "none" for null, anything else as its canonical text.
  var plainText: String { self == .null ? "none" : stringValue ?? text }
}
