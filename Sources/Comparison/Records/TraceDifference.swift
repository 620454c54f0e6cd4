public import Digests
public import RunRecords

/// Where two traces differ, over the steps that both have.
public struct TraceDifference: Sendable, Hashable {
  /// Steps with a row in both.
  public var commonSteps: Int
  /// Steps with a row in one only, ascending.
  public var stepsOnlyInA: [Int]
  public var stepsOnlyInB: [Int]
  /// The last common row before the first that differs; nil if there is none, or if none differs.
  public var lastEqualStep: Int?
  /// All cells that differ in the first common row with a difference, in the order of the columns.
  public var first: [CellDifference]
  /// The columns that differ anywhere, in order.
  public var curves: [CurveDifference]

  /// - Parameter ignoring: Names of columns that are not compared.
  public init(_ a: Trace, _ b: Trace, ignoring: Set<String> = []) {
    var bRows: [Int: (MetricsRow, HashRow)] = [:]
    for (metrics, hashes) in zip(b.metrics, b.hashes) where bRows[metrics.step] == nil {
      bRows[metrics.step] = (metrics, hashes)
    }
    let aSteps = Set(a.metrics.map { $0.step })
    stepsOnlyInA = a.metrics.map { $0.step }.filter { bRows[$0] == nil }
    stepsOnlyInB = b.metrics.map { $0.step }.filter { !aSteps.contains($0) }
    commonSteps = a.metrics.count - stepsOnlyInA.count
    let columns = Column.common(a, b)
    first = []
    var curves: [String: CurveDifference] = [:]
    for (metrics, hashes) in zip(a.metrics, a.hashes) {
      guard let other = bRows[metrics.step] else { continue }
      let cells = CellDifference.all(
        between: (metrics, hashes), and: other, in: columns
      ).filter { !ignoring.contains($0.column) }
      if first.isEmpty {
        first = cells
        if cells.isEmpty { lastEqualStep = metrics.step }
      }
      for cell in cells { curves[cell.column, default: CurveDifference(first: cell)].add(cell) }
    }
    if first.isEmpty { lastEqualStep = nil }
    self.curves = (columns.map { $0.name } + Self.digests).compactMap { curves[$0] }
  }

  static let digests = ["parameters_sha256", "optimizer_sha256"]

  /// The names of the columns that both have.
  public static func columns(_ a: Trace, _ b: Trace) -> [String] {
    Column.common(a, b).map { $0.name } + digests
  }

  /// A column of numbers that two traces have.
  public struct Column: Sendable {
    public let name: String
    let a: @Sendable (MetricsRow) -> Double
    let b: @Sendable (MetricsRow) -> Double

    /// The columns that both traces have, in the order of `a`.
    public static func common(_ a: Trace, _ b: Trace) -> [Column] {
      let others = b.columns
      var places: [String: Int] = [:]
      for (place, column) in others.enumerated().reversed() { places[column.name] = place }
      return a.columns.compactMap { name, value in
        places[name].map { Column(name: name, a: value, b: others[$0].value) }
      }
    }
  }

  /// Whether no common row differs. It says nothing about steps that only one trace has.
  public var commonRowsAreEqual: Bool { first.isEmpty }
}

/// One cell of a trace with two different values.
public struct CellDifference: Sendable, Hashable {
  /// What stands in a cell.
  public enum Value: Sendable, Hashable {
    case number(Double)
    case digest(Digest)
  }

  public var step: Int
  /// The name in the header of `metrics.csv` or `hashes.csv`.
  public var column: String
  public var a: Value
  public var b: Value

  /// How far apart two numbers are; nil for digests.
  public var ulps: UInt64? {
    guard case .number(let a) = a, case .number(let b) = b else { return nil }
    return a.ulpDistance(to: b)
  }

  /// The cells that differ between two rows of one step, in the order of the columns, digests last.
  public static func all(
    between a: (metrics: MetricsRow, hashes: HashRow),
    and b: (metrics: MetricsRow, hashes: HashRow), in columns: [TraceDifference.Column]
  ) -> [CellDifference] {
    precondition(
      a.metrics.step == b.metrics.step, "rows of steps \(a.metrics.step) and \(b.metrics.step)")
    var cells: [CellDifference] = []
    func compare(_ column: String, _ a: Value, _ other: Value) {
      guard a != other else { return }
      cells.append(CellDifference(step: b.metrics.step, column: column, a: a, b: other))
    }
    for column in columns {
      // A trace has one zero: −0 is written as 0, so equality of numbers is equality of their text.
      compare(column.name, .number(column.a(a.metrics) + 0), .number(column.b(b.metrics) + 0))
    }
    compare("parameters_sha256", .digest(a.hashes.parameters), .digest(b.hashes.parameters))
    compare("optimizer_sha256", .digest(a.hashes.optimizer), .digest(b.hashes.optimizer))
    return cells
  }
}

/// One column in which two traces differ.
public struct CurveDifference: Sendable, Hashable {
  public var column: String
  /// Where they differ first.
  public var first: CellDifference
  /// The first cell with the largest distance in ULPs; nil for a column of digests.
  public var largest: CellDifference?
  /// How many common rows differ in this column.
  public var differingRows: Int

  init(first: CellDifference) {
    column = first.column
    self.first = first
    differingRows = 0
  }

  mutating func add(_ cell: CellDifference) {
    differingRows += 1
    guard let ulps = cell.ulps else { return }
    if largest?.ulps ?? 0 < ulps { largest = cell }
  }
}

// MARK: JSON

extension TraceDifference {
  public var json: CanonicalJSON {
    [
      "common_steps": CanonicalJSON(commonSteps),
      "steps_only_in_a": .array(stepsOnlyInA.map { CanonicalJSON($0) }),
      "steps_only_in_b": .array(stepsOnlyInB.map { CanonicalJSON($0) }),
      "last_equal_step": lastEqualStep.map { CanonicalJSON($0) } ?? .null,
      "first": .array(first.map { $0.json }),
      "curves": .array(curves.map { $0.json }),
    ]
  }
}

extension CellDifference {
  /// ULPs are a string: they can exceed 2^53.
  public var json: CanonicalJSON {
    [
      "step": CanonicalJSON(step), "column": .string(column), "a": a.json, "b": b.json,
      "ulps": ulps.map { .string(String($0)) } ?? .null,
    ]
  }
}

extension CellDifference.Value {
  public var json: CanonicalJSON {
    switch self {
    case .number(let value): .number(value)
    case .digest(let digest): .string(digest.hex)
    }
  }
}

extension CellDifference.Value: CustomStringConvertible {
  public var description: String {
    switch self {
    case .number(let value): shortestDecimal(value)
    case .digest(let digest): digest.hex
    }
  }
}

extension CurveDifference {
  public var json: CanonicalJSON {
    [
      "column": .string(column), "first": first.json, "largest": largest?.json ?? .null,
      "differing_rows": CanonicalJSON(differingRows),
    ]
  }
}
