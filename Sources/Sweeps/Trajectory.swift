public import RunRecords

/// Cells that take the same steps, and differ only in how far they go and which steps they log.
///
/// Their steps are computed once and logged at the greatest common divisor of their intervals. Each
/// cell is a *view*: some of the rows, up to its own end. A direct run of its config records
/// exactly this, because logging changes nothing and the end of a run depends only on its rows.
///
/// Trajectories that are equal up to a step form a tree. All but the first fork from the state of
/// another one, and have its rows before their own.
public struct Trajectory: Sendable {
  /// Empty if it is performed only for the trajectories that fork from it.
  public let cells: [TrainerCell]
  /// Identifies the config that the cells have in common, except for its end and its logging: the
  /// first 16 hexadecimal digits of the digest of that config.
  public let key: String
  /// A config that has this trajectory.
  let base: RunSpec
  /// Where it forks from another trajectory; nil if it begins with the initial state.
  let origin: Origin?
  /// Where others fork from it, by ascending steps.
  let forks: [Fork]
  /// The log interval: the greatest common divisor of the intervals of its views and of all
  /// trajectories that fork from it.
  let interval: Int
  /// The lowest order of its cells and of all trajectories that fork from it.
  public let order: Int

  /// The last step that a trajectory has in common with the one it forks from.
  struct Origin: Sendable, Hashable {
    /// The spec with which the other trajectory is performed.
    var spec: RunSpec
    var key: String
    var step: Int
  }

  /// A step from whose state others go on.
  struct Fork: Sendable, Hashable {
    var step: Int
    /// The cells that need it, including those that need it through further forks.
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

  /// The cells that keep no checkpoints. A cell that keeps them runs by itself, because checkpoints
  /// are not part of a view.
  public var views: [TrainerCell] { cells.filter { $0.spec.checkpointInterval == 0 } }

  /// Whether it forks from another trajectory.
  package var isFork: Bool { origin != nil }

  /// The first step that it takes itself.
  var firstStep: Int { origin.map { $0.step + 1 } ?? 0 }

  /// The spec that is performed for the views and the forks. It has no end of its own, so a later
  /// plan can continue it. Nil if there are none.
  public var spec: RunSpec? {
    views.isEmpty && forks.isEmpty ? nil : Self.endless(base, interval: interval)
  }

  /// The origin of the trajectories that begin at this fork.
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
