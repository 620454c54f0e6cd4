public import RunRecords

/// Where two tables differ. Columns are compared by name, over the steps that both have.
///
/// An integer and a number are the same if they have the same value. −0 and 0 are different, NaN
/// equals NaN, and a gap equals only a gap.
public struct TableDifference: Sendable, Hashable {
  /// Steps with a row in both.
  public var commonSteps: Int
  /// Steps with a row in one only, ascending.
  public var stepsOnlyInA: [Int]
  public var stepsOnlyInB: [Int]
  /// Names of columns that only one table has, in its order.
  public var columnsOnlyInA: [String]
  public var columnsOnlyInB: [String]
  /// Names of the columns that were compared, in the order of `a`.
  public var comparedColumns: [String]
  /// The columns that differ in a common row, in the order of `a`.
  public var columns: [ColumnDifference]

  /// - Parameter isIgnored: Whether the column of this name is left out.
  public init(
    _ a: TraceTable, _ b: TraceTable, ignoring isIgnored: (String) -> Bool = { _ in false }
  ) {
    let rows = CommonRows(a, b)
    commonSteps = rows.steps.count
    stepsOnlyInA = rows.onlyInA
    stepsOnlyInB = rows.onlyInB
    comparedColumns = []
    columnsOnlyInA = []
    columns = []
    let aColumns = a.columns.filter { !isIgnored($0.name) }
    let bColumns = b.columnsByName
    for column in aColumns {
      guard let other = bColumns[CanonicalJSON.Key(column.name)] else {
        columnsOnlyInA.append(column.name)
        continue
      }
      comparedColumns.append(column.name)
      var difference: ColumnDifference?
      rows.forEachDifference(column.values, other.values) { cell in
        difference = difference ?? ColumnDifference(name: column.name, first: cell)
        difference?.add(cell)
      }
      if let difference { columns.append(difference) }
    }
    let names = Set(aColumns.map { CanonicalJSON.Key($0.name) })
    columnsOnlyInB = b.columns.map(\.name).filter {
      !isIgnored($0) && !names.contains(CanonicalJSON.Key($0))
    }
  }

  /// Whether nothing differs and neither table has anything alone.
  public var isEqual: Bool {
    columns.isEmpty && stepsOnlyInA.isEmpty && stepsOnlyInB.isEmpty && columnsOnlyInA.isEmpty
      && columnsOnlyInB.isEmpty
  }
}

/// One column in which two tables differ.
public struct ColumnDifference: Sendable, Hashable {
  /// A cell with its two values.
  public struct Cell: Sendable, Hashable {
    public var step: Int
    /// Nil is a gap.
    public var a: TraceTable.Value?
    public var b: TraceTable.Value?

    public init(step: Int, a: TraceTable.Value?, b: TraceTable.Value?) {
      self.step = step
      self.a = a
      self.b = b
    }
  }

  public var name: String
  public var first: Cell
  /// The first of the cells that are furthest apart.
  public var largest: Cell
  public var differingRows: Int

  init(name: String, first: Cell) {
    self.name = name
    self.first = first
    largest = first
    differingRows = 0
  }

  mutating func add(_ cell: Cell) {
    differingRows += 1
    if largest.distance < cell.distance { largest = cell }
  }
}

extension ColumnDifference.Cell {
  public var distance: Distance {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): Distance(a, b)
    case (nil, _), (_, nil): .undefined
    case (let a?, let b?):
      if let x = a.double, let y = b.double { Distance(x, y) } else { .text }
    }
  }

  /// How far apart two numbers are; nil if one is NaN or no number.
  public var ulps: UInt64? {
    guard let a = a?.double, let b = b?.double, !a.isNaN, !b.isNaN else { return nil }
    return a.ulpDistance(to: b)
  }
}

extension TraceTable.Value {
  /// The value as binary64, if it is a number.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .text, .digest: nil
    }
  }

  /// Whether it is the same value, whatever the types of the columns.
  func isSame(as other: TraceTable.Value) -> Bool {
    switch (self, other) {
    case (.integer(let integer), .number(let number)), (.number(let number), .integer(let integer)):
      Int(exactly: number) == integer && !(number == 0 && number.sign == .minus)
    case (.integer, _), (.number, _), (.text, _), (.digest, _): self == other
    }
  }
}

/// The rows of two tables that have the same step.
struct CommonRows {
  private(set) var steps: [Int] = []
  private var pairs: [(a: Int, b: Int)] = []
  private(set) var onlyInA: [Int] = []
  private(set) var onlyInB: [Int] = []

  init(_ a: TraceTable, _ b: TraceTable) {
    var (i, j) = (0, 0)
    while i < a.steps.count || j < b.steps.count {
      let (x, y) = (i < a.steps.count ? a.steps[i] : .max, j < b.steps.count ? b.steps[j] : .max)
      if x == y {
        steps.append(x)
        pairs.append((i, j))
      } else if x < y {
        onlyInA.append(x)
      } else {
        onlyInB.append(y)
      }
      if x <= y { i += 1 }
      if y <= x { j += 1 }
    }
  }

  /// Calls `body` with every cell of a column that differs, in the order of the steps.
  func forEachDifference(
    _ a: TraceTable.Values, _ b: TraceTable.Values, _ body: (ColumnDifference.Cell) -> Void
  ) {
    for (index, (i, j)) in pairs.enumerated() {
      let (x, y) = (a[i], b[j])
      let isSame =
        switch (x, y) {
        case (nil, nil): true
        case (let x?, let y?): x.isSame(as: y)
        case (nil, _?), (_?, nil): false
        }
      if !isSame { body(.init(step: steps[index], a: x, b: y)) }
    }
  }
}

// MARK: JSON

extension TableDifference {
  public var json: CanonicalJSON {
    func names(_ names: [String]) -> CanonicalJSON { .array(names.map { .string($0) }) }
    return [
      "common_steps": CanonicalJSON(commonSteps),
      "steps_only_in_a": .array(stepsOnlyInA.map { CanonicalJSON($0) }),
      "steps_only_in_b": .array(stepsOnlyInB.map { CanonicalJSON($0) }),
      "columns_only_in_a": names(columnsOnlyInA), "columns_only_in_b": names(columnsOnlyInB),
      "compared_columns": names(comparedColumns), "columns": .array(columns.map(\.json)),
    ]
  }
}

extension ColumnDifference {
  public var json: CanonicalJSON {
    [
      "column": .string(name), "first": first.json, "largest": largest.json,
      "differing_rows": CanonicalJSON(differingRows),
    ]
  }
}

extension ColumnDifference.Cell {
  /// Values and distances are written as in a table's text, since JSON has neither NaN nor −0. A
  /// gap is null.
  public var json: CanonicalJSON {
    [
      "step": CanonicalJSON(step), "a": a.map { .string("\($0)") } ?? .null,
      "b": b.map { .string("\($0)") } ?? .null, "distance": .string("\(distance)"),
      "ulps": ulps.map { .string(String($0)) } ?? .null,
    ]
  }
}
