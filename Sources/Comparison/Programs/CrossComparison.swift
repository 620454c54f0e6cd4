public import RunRecords

/// The curves of two runs of different kinds, such as the trainer's and a program's. It never says
/// whether the runs are the same, only whether what both logged under one name is.
public struct CrossComparison: Sendable, Hashable {
  public enum Verdict: Sendable, Hashable {
    case identicalInWhatBothHave
    case different
    /// They have no column or no step in common.
    case nothingInCommon
  }

  public var a: String
  public var b: String
  public var table: TableDifference

  /// - Parameter names: The names by which people know the two runs.
  public init(_ a: TraceTable, _ b: TraceTable, names: (a: String, b: String)) {
    self.a = names.a
    self.b = names.b
    table = TableDifference(a, b)
  }

  public var verdict: Verdict {
    if table.comparedColumns.isEmpty || table.commonSteps == 0 { return .nothingInCommon }
    return table.columns.isEmpty ? .identicalInWhatBothHave : .different
  }

  /// The column that differs first; if several do at the same step, the first of them.
  public var firstDifference: ColumnDifference? {
    table.columns.min { $0.first.step < $1.first.step }
  }

  public var json: CanonicalJSON {
    ["verdict": .string(verdict.name), "a": .string(a), "b": .string(b), "table": table.json]
  }
}

extension CrossComparison.Verdict {
  /// The name in JSON.
  public var name: String {
    switch self {
    case .identicalInWhatBothHave: "identical-in-what-both-have"
    case .different: "different"
    case .nothingInCommon: "nothing-in-common"
    }
  }
}
