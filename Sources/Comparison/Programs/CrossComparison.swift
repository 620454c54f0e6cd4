public import RunRecords

/// The curves of two runs of unlike kinds, as of the trainer and of a program: never whether the
/// runs are the same, only whether what both logged under one name is.
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

  /// - Parameter names: What people know the two by.
  public init(_ a: TraceTable, _ b: TraceTable, names: (a: String, b: String)) {
    self.a = names.a
    self.b = names.b
    table = TableDifference(a, b)
  }

  public var verdict: Verdict {
    if table.comparedColumns.isEmpty || table.commonSteps == 0 { return .nothingInCommon }
    return table.columns.isEmpty ? .identicalInWhatBothHave : .different
  }

  /// The column that differs first; of several at one step the first.
  public var firstDifference: ColumnDifference? {
    table.columns.min { $0.first.step < $1.first.step }
  }

  public var json: CanonicalJSON {
    ["verdict": .string(verdict.name), "a": .string(a), "b": .string(b), "table": table.json]
  }
}

extension CrossComparison.Verdict {
  /// As JSON has it.
  public var name: String {
    switch self {
    case .identicalInWhatBothHave: "identical-in-what-both-have"
    case .different: "different"
    case .nothingInCommon: "nothing-in-common"
    }
  }
}
