public import Digests

/// What a run logged: a row for each step, and a named column of values for each quantity.
///
/// Two tables are equal if they have the same steps, names and bits. −0 is not 0; all NaNs are
/// equal, as the text of a NaN has no payload.
public struct TraceTable: Sendable, Hashable {
  public enum Limit {
    public static let columns = 10_000
    public static let bytes = 256 << 20
    public static let step = Int(clamping: Int64(1) << 53)
    public static let nameBytes = 200
    /// The most bytes of a text in a cell.
    public static let textBytes = 1000
  }

  public struct Column: Sendable {
    public var name: String
    /// One value for each step of the table.
    public var values: Values

    public init(name: String, values: Values) {
      self.name = name
      self.values = values
    }
  }

  /// The cells of a column, all of the same type; nil is a gap.
  public enum Values: Sendable {
    case integers([Int?])
    case numbers([Double?])
    case texts([String?])
    /// Digests of the trainer's states. No file of a program has them.
    case digests([Digest?])
  }

  /// The value of a cell.
  public enum Value: Sendable {
    case integer(Int)
    case number(Double)
    case text(String)
    case digest(Digest)
  }

  /// Ascending, none below 0.
  public let steps: [Int]
  /// In the order of the header.
  public let columns: [Column]

  /// A table whose text can be written and read.
  ///
  /// A column of numbers or texts that has only gaps becomes a column of integers, because its text
  /// would be read as one.
  ///
  /// - Precondition: Every column has as many values as there are steps.
  /// - Throws: `RecordError.program` for steps that do not ascend or are out of range, names that
  ///   are not allowed or are repeated, texts that cannot stand in a cell, and too many columns.
  public init(steps: [Int], columns: [Column]) throws(RecordError) {
    func refusal(_ column: String, _ reason: String) -> RecordError {
      .program(file: "metrics", key: column, reason: reason)
    }
    for (index, step) in steps.enumerated() {
      guard (0...Limit.step).contains(step) else {
        throw refusal("", "the step \(step) is not from 0 to 2^53")
      }
      if index > 0, step <= steps[index - 1] {
        throw refusal("", "the step \(step) stands after \(steps[index - 1])")
      }
    }
    guard columns.count <= Limit.columns else {
      throw refusal("", "\(columns.count) columns are more than \(Limit.columns)")
    }
    var names: Set<CanonicalJSON.Key> = []
    for column in columns {
      precondition(
        column.values.count == steps.count,
        "the column \(column.name) has \(column.values.count) values for \(steps.count) steps")
      if let fault = Self.fault(inName: column.name) { throw refusal(column.name, fault) }
      guard names.insert(CanonicalJSON.Key(column.name)).inserted else {
        throw refusal(column.name, "two columns have this name")
      }
      if case .texts(let texts) = column.values {
        for case let text? in texts {
          if let fault = Self.fault(inText: text) { throw refusal(column.name, fault) }
        }
      }
    }
    self.init(uncheckedSteps: steps, columns: columns)
  }

  /// A table from parts that are known to be valid.
  fileprivate init(uncheckedSteps steps: [Int], columns: [Column]) {
    self.steps = steps
    self.columns = columns.map { Column(name: $0.name, values: $0.values.settled) }
  }

  /// A run that logged nothing.
  public static let empty = TraceTable(uncheckedSteps: [], columns: [])

  public subscript(name: String) -> Column? {
    columns.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The columns by name, for many look-ups.
  package var columnsByName: [CanonicalJSON.Key: Column] {
    var byName: [CanonicalJSON.Key: Column] = [:]
    for column in columns { byName[CanonicalJSON.Key(column.name)] = column }
    return byName
  }

  /// The first `rows` rows.
  public func prefix(_ rows: Int) -> TraceTable {
    TraceTable(
      uncheckedSteps: Array(steps.prefix(rows)),
      columns: columns.map { Column(name: $0.name, values: $0.values.prefix(rows)) })
  }

  /// The columns whose names `isKept` accepts, with all steps.
  public func columns(where isKept: (String) -> Bool) -> TraceTable {
    TraceTable(uncheckedSteps: steps, columns: columns.filter { isKept($0.name) })
  }
}

// MARK: Cells

extension TraceTable.Values {
  public var count: Int {
    switch self {
    case .integers(let values): values.count
    case .numbers(let values): values.count
    case .texts(let values): values.count
    case .digests(let values): values.count
    }
  }

  /// Nil is a gap.
  public subscript(row: Int) -> TraceTable.Value? {
    switch self {
    case .integers(let values): values[row].map { .integer($0) }
    case .numbers(let values): values[row].map { .number($0) }
    case .texts(let values): values[row].map { .text($0) }
    case .digests(let values): values[row].map { .digest($0) }
    }
  }

  fileprivate func prefix(_ rows: Int) -> Self {
    switch self {
    case .integers(let values): .integers(Array(values.prefix(rows)))
    case .numbers(let values): .numbers(Array(values.prefix(rows)))
    case .texts(let values): .texts(Array(values.prefix(rows)))
    case .digests(let values): .digests(Array(values.prefix(rows)))
    }
  }

  /// Integers if there are only gaps.
  fileprivate var settled: Self {
    let hasValue =
      switch self {
      case .integers, .digests: true
      case .numbers(let values): values.contains { $0 != nil }
      case .texts(let values): values.contains { $0 != nil }
      }
    return hasValue ? self : .integers(Array(repeating: nil, count: count))
  }
}

// MARK: Equality

extension TraceTable.Column: Hashable {
  public static func == (a: Self, b: Self) -> Bool {
    a.name.utf8.elementsEqual(b.name.utf8) && a.values == b.values
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(CanonicalJSON.Key(name)) }
}

extension TraceTable.Values: Hashable {
  public static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.integers(let a), .integers(let b)): a == b
    case (.digests(let a), .digests(let b)): a == b
    case (.numbers, .numbers), (.texts, .texts):
      a.count == b.count && (0..<a.count).allSatisfy { a[$0] == b[$0] }
    case (.integers, _), (.numbers, _), (.texts, _), (.digests, _): false
    }
  }
  public func hash(into hasher: inout Hasher) {
    for row in 0..<count { hasher.combine(self[row]) }
  }
}

extension TraceTable.Value: Hashable {
  public static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): a == b
    case (.number(let a), .number(let b)): a.bitPattern == b.bitPattern || a.isNaN && b.isNaN
    case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
    case (.digest(let a), .digest(let b)): a == b
    case (.integer, _), (.number, _), (.text, _), (.digest, _): false
    }
  }
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .integer(let value): hasher.combine(value)
    case .number(let value): hasher.combine(value.isNaN ? Double.nan.bitPattern : value.bitPattern)
    case .text(let value): hasher.combine(CanonicalJSON.Key(value))
    case .digest(let value): hasher.combine(value)
    }
  }
}

// MARK: Names and texts that are allowed

extension TraceTable {
  /// Why a column cannot have this name; nil if it can.
  public static func fault(inName name: String) -> String? {
    guard (1...Limit.nameBytes).contains(name.utf8.count) else {
      return "a column's name has 1 to \(Limit.nameBytes) bytes, not \(name.utf8.count)"
    }
    if name == "step" { return "no other column can be named step" }
    return name.unicodeScalars.contains { $0.properties.generalCategory == .control }
      ? "a column's name has no control characters" : nil
  }

  /// Why a text cannot stand in a cell; nil if it can.
  public static func fault(inText text: String) -> String? {
    guard text.utf8.count <= Limit.textBytes else {
      return "a text in a cell has at most \(Limit.textBytes) bytes, not \(text.utf8.count)"
    }
    let isFit = text.unicodeScalars.allSatisfy {
      $0 == "\t" || $0 == "\n" || $0.properties.generalCategory != .control
    }
    return isFit ? nil : "a text in a cell has no control characters but tabs and line breaks"
  }
}

// MARK: The trainer's trace

extension Trace {
  /// The metrics and digests of the trainer as a table.
  ///
  /// - Precondition: Both parts have the same ascending steps, as in every trace that was read.
  public var table: TraceTable {
    precondition(
      metrics.count == hashes.count, "\(metrics.count) rows and \(hashes.count) rows of digests")
    let numbers = columns.map { name, value in
      // A trace has only one zero.
      TraceTable.Column(name: name, values: .numbers(metrics.map { value($0) + 0 }))
    }
    let digests = [
      TraceTable.Column(name: "parameters_sha256", values: .digests(hashes.map { $0.parameters })),
      TraceTable.Column(name: "optimizer_sha256", values: .digests(hashes.map { $0.optimizer })),
    ]
    return TraceTable(uncheckedSteps: metrics.map { $0.step }, columns: numbers + digests)
  }
}
