public import RunRecords

/// Cells that take the same steps, and differ only in how far they go and which steps they look at.
///
/// Their steps are computed once and logged at the greatest common divisor of their intervals. Each
/// cell is a *view*: some of the rows, up to its own end. What a direct run of its config records
/// is exactly this, since logging changes nothing and the end of a run depends on its rows alone.
///
/// Trajectories that are equal up to a step form a tree: all but the first go off from another
/// one's state, and have its rows before their own.
public struct Trajectory: Sendable {
  /// None where it is performed for those alone that go off from it.
  public let cells: [TrainerCell]
  /// Names what the cells have in common: the first 16 hexadecimal digits of the digest of that
  /// config.
  public let key: String
  /// A config of which it is the trajectory.
  let base: RunSpec
  /// Where it goes off from another; nil where it begins with the initial state.
  let origin: Origin?
  /// Where others go off from it, by rising steps.
  let forks: [Fork]
  /// Of the log: the greatest common divisor of those of its views and of all that go off from it.
  let interval: Int
  /// The lowest of the orders of its cells and of all that go off from it.
  public let order: Int

  /// The last step that a trajectory has in common with the one that it goes off from.
  struct Origin: Sendable, Hashable {
    /// Of the other one, which is performed by this spec.
    var spec: RunSpec
    var key: String
    var step: Int
  }

  /// A step from whose state others go on.
  struct Fork: Sendable, Hashable {
    var step: Int
    /// Of the cells that need it, also by way of further forks.
    var runIDs: Set<String>
  }

  init(
    cells: [TrainerCell], base: RunSpec, origin: Origin?, forks: [Fork], interval: Int, order: Int
  ) {
    self.cells = cells
    key = base.trajectoryKey
    self.base = base
    self.origin = origin
    self.forks = forks
    self.interval = interval
    self.order = order
  }

  /// The cells that keep no checkpoints. One that does is run by itself, as checkpoints are not
  /// views of anything.
  public var views: [TrainerCell] { cells.filter { $0.spec.checkpointInterval == 0 } }
  public var directCells: [TrainerCell] { cells.filter { $0.spec.checkpointInterval != 0 } }

  /// Whether it goes off from another.
  package var isFork: Bool { origin != nil }

  /// The first step that it takes itself.
  var firstStep: Int { origin.map { $0.step + 1 } ?? 0 }

  /// What is performed for the views and the forks: it has no end of its own, so that a later plan
  /// can go on with it. Nil where there are none.
  public var spec: RunSpec? {
    views.isEmpty && forks.isEmpty ? nil : Self.endless(base, interval: interval)
  }

  /// The places from which others go off.
  func origin(at fork: Fork) -> Origin {
    Origin(spec: Self.endless(base, interval: interval), key: key, step: fork.step)
  }

  static func endless(_ base: RunSpec, interval: Int) -> RunSpec {
    var spec = base
    spec.checkpointInterval = 0
    spec.logInterval = interval
    spec.maxSteps = endless
    spec.stop = StopRule(memorized: 1, grokked: 1, stepsAfterGrokking: endless)
    return spec
  }

  /// The most steps that a config can have.
  static let endless = 1 << 31
}
