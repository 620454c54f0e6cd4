import Digests
public import RunRecords

extension Repeats {
  /// A run under another setting.
  public struct VariedRun: Sendable {
    public var name: String
    public var value: String
    public var record: ProgramRecord

    public init(name: String, value: String, record: ProgramRecord) {
      self.name = name
      self.value = value
      self.record = record
    }
  }

  /// How a program's first run and its repeats differ. Nothing is opened; files are compared by
  /// their digests.
  ///
  /// - Parameters:
  ///   - others: Repeats under the same settings.
  ///   - varied: Repeats under other settings; they count for no tolerance.
  ///   - steps: The last step, if only the beginning was repeated. Later rows, outcomes, files and
  ///     endings are then not compared.
  public init(
    of first: ProgramRecord, others: [ProgramRecord], varied: [VariedRun] = [], steps: Int? = nil
  ) {
    guard !others.isEmpty || !varied.isEmpty else {
      self = .notMeasured
      return
    }
    self = .measured(
      Measured(
        count: 1 + others.count, steps: steps,
        spread: Spread(of: first, others: others, steps: steps),
        varied: varied.map {
          Variation(
            name: $0.name, value: $0.value,
            spread: Spread(of: first, others: [$0.record], steps: steps))
        }))
  }
}

extension Repeats.Spread {
  fileprivate init(of first: ProgramRecord, others: [ProgramRecord], steps: Int?) {
    self.init()
    let policy = first.spec.compare
    func table(_ record: ProgramRecord) -> TraceTable {
      let table = record.metrics.columns { policy.rule(column: $0) != .ignore }
      guard let steps else { return table }
      return table.prefix(table.steps.prefix { $0 <= steps }.count)
    }
    measureColumns(table(first), others.map(table))
    guard steps == nil else { return }
    for key in Set(([first] + others).flatMap(\.outcome.found.keys))
    where policy.rule(outcome: key.text) != .ignore {
      let isSame = others.allSatisfy { $0.outcome.found[key] == first.outcome.found[key] }
      outcome[key] = isSame ? .identical : .differs
    }
    ending =
      others.allSatisfy { $0.outcome.ending == first.outcome.ending } ? .identical : .differs
    measureFiles(first, others, policy)
  }

  private mutating func measureColumns(_ first: TraceTable, _ others: [TraceTable]) {
    for column in first.columns { columns[CanonicalJSON.Key(column.name)] = .some(nil) }
    var steps: [CanonicalJSON.Key: Set<Int>] = [:]
    for other in others {
      let rows = CommonRows(first, other)
      if !rows.onlyInA.isEmpty || !rows.onlyInB.isEmpty { hasSameSteps = false }
      let otherColumns = other.columnsByName
      if other.columns.contains(where: { columns[CanonicalJSON.Key($0.name)] == nil }) {
        hasSameSteps = false
      }
      for column in first.columns {
        let key = CanonicalJSON.Key(column.name)
        guard let values = otherColumns[key]?.values else {
          hasSameSteps = false
          continue
        }
        rows.forEachDifference(column.values, values) { cell in
          steps[key, default: []].insert(cell.step)
          let before = columns[key] ?? nil
          columns[key] = .init(
            first: min(before?.first ?? cell.step, cell.step),
            largest: max(before?.largest ?? cell.distance, cell.distance),
            rows: steps[key]?.count ?? 0)
        }
      }
    }
  }

  private mutating func measureFiles(
    _ first: ProgramRecord, _ others: [ProgramRecord], _ policy: ComparePolicy
  ) {
    func digests(_ record: ProgramRecord) -> [CanonicalJSON.Key: Digest] {
      Dictionary(
        record.files.filter { policy.rule(file: $0.path) != .ignore }
          .map { (CanonicalJSON.Key($0.path), $0.digest) },
        uniquingKeysWith: { first, _ in first })
    }
    let own = digests(first)
    for path in own.keys { files[path] = .identical }
    for other in others.map(digests) {
      for path in Set(own.keys).union(other.keys) {
        let agreement: Repeats.FileAgreement =
          switch (own[path], other[path]) {
          case (nil, _): .added
          case (_, nil): .missing
          case (let a?, let b?): a == b ? .identical : .differs
          }
        // A file that is missing once says more than one that differs once.
        if agreement.weight > (files[path] ?? .identical).weight { files[path] = agreement }
      }
    }
  }
}

extension Repeats.FileAgreement {
  fileprivate var weight: Int {
    switch self {
    case .identical: 0
    case .differs: 1
    case .missing: 2
    case .added: 3
    }
  }
}
