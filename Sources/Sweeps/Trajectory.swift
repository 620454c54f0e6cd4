public import RunRecords

/// Cells that take the same steps, and differ only in how far they go and which steps they look at.
///
/// Their steps are computed once and logged at the greatest common divisor of their intervals. Each cell is a *view*:
/// some of the rows, up to its own end. What a direct run of its config records is exactly this, since logging changes
/// nothing and the end of a run depends on its rows alone.
public struct Trajectory: Sendable {
  public let cells: [TrainerCell]
  /// Names what the cells have in common: the first 16 hexadecimal digits of the digest of that config.
  public let key: String

  init(cells: [TrainerCell]) {
    precondition(!cells.isEmpty, "a trajectory without cells")
    self.cells = cells
    key = cells[0].spec.trajectoryKey
  }

  public var order: Int { cells.map(\.order).min()! }

  /// The cells that keep no checkpoints. One that does is run by itself, as checkpoints are not views of anything.
  public var views: [TrainerCell] { cells.filter { $0.spec.checkpointInterval == 0 } }
  public var directCells: [TrainerCell] { cells.filter { $0.spec.checkpointInterval != 0 } }

  /// What is performed for the views: it has no end of its own, so that a later plan can go on with it. Nil where there are
  /// no views.
  public var spec: RunSpec? {
    guard var spec = views.first?.spec else { return nil }
    spec.logInterval = views.map(\.spec.logInterval).reduce(0, greatestCommonDivisor)
    spec.maxSteps = Self.endless
    spec.stop = StopRule(memorized: 1, grokked: 1, stepsAfterGrokking: Self.endless)
    return spec
  }

  /// The most steps that a config can have.
  static let endless = 1 << 31
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  b == 0 ? a : greatestCommonDivisor(b, a % b)
}
