public import Archive
public import Bundles
import Digests
public import RunRecords

/// Where two recorded runs differ. Nothing is executed. Only what both have is compared, and what
/// was not compared is named.
public struct RunDiff: Sendable, Hashable {
  /// One of the two runs.
  public struct Side: Sendable, Hashable {
    public var path: String
    public var runID: String
    public var identities: BundleIdentity?
  }

  /// What was compared; an identical verdict is about this and nothing else.
  public struct Compared: Sendable, Hashable {
    public var config = false
    /// Rows that both traces have; 0 if all their columns are ignored.
    public var rows = 0
    public var outcome = false
    /// The steps of the checkpoints whose digests were compared, ascending. For a bundle the
    /// digests are those of its list, for a run directory those of the files.
    public var checkpoints: [Int] = []
    /// How many tensors of one checkpoint were compared element by element.
    public var tensors = 0

    public init(config: Bool = false, outcome: Bool = false) {
      self.config = config
      self.outcome = outcome
    }

    var isNothing: Bool { self == Compared() }
  }

  /// Something that both or one of them has and that was not compared.
  public struct Gap: Sendable, Hashable {
    public var what: String
    public var reason: String
  }

  public var a: Side
  public var b: Side
  public var config: [KeyDifference]
  public var trace: TraceDifference
  /// Whether the runs log at different steps. Steps that only one has are then no difference by
  /// themselves.
  public var logIntervalsDiffer: Bool
  /// T_mem, T_grok, the delay, the norms, and how the run ended.
  public var outcome: [KeyDifference]
  /// Steps whose checkpoints differ as files, or are kept by only one run. Empty between runs of
  /// different configs: their checkpoints name their run and so always differ as files.
  public var differingCheckpoints: [Int]
  /// Tensor by tensor, the last checkpoint that both store, or the last that differs; nil if there
  /// is none.
  public var checkpoint: CheckpointDifference?
  /// Differences in the machines and programs, never in the results.
  public var environment: [KeyDifference]
  public var compared = Compared()
  public var gaps: [Gap]
  /// The keys that the caller asked to leave out.
  public var ignored: [String]

  /// Compares two runs.
  ///
  /// - Parameter ignored: Keys that are not compared: of the config (`seed`,
  ///   `optimizer.learning_rate`), of the trace and the outcome (`train_loss`, `t_mem`), tensors
  ///   (`tok.weight`), or a section (`environment`, `optimizer`). A key may be written with its
  ///   section in front, as in `config.seed`.
  /// - Throws: `ComparisonError.unknownKey` if no run has a key of `ignored`;
  ///   `ComparisonError.nothingToCompare` if nothing is left; `BundleError` if a stored checkpoint
  ///   cannot be read.
  public init(_ a: RecordedRun, _ b: RecordedRun, ignoring ignored: [String] = []) throws {
    self.a = Side(a)
    self.b = Side(b)
    self.ignored = ignored
    var filter = KeyFilter(ignored)
    config = filter.kept(KeyDifference.all(between: a.config, and: b.config), in: .config)
    filter.see(a.config, b.config, in: .config)
    let intervals = (a.config["log_interval"], b.config["log_interval"])
    logIntervalsDiffer = intervals.0 != intervals.1
    let columns = TraceDifference.columns(a.trace, b.trace)
    let lonely = (a.trace.columns + b.trace.columns).map(\.name).filter { !columns.contains($0) }
    filter.see(columns + lonely, in: .trace)
    trace = TraceDifference(
      a.trace, b.trace,
      ignoring: Set(columns.filter { filter.ignores($0, in: .trace) }))
    outcome = filter.kept(KeyDifference.all(between: a.outcome, and: b.outcome), in: .outcome)
    filter.see(a.outcome, b.outcome, in: .outcome)
    let (aEnvironment, bEnvironment) = (a.environment ?? [:], b.environment ?? [:])
    environment = filter.kept(
      KeyDifference.all(between: aEnvironment, and: bEnvironment), in: .environment)
    filter.see(aEnvironment, bEnvironment, in: .environment)

    compared.config = filter.keeps(a.config, b.config, in: .config)
    compared.outcome = filter.keeps(a.outcome, b.outcome, in: .outcome)
    if columns.contains(where: { !filter.ignores($0, in: .trace) }) {
      compared.rows = trace.commonSteps
    } else {
      trace.stepsOnlyInA = []
      trace.stepsOnlyInB = []
    }

    differingCheckpoints = []
    gaps = []
    if !filter.ignoresAll(of: .checkpoint) { try compareCheckpoints(a, b, &filter) }
    if let key = filter.unseen.first { throw ComparisonError.unknownKey(key) }
    guard !compared.isNothing else { throw ComparisonError.nothingToCompare(ignored: ignored) }

    if logIntervalsDiffer && compared.rows > 0 {
      let (x, y) = (intervals.0?.text ?? "none", intervals.1?.text ?? "none")
      let reason =
        "the log intervals are \(x) and \(y), so T_mem, V_mem and T_grok may differ "
        + "by the interval alone; \(trace.commonSteps) common steps are compared"
      gaps.insert(Gap(what: "the other steps", reason: reason), at: 0)
    } else if trace.commonSteps == 0 && !filter.ignoresAll(of: .trace) {
      gaps.insert(Gap(what: "the traces", reason: "they have no step in common"), at: 0)
    }
    let left = lonely.filter { !filter.ignores($0, in: .trace) }
    if !left.isEmpty {
      gaps.append(Gap(what: left.joined(separator: ", "), reason: "only one of them has logged it"))
    }
  }

  /// The first step at which the runs are changed in different ways; nil if both are changed in the
  /// same way, or not at all.
  public var firstChange: Int? {
    guard let key = config.first(where: { $0.key == "at" }) else { return nil }
    func items(_ json: CanonicalJSON?) -> [CanonicalJSON] {
      if case .array(let items)? = json { items } else { [] }
    }
    let (x, y) = (items(key.a), items(key.b))
    let common = zip(x, y).prefix { $0 == $1 }.count
    return (x.dropFirst(common).prefix(1) + y.dropFirst(common).prefix(1))
      .compactMap { $0["step"]?.intValue }.min()
  }

  /// Whether everything that was compared is the same to the bit. The environment does not count.
  public var isIdentical: Bool {
    config.isEmpty && trace.commonRowsAreEqual && outcome.isEmpty && differingCheckpoints.isEmpty
      && checkpoint?.isEqual ?? true
      && (logIntervalsDiffer || trace.stepsOnlyInA.isEmpty && trace.stepsOnlyInB.isEmpty)
  }
}

// MARK: Checkpoints

extension RunDiff {
  /// For runs of one config, compares all checkpoints that both keep by their digests. Then
  /// compares the tensors of the last checkpoint that both store. If that one is the same and an
  /// earlier one is not, compares those of the last that differs.
  private mutating func compareCheckpoints(
    _ a: RecordedRun, _ b: RecordedRun, _ filter: inout KeyFilter
  ) throws {
    let isSameConfig = a.runID == b.runID
    if isSameConfig { try compareDigests(a, b) }
    let common = Set(a.storedSteps).intersection(b.storedSteps).sorted(by: >)
    guard let last = common.first else {
      gaps.append(Gap(what: "tensors", reason: Self.reasonForNoTensors(a, b)))
      return
    }
    var shown = try tensors(of: last, a, b, &filter)
    for step in common where differs(step) && (filter.ignoresTensors || shown.isEqual) {
      let difference = step == last ? shown : try tensors(of: step, a, b, &filter)
      if shown.isEqual { shown = difference }
      // The files differ, but only in ignored tensors.
      if difference.isEqual { differingCheckpoints.removeAll { $0 == step } }
    }
    checkpoint = shown
    compared.tensors = shown.comparedTensors
    if !isSameConfig && common.count > 1 {
      gaps.append(
        Gap(
          what: "\(common.count - 1) earlier checkpoints",
          reason: "of runs of different configs only the last is compared, that of step \(last)"))
    }
  }

  private func tensors(
    of step: Int, _ a: RecordedRun, _ b: RecordedRun, _ filter: inout KeyFilter
  ) throws -> CheckpointDifference {
    let (x, y) = (try a.checkpoint(step: step), try b.checkpoint(step: step))
    filter.see(
      (x.parameters + x.optimizer + y.parameters + y.optimizer).map(\.name), in: .checkpoint)
    let kept = filter
    return CheckpointDifference(x, y, ignoring: { kept.ignores($0, in: .checkpoint) })
  }

  private func differs(_ step: Int) -> Bool { differingCheckpoints.contains(step) }

  private mutating func compareDigests(_ a: RecordedRun, _ b: RecordedRun) throws {
    let (x, y) = (a.checkpointsByStep, b.checkpointsByStep)
    for step in Set(x.keys).union(y.keys).sorted() {
      guard let left = x[step], let right = y[step] else {
        differingCheckpoints.append(step)
        continue
      }
      compared.checkpoints.append(step)
      if try a.digest(of: left) != b.digest(of: right) { differingCheckpoints.append(step) }
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

  fileprivate var checkpointsByStep: [Int: KeptCheckpoint] {
    Dictionary(checkpoints.map { ($0.step, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

extension RunDiff.Side {
  init(_ run: RecordedRun) {
    path = run.path
    runID = run.runID
    identities = run.identities
  }
}

/// Which keys are left out, and which of the names to leave out have matched no key so far.
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

  /// Whether some tensors are left out, of those seen so far.
  private(set) var ignoresTensors = false

  /// Whether one of two records has a key that is not ignored.
  func keeps(_ a: CanonicalJSON, _ b: CanonicalJSON, in section: Section) -> Bool {
    (Array(a.leaves.keys) + Array(b.leaves.keys)).contains { !ignores($0, in: section) }
  }

  func ignores(_ key: String, in section: Section) -> Bool {
    ignoresAll(of: section) || ignored.contains { Self.matches($0, key, in: section) }
  }

  func kept(_ differences: [KeyDifference], in section: Section) -> [KeyDifference] {
    differences.filter { !ignores($0.key, in: section) }
  }

  mutating func see(_ keys: [String], in section: Section) {
    if section == .checkpoint && keys.contains(where: { ignores($0, in: section) }) {
      ignoresTensors = true
    }
    unseen.removeAll { name in keys.contains { Self.matches(name, $0, in: section) } }
  }

  mutating func see(_ a: CanonicalJSON, _ b: CanonicalJSON, in section: Section) {
    see(Array(a.leaves.keys) + Array(b.leaves.keys), in: section)
  }

  /// Whether `name` is `key` or the beginning of its path, with or without the section in front. A
  /// part of a tensor's name needs the section: `optimizer` is a section of the config, not the
  /// optimizer's state.
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
      "compared": [
        "config": .bool(compared.config), "rows": CanonicalJSON(compared.rows),
        "outcome": .bool(compared.outcome),
        "checkpoints": .array(compared.checkpoints.map { CanonicalJSON($0) }),
        "tensors": CanonicalJSON(compared.tensors),
      ],
      "ignored": .array(ignored.map { .string($0) }),
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
