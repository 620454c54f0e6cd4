public import RunRecords

/// Where two recorded runs differ. Nothing is executed; only what both have is compared, and what could not be
/// compared is named.
public struct RunDiff: Sendable, Hashable {
  /// One of the two runs.
  public struct Side: Sendable, Hashable {
    public var path: String
    public var runID: String
    public var identities: RecordedRun.Identities?
  }

  /// Something that could not be compared.
  public struct Gap: Sendable, Hashable {
    public var what: String
    public var reason: String
  }

  public var a: Side
  public var b: Side
  public var config: [KeyDifference]
  public var trace: TraceDifference
  /// The runs log at different steps, so that steps which only one has are no difference by themselves.
  public var logIntervalsDiffer: Bool
  /// T_mem, T_grok, the delay, the norms, and how the run ended.
  public var outcome: [KeyDifference]
  /// Steps whose checkpoints differ or are kept by one only, from the bundles' lists; empty between runs of
  /// different configs, whose checkpoints name their run and so always differ as files.
  public var differingCheckpoints: [Int]
  /// Tensor by tensor, of the last checkpoint that both store; nil when there is none.
  public var checkpoint: CheckpointDifference?
  /// Of the machines and programs; never a difference of the results.
  public var environment: [KeyDifference]
  public var gaps: [Gap]

  /// Compares two runs.
  ///
  /// - Parameter ignored: Keys that are not compared: of the config (`seed`, `optimizer.learning_rate`), of the trace
  ///   and the outcome (`train_loss`, `t_mem`), tensors (`tok.weight`), or a section (`environment`, `optimizer`). A
  ///   key may be written with its section in front, as in `config.seed`.
  public init(_ a: RecordedRun, _ b: RecordedRun, ignoring ignored: [String] = []) throws {
    self.a = Side(a)
    self.b = Side(b)
    var filter = KeyFilter(ignored)
    config = filter.kept(KeyDifference.all(between: a.config, and: b.config), in: .config)
    filter.see(a.config, b.config, in: .config)
    let intervals = (a.config["log_interval"], b.config["log_interval"])
    logIntervalsDiffer = intervals.0 != intervals.1
    filter.see(CellDifference.columns, in: .trace)
    trace = TraceDifference(
      a.trace, b.trace,
      ignoring: Set(CellDifference.columns.filter { filter.ignores($0, in: .trace) }))
    outcome = filter.kept(KeyDifference.all(between: a.outcome, and: b.outcome), in: .outcome)
    filter.see(a.outcome, b.outcome, in: .outcome)
    let (aEnvironment, bEnvironment) = (a.environment ?? [:], b.environment ?? [:])
    environment = filter.kept(
      KeyDifference.all(between: aEnvironment, and: bEnvironment), in: .environment)
    filter.see(aEnvironment, bEnvironment, in: .environment)

    differingCheckpoints = []
    if a.runID == b.runID && !filter.ignoresAll(of: .checkpoint) {
      differingCheckpoints = Self.differingCheckpoints(a, b)
    }
    let common = Set(a.storedSteps).intersection(b.storedSteps)
    // The last that both store; where the lists say it is the same in both, the last that is not.
    let last = common.intersection(differingCheckpoints).max() ?? common.max()
    if let last, !filter.ignoresAll(of: .checkpoint) {
      let (x, y) = (try a.checkpoint(step: last), try b.checkpoint(step: last))
      filter.see(
        (x.parameters + x.optimizer + y.parameters + y.optimizer).map(\.name), in: .checkpoint)
      checkpoint = CheckpointDifference(x, y, ignoring: { filter.ignores($0, in: .checkpoint) })
    }
    if let key = filter.unseen.first { throw ReplayError.unknownKey(key) }

    gaps = []
    if logIntervalsDiffer && !filter.ignoresAll(of: .trace) {
      let (x, y) = (intervals.0?.text ?? "none", intervals.1?.text ?? "none")
      let reason =
        "the log intervals are \(x) and \(y), so T_mem, V_mem and T_grok may differ by the interval alone; "
        + "\(trace.commonSteps) common steps are compared"
      gaps.append(Gap(what: "the other steps", reason: reason))
    } else if trace.commonSteps == 0 {
      gaps.append(Gap(what: "the traces", reason: "they have no step in common"))
    }
    if last == nil && !filter.ignoresAll(of: .checkpoint) {
      gaps.append(Gap(what: "tensors", reason: Self.reasonForNoTensors(a, b)))
    }
  }

  /// Everything that was compared is the same to the bit; the environment does not count.
  public var isIdentical: Bool {
    config.isEmpty && trace.commonRowsAreEqual && outcome.isEmpty && differingCheckpoints.isEmpty
      && checkpoint?.isEqual ?? true
      && (logIntervalsDiffer || trace.stepsOnlyInA.isEmpty && trace.stepsOnlyInB.isEmpty)
  }
}

extension RunDiff {
  private static func differingCheckpoints(_ a: RecordedRun, _ b: RecordedRun) -> [Int] {
    let (x, y) = (a.digestsByStep, b.digestsByStep)
    return Set(x.keys).union(y.keys).sorted().filter { step in
      guard let left = x[step], let right = y[step] else { return true }
      // A run directory has no list of digests; its checkpoint is compared by its tensors alone.
      guard let left, let right else { return false }
      return left != right
    }
  }

  private static func reasonForNoTensors(_ a: RecordedRun, _ b: RecordedRun) -> String {
    for run in [a, b] where run.checkpoints.isEmpty { return "\(run.path) kept no checkpoint" }
    for run in [a, b] where run.storedSteps.isEmpty {
      return "\(run.path) is thin: its checkpoints are listed by digest only"
    }
    return "the runs store no checkpoint of the same step"
  }
}

extension RecordedRun {
  fileprivate var storedSteps: [Int] { checkpoints.filter(\.isStored).map(\.step) }

  fileprivate var digestsByStep: [Int: Digest?] {
    Dictionary(uniqueKeysWithValues: checkpoints.map { ($0.step, $0.digest) })
  }
}

extension RunDiff.Side {
  init(_ run: RecordedRun) {
    path = run.path
    runID = run.runID
    identities = run.identities
  }
}

/// Which keys are left out, and which of the keys to leave out exist at all.
private struct KeyFilter {
  enum Section: String, CaseIterable { case config, trace, outcome, checkpoint, environment }

  private let ignored: [String]
  private(set) var unseen: [String]

  init(_ ignored: [String]) {
    self.ignored = ignored
    let sections = Set(Section.allCases.map(\.rawValue))
    unseen = ignored.filter { !sections.contains($0) }
  }

  func ignoresAll(of section: Section) -> Bool { ignored.contains(section.rawValue) }

  func ignores(_ key: String, in section: Section) -> Bool {
    ignoresAll(of: section) || ignored.contains { Self.matches($0, key, in: section) }
  }

  func kept(_ differences: [KeyDifference], in section: Section) -> [KeyDifference] {
    differences.filter { !ignores($0.key, in: section) }
  }

  mutating func see(_ keys: [String], in section: Section) {
    unseen.removeAll { name in keys.contains { Self.matches(name, $0, in: section) } }
  }

  mutating func see(_ a: CanonicalJSON, _ b: CanonicalJSON, in section: Section) {
    see(Array(a.leaves.keys) + Array(b.leaves.keys), in: section)
  }

  /// `name` is `key` or a part of its path from the left, with or without the section in front. The parts of a
  /// tensor's name need the section: `optimizer` is a section of the config, not the optimizer's state.
  private static func matches(_ name: String, _ key: String, in section: Section) -> Bool {
    let qualified = section.rawValue + "." + key
    return name == key || name == qualified || qualified.hasPrefix(name + ".")
      || (section != .checkpoint && key.hasPrefix(name + "."))
  }
}

// MARK: JSON

extension RunDiff {
  public var json: CanonicalJSON {
    [
      "verdict": isIdentical ? "identical" : "different",
      "a": a.json, "b": b.json,
      "config": .array(config.map(\.json)),
      "trace": trace.json,
      "outcome": .array(outcome.map(\.json)),
      "differing_checkpoints": .array(differingCheckpoints.map { CanonicalJSON($0) }),
      "checkpoint": checkpoint?.json ?? .null,
      "environment": .array(environment.map(\.json)),
      "not_compared": .array(
        gaps.map { ["what": .string($0.what), "reason": .string($0.reason)] }),
    ]
  }
}

extension RunDiff.Side {
  public var json: CanonicalJSON {
    [
      "path": .string(path), "run": .string(runID),
      "bundle_sha256": identities.map { .string($0.bundle.hex) } ?? .null,
      "result_sha256": identities.map { .string($0.result.hex) } ?? .null,
    ]
  }
}
