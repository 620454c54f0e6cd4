public import RunRecords

/// One thing in which two runs of a program differ, and what covers it.
public struct ProgramFinding: Sendable, Hashable {
  public enum What: Sendable, Hashable {
    /// Keys of `program.json`: the runs are not of the same program, config or inputs.
    case program([KeyDifference])
    /// Steps that only one run has.
    case rows(onlyInA: [Int], onlyInB: [Int])
    case columnOnlyInA(String)
    case columnOnlyInB(String)
    /// `beyond` is the first cell that nothing covers; nil if all are covered.
    case column(ColumnDifference, beyond: ColumnDifference.Cell?)
    /// A key of what the program found.
    case outcome(KeyDifference)
    /// How the programs ended.
    case ending(a: ProgramOutcome.Ending, b: ProgramOutcome.Ending)
    case fileOnlyInA(String)
    case fileOnlyInB(String)
    /// Nil if the bytes of one file are not here, so that nobody can say where the files differ.
    case file(String, FileDifference?)
  }

  public var what: What
  public var cover: Cover

  public init(_ what: What, _ cover: Cover) {
    self.what = what
    self.cover = cover
  }
}

extension ProgramFinding {
  public var json: CanonicalJSON {
    func object(_ kind: String, _ members: [CanonicalJSON.Key: CanonicalJSON]) -> CanonicalJSON {
      .object(members.merging(["kind": .string(kind), "cover": cover.json]) { own, _ in own })
    }
    func steps(_ steps: [Int]) -> CanonicalJSON { .array(steps.map { CanonicalJSON($0) }) }
    switch what {
    case .program(let keys): return object("program", ["keys": .array(keys.map(\.json))])
    case .rows(let a, let b):
      return object("rows", ["only_in_a": steps(a), "only_in_b": steps(b)])
    case .columnOnlyInA(let name): return object("column-only-in-a", ["column": .string(name)])
    case .columnOnlyInB(let name): return object("column-only-in-b", ["column": .string(name)])
    case .column(let difference, let beyond):
      return object(
        "column", ["difference": difference.json, "beyond": beyond?.json ?? .null])
    case .outcome(let key): return object("outcome", ["key": key.json])
    case .ending(let a, let b): return object("ending", ["a": a.json, "b": b.json])
    case .fileOnlyInA(let path): return object("file-only-in-a", ["path": .string(path)])
    case .fileOnlyInB(let path): return object("file-only-in-b", ["path": .string(path)])
    case .file(let path, let difference):
      return object("file", ["path": .string(path), "difference": difference?.json ?? .null])
    }
  }
}
