public import Catalogue

/// Which runs a sweep is to perform: experiments, each a grid of configs over seeds (SPEC.md,
/// plans).
public struct SweepPlan: Sendable {
  public var experiments: [Experiment]
  /// Folders in which a sealed cell counts as done, as the plan names them.
  public var also: [String] = []

  public init(experiments: [Experiment]) { self.experiments = experiments }

  /// A named set of runs.
  public struct Experiment: Sendable {
    public var name: String
    /// For people; empty where the plan says nothing.
    public var about: String
    /// Whether its runs are views for comparison that do not count as runs of the plan.
    public var isExtra: Bool
    public var runs: [PlannedRun]
  }

  /// One run of an experiment. Runs of several experiments may have the same config, and then are
  /// one cell.
  public struct PlannedRun: Sendable {
    public var config: PlannedConfig
    /// What it is changed by when the run of `config` has memorised; the steps say nothing. Empty:
    /// its config is `config`.
    public var changesAtMemorization: [Intervention] = []
    /// What tells it from the other runs of its experiment, as "weight_decay=0.1 seed=42".
    public var label: String
    /// Runs of a lower order come first.
    public var order: Int
    /// How many steps it is expected to take, where the plan says so; only estimates use it.
    public var expectedSteps: Int?
  }
}

extension SweepPlan {
  /// The largest plan that is read, in bytes.
  public static let largestPlan = 65_536
  /// The most runs of a plan.
  public static let mostRuns = 20_000
  /// The most runs of an experiment times the values that its exceptions compare them with.
  static let mostComparisons = 2_000_000
  /// The most folders of sealed cells that a plan names.
  static let mostFolders = 16
  /// The most program files of a plan.
  static let mostPrograms = 100
  /// The most bytes that the configs of all runs of programs have together.
  static let mostConfigBytes = 32 << 20

  /// The number of runs that count, and of those that do not.
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
