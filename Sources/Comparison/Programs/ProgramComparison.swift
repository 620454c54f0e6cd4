public import RunRecords

/// A program's sealed run beside another run of it: what is the same, what differs, and what covers
/// the differences.
///
/// `a` is the sealed run: its `compare` decides, its repeats are the measure, and tolerances are
/// relative to its values. Nothing is executed.
public struct ProgramComparison: Sendable, Hashable {
  public enum Verdict: Sendable, Hashable {
    /// Every compared value has the same bits.
    case identical
    /// Something differs, and a declared tolerance or the record's own repeats cover all of it.
    case within
    case different
    /// Nothing is left to compare.
    case notComparable
  }

  public struct Side: Sendable, Hashable {
    public var name: String
    public var runID: String
  }

  /// What was compared; a verdict is about this and nothing else.
  public struct Compared: Sendable, Hashable {
    /// Steps that both have; 0 if no column was compared.
    public var rows = 0
    /// Names of columns.
    public var columns: [String] = []
    /// Keys of what the programs found.
    public var outcome: [String] = []
    /// Whether it was compared how the programs ended. It is not if a run was adopted.
    public var ending = false
    /// How many files both have, compared by their digests; checkpoints are among them.
    public var files = 0
    public var checkpoints = 0
    /// How many tensors were compared value by value, in files that differ.
    public var tensors = 0

    var isNothing: Bool { columns.isEmpty && outcome.isEmpty && !ending && files == 0 }
  }

  /// Something that was not compared, or not in full.
  public struct Gap: Sendable, Hashable {
    public var what: String
    public var reason: String

    public init(what: String, reason: String) {
      self.what = what
      self.reason = reason
    }
  }

  public var a: Side
  public var b: Side
  /// In this order: program, rows, columns, outcome, ending, files.
  public var findings: [ProgramFinding] = []
  public var compared = Compared()
  public var gaps: [Gap] = []
  /// How many runs the sealed one has, including the first; nil if its spread is not measured.
  public var repeats: Int?
  /// The last step of its repeats, if they had only the beginning.
  public var repeatedSteps: Int?
  /// Whether tolerances and repeats were left aside.
  public var onlyBits: Bool
  /// Differences in the machines and in what they had installed, never in the results. Nil if one
  /// run has no environment.
  public var environment: [KeyDifference]?

  /// - Parameters:
  ///   - bits: Whether neither tolerances nor repeats cover anything. What is ignored stays
  ///     ignored.
  /// - Throws: What opening or reading a file throws.
  public init(_ a: ProgramRecord, _ b: ProgramRecord, bits: Bool = false) throws {
    self.a = Side(name: a.name, runID: a.spec.runID)
    self.b = Side(name: b.name, runID: b.spec.runID)
    onlyBits = bits
    let judge = DifferenceJudge(a.spec.compare, bits ? .notMeasured : a.repeats, onlyBits: bits)
    switch a.repeats {
    case .notMeasured: break
    case .measured(let measured) where measured.count > 1:
      repeats = measured.count
      repeatedSteps = measured.steps
    // There are only runs under other settings, which are no measure.
    case .measured: break
    }
    compareProgram(a, b)
    compareTables(a.metrics, b.metrics, judge, observed: a.observed + b.observed)
    compareOutcomes(a, b, judge)
    try compareFiles(a, b, judge)
    if let x = a.environment, let y = b.environment {
      environment = KeyDifference.all(between: x, and: y)
    }
  }

  /// A comparison in which nothing has been compared yet.
  private init(_ a: String, _ b: String, onlyBits: Bool) {
    self.a = Side(name: a, runID: "")
    self.b = Side(name: b, runID: "")
    self.onlyBits = onlyBits
  }

  /// The first difference that nothing covers, while the other run is still going on.
  ///
  /// - Parameter metrics: The rows that the other run has finished. Rows of the sealed run after
  ///   the last of them are not missing, and neither is a column that has not come yet.
  public static func firstDifference(
    of sealed: ProgramRecord, soFar metrics: TraceTable, bits: Bool = false
  ) -> ProgramFinding? {
    guard let last = metrics.steps.last else { return nil }
    var comparison = ProgramComparison(sealed.name, "", onlyBits: bits)
    let judge = DifferenceJudge(
      sealed.spec.compare, bits ? .notMeasured : sealed.repeats, onlyBits: bits)
    let rows = sealed.metrics.steps.prefix { $0 <= last }.count
    let columns = metrics.columnsByName
    let sealedRows = sealed.metrics.prefix(rows).columns { columns[.init($0)] != nil }
    comparison.compareTables(sealedRows, metrics, judge)
    return comparison.firstDifference
  }

  public var verdict: Verdict {
    if compared.isNothing && findings.isEmpty { return .notComparable }
    if findings.isEmpty { return .identical }
    return findings.allSatisfy(\.cover.isWithin) ? .within : .different
  }

  /// The first finding that nothing covers: one about the program if there is one, else the one
  /// with the least step.
  public var firstDifference: ProgramFinding? {
    let open = findings.filter { !$0.cover.isWithin }
    let steps = open.compactMap { finding in finding.step.map { (finding, $0) } }
    let isOfProgram = open.first.map(\.isOfProgram) ?? false
    return isOfProgram ? open.first : steps.min { $0.1 < $1.1 }?.0 ?? open.first
  }
}

extension ProgramFinding {
  /// The first step at which nothing covers it; nil if it has no step.
  public var step: Int? {
    switch what {
    case .column(let difference, let beyond): (beyond ?? difference.first).step
    case .rows(let a, let b): (a + b).min()
    case .program, .columnOnlyInA, .columnOnlyInB, .outcome, .ending, .fileOnlyInA, .fileOnlyInB,
      .file:
      nil
    }
  }

  fileprivate var isOfProgram: Bool {
    switch what {
    case .program: true
    case .column, .rows, .columnOnlyInA, .columnOnlyInB, .outcome, .ending, .fileOnlyInA,
      .fileOnlyInB, .file:
      false
    }
  }
}

// MARK: The parts

extension ProgramComparison {
  /// `program.json` names the results of an adopted run. That key is left out here, as the results
  /// themselves are compared.
  private mutating func compareProgram(_ a: ProgramRecord, _ b: ProgramRecord) {
    let keys = KeyDifference.all(between: a.spec.json, and: b.spec.json)
      .filter { $0.key != "adopted" }
    if !keys.isEmpty { findings.append(ProgramFinding(.program(keys), .nothing)) }
  }

  /// - Parameter observed: The names of columns that the runs have, but not in these tables.
  private mutating func compareTables(
    _ a: TraceTable, _ b: TraceTable, _ judge: DifferenceJudge, observed: [String] = []
  ) {
    let isIgnored = { (name: String) in judge.policy.rule(column: name) == .ignore }
    let table = TableDifference(a, b, ignoring: isIgnored)
    let names = (a.columns + b.columns).map(\.name) + observed
    for name in Set(names.filter(isIgnored)).sorted() {
      gaps.append(Gap(what: "the column \(name)", reason: "compare ignores it"))
    }
    compared.columns = table.comparedColumns
    compared.rows = table.comparedColumns.isEmpty ? 0 : table.commonSteps
    let hasColumns = !(table.comparedColumns + table.columnsOnlyInA + table.columnsOnlyInB).isEmpty
    if hasColumns && !(table.stepsOnlyInA + table.stepsOnlyInB).isEmpty {
      findings.append(
        ProgramFinding(
          .rows(onlyInA: table.stepsOnlyInA, onlyInB: table.stepsOnlyInB), .nothing))
    }
    findings += table.columnsOnlyInA.map { ProgramFinding(.columnOnlyInA($0), .nothing) }
    findings += table.columnsOnlyInB.map { ProgramFinding(.columnOnlyInB($0), .nothing) }
    let rows = CommonRows(a, b)
    let (aColumns, bColumns) = (a.columnsByName, b.columnsByName)
    for difference in table.columns {
      let key = CanonicalJSON.Key(difference.name)
      guard let x = aColumns[key], let y = bColumns[key] else {
        preconditionFailure("\(difference.name) differs, and one table lacks it")
      }
      findings.append(judge.finding(of: difference, rows, x.values, y.values))
    }
  }

  private mutating func compareOutcomes(
    _ a: ProgramRecord, _ b: ProgramRecord, _ judge: DifferenceJudge
  ) {
    let found = Set(a.outcome.found.keys).union(b.outcome.found.keys)
    let observed = (a.observedOutcome + b.observedOutcome).map { CanonicalJSON.Key($0) }
    let (a, b) = (a.outcome, b.outcome)
    for key in found.union(observed).sorted() {
      if judge.policy.rule(outcome: key.text) == .ignore {
        gaps.append(Gap(what: "\(key) of the outcome", reason: "compare ignores it"))
        continue
      }
      // Otherwise only the other run's own rules ignore it.
      guard found.contains(key) else { continue }
      compared.outcome.append(key.text)
      let difference = KeyDifference(key: key.text, a: a.found[key], b: b.found[key])
      if difference.a != difference.b {
        findings.append(ProgramFinding(.outcome(difference), judge.cover(of: difference)))
      }
    }
    guard a.ending != .unknown && b.ending != .unknown else {
      gaps.append(
        Gap(what: "how the programs ended", reason: "one of the runs was adopted, not executed"))
      return
    }
    compared.ending = true
    if a.ending != b.ending {
      findings.append(
        ProgramFinding(.ending(a: a.ending, b: b.ending), judge.coverOfEnding))
    }
  }

  private mutating func compareFiles(
    _ a: ProgramRecord, _ b: ProgramRecord, _ judge: DifferenceJudge
  ) throws {
    func byPath(_ files: [ProgramRecord.File]) -> [String: ProgramRecord.File] {
      Dictionary(files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }
    let (x, y) = (byPath(a.files), byPath(b.files))
    for path in Set(x.keys).union(y.keys).sorted() {
      if judge.policy.rule(file: path) == .ignore {
        gaps.append(Gap(what: path, reason: "compare ignores it"))
        continue
      }
      switch (x[path], y[path]) {
      case (nil, nil): break
      case (_?, nil):
        findings.append(
          ProgramFinding(.fileOnlyInA(path), judge.coverOfFile(path, agreement: .missing)))
      case (nil, _?):
        findings.append(
          ProgramFinding(.fileOnlyInB(path), judge.coverOfFile(path, agreement: .added)))
      case (let left?, let right?):
        compared.files += 1
        if path.hasPrefix("checkpoints/") { compared.checkpoints += 1 }
        if left.digest != right.digest { try compare(left, a, right, b, judge) }
      }
    }
    var unsealable: [CanonicalJSON.Key: String] = [:]
    for file in a.unsealable + b.unsealable {
      unsealable[CanonicalJSON.Key(file.path)] = file.reason
    }
    for (path, reason) in unsealable.sorted(by: { $0.key < $1.key }) {
      gaps.append(Gap(what: path.text, reason: "it cannot be sealed: \(reason)"))
    }
  }

  private mutating func compare(
    _ left: ProgramRecord.File, _ a: ProgramRecord, _ right: ProgramRecord.File,
    _ b: ProgramRecord, _ judge: DifferenceJudge
  ) throws {
    let path = left.path
    var difference: FileDifference?
    let leftOut = [(left, a), (right, b)].compactMap { file, side in
      file.leftOut.map { "\($0) in \(side.name)" }
    }
    if leftOut.isEmpty {
      difference = try FileDifference(
        path: path, try a.open(left), try b.open(right), tolerance: judge.tolerance(file: path))
    } else {
      // By their digests they have been compared.
      let reason = leftOut.joined(separator: " and ") + ", so only its digest is known"
      gaps.append(Gap(what: "what lies within \(path)", reason: reason))
    }
    switch difference?.form {
    case .safetensors?: compared.tensors += difference?.compared ?? 0
    case .json?, .csv?, .text?, .bytes?, nil: break
    }
    findings.append(
      ProgramFinding(.file(path, difference), judge.coverOfFile(path, difference)))
  }
}

// MARK: JSON

extension ProgramComparison {
  public var json: CanonicalJSON {
    [
      "verdict": .string(verdict.name), "a": a.json, "b": b.json,
      "only_bits": .bool(onlyBits), "repeats": repeats.map { CanonicalJSON($0) } ?? .null,
      "repeated_steps": repeatedSteps.map { CanonicalJSON($0) } ?? .null,
      "findings": .array(findings.map(\.json)),
      "first_difference": firstDifference?.json ?? .null,
      "compared": [
        "rows": CanonicalJSON(compared.rows),
        "columns": .array(compared.columns.map { .string($0) }),
        "outcome": .array(compared.outcome.map { .string($0) }),
        "ending": .bool(compared.ending), "files": CanonicalJSON(compared.files),
        "checkpoints": CanonicalJSON(compared.checkpoints),
        "tensors": CanonicalJSON(compared.tensors),
      ],
      "not_compared": .array(
        gaps.map { ["what": .string($0.what), "reason": .string($0.reason)] }),
      "environment": environment.map { .array($0.map(\.json)) } ?? .null,
    ]
  }
}

extension ProgramComparison.Verdict {
  /// The name in JSON.
  public var name: String {
    switch self {
    case .identical: "identical"
    case .within: "within"
    case .different: "different"
    case .notComparable: "not-comparable"
    }
  }
}

extension ProgramComparison.Side {
  var json: CanonicalJSON { ["name": .string(name), "run": .string(runID)] }
}
