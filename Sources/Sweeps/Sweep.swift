public import RunRecords

/// What a plan's runs come to: the distinct configs, and the distinct trajectories to compute.
public struct Sweep: Sendable {
  public let plan: SweepPlan
  /// In the order of the plan.
  public let cells: [SweepCell]
  /// In the order of computing.
  public let trajectories: [Trajectory]

  public init(_ plan: SweepPlan) {
    self.plan = plan
    var cells: [SweepCell] = []
    var cellIndex: [RunSpec: Int] = [:]
    for (index, experiment) in plan.experiments.enumerated() {
      for run in experiment.runs {
        let use = SweepCell.Use(experiment: index, label: run.label)
        if let known = cellIndex[run.spec] {
          cells[known].uses.append(use)
          cells[known].order = min(cells[known].order, run.order)
          cells[known].expectedSteps = cells[known].expectedSteps ?? run.expectedSteps
        } else {
          cellIndex[run.spec] = cells.count
          cells.append(
            SweepCell(
              spec: run.spec, uses: [use], order: run.order, expectedSteps: run.expectedSteps))
        }
      }
    }
    var groups: [[SweepCell]] = []
    var groupIndex: [String: Int] = [:]
    for cell in cells {
      let key = cell.spec.trajectoryKey
      if let known = groupIndex[key] {
        groups[known].append(cell)
      } else {
        groupIndex[key] = groups.count
        groups.append([cell])
      }
    }
    self.cells = cells
    // A stable sort: within an order the plan's.
    trajectories = groups.map(Trajectory.init(cells:)).enumerated()
      .sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }.map(\.element)
  }

  /// Every `count`-th trajectory from the one numbered `index`, from 1: the shards of a plan have nothing in common and
  /// together everything.
  public func shard(_ index: Int, of count: Int) -> [Trajectory] {
    precondition(1 <= index && index <= count, "shard \(index) of \(count)")
    return stride(from: index - 1, to: trajectories.count, by: count).map { trajectories[$0] }
  }
}

/// A config that some runs of the plan have.
public struct SweepCell: Sendable {
  public let spec: RunSpec
  public let runID: String
  /// The runs that have it.
  public internal(set) var uses: [Use]
  public internal(set) var order: Int
  public internal(set) var expectedSteps: Int?

  /// A run, by the index of its experiment and its label there.
  public struct Use: Sendable {
    public var experiment: Int
    public var label: String
  }

  init(spec: RunSpec, uses: [Use], order: Int, expectedSteps: Int?) {
    self.spec = spec
    runID = spec.runID
    self.uses = uses
    self.order = order
    self.expectedSteps = expectedSteps
  }

  /// The name of its bundle.
  public var bundleName: String { runID + ".tar.zst" }
}
