public import Catalogue

/// The runs that a sweep performs: experiments, each a grid of configs over seeds (SPEC.md,
/// "Plans").
public struct SweepPlan: Sendable {
  public var experiments: [Experiment]
  /// Folders in which a sealed cell counts as done, as the plan names them.
  public var also: [String] = []

  public init(experiments: [Experiment]) { self.experiments = experiments }

  /// A named set of runs.
  public struct Experiment: Sendable {
    public var name: String
    /// For people to read; empty if the plan says nothing.
    public var about: String
    /// Whether its runs are views for comparison that do not count as runs of the plan.
    public var isExtra: Bool
    public var runs: [PlannedRun]
  }

  /// One run of an experiment. Runs of several experiments may have the same config, and then are
  /// one cell.
  public struct PlannedRun: Sendable {
    public var config: PlannedConfig
    /// The changes that it has once the run of `config` has memorised; their steps mean nothing. If
    /// there are none, its config is `config`.
    public var changesAtMemorization: [Intervention] = []
    /// What tells it from the other runs of its experiment, as "weight_decay=0.1 seed=42".
    public var label: String
    /// Runs with a lower order come first.
    public var order: Int
    /// How many steps it is expected to take; nil if the plan does not say. Only estimates use it.
    public var expectedSteps: Int?
  }
}

extension SweepPlan {
  /// The largest plan that is read, in bytes.
  public static let largestPlan = 65_536
  /// The most runs of a plan.
  public static let mostRuns = 20_000
  /// The most runs of an experiment times the values that its exceptions compare them with or set.
  static let mostComparisons = 2_000_000
  /// The most folders of sealed cells that a plan names.
  static let mostFolders = 16
  /// The most program files of a plan.
  static let mostPrograms = 100
  /// The most bytes of the configs of all programs' runs together.
  static let mostConfigBytes = 32 << 20

  /// How many runs count, and how many do not.
  public var runCounts: (counted: Int, extra: Int) {
    var counts = (counted: 0, extra: 0)
    for experiment in experiments {
      if experiment.isExtra {
        counts.extra += experiment.runs.count
      } else {
        counts.counted += experiment.runs.count
      }
    }
    return counts
  }
}
