public import Configs
package import Programs
package import RunRecords

/// The work of a plan: its distinct configs, and what has to be performed for them.
public struct Sweep: Sendable {
  public let plan: SweepPlan
  /// In the order of the plan.
  public let cells: [SweepCell]
  /// In the order of computation.
  package let tasks: [SweepTask]
  /// For each experiment, the ids of its runs; nil for a run that does not exist, or whose config
  /// is not known yet.
  package let runIDs: [[String?]]
  /// Runs that are changed when the run without the change has memorised, if that step is not known
  /// yet.
  package let waiting: [SweepCell.Use]
  /// The runs that do not exist, each with the reason.
  package let notApplicable: [(use: SweepCell.Use, reason: String)]

  /// What is known about the run from which another forks when it has memorised.
  package enum Parent: Sendable {
    /// It is not sealed yet.
    case missing
    /// T_mem.
    case memorized(Int)
    case neverMemorized
  }

  /// - Parameters:
  ///   - programs: The programs that the plan names.
  ///   - parent: Returns what is known about a run.
  /// - Throws: If a program's arguments or config are invalid.
  package init(
    _ plan: SweepPlan, programs: SweepPrograms = SweepPrograms(),
    parent: (RunSpec) -> Parent = { _ in .missing }
  ) throws(ProgramError) {
    self.plan = plan
    var collection = Collection()
    var runIDs: [[String?]] = []
    var waiting: [SweepCell.Use] = []
    var notApplicable: [(use: SweepCell.Use, reason: String)] = []
    var parents: [RunSpec: Parent] = [:]
    for (index, experiment) in plan.experiments.enumerated() {
      runIDs.append([])
      for run in experiment.runs {
        let use = SweepCell.Use(experiment: index, label: run.label)
        guard case .trainer(let spec) = run.config, !run.changesAtMemorization.isEmpty else {
          runIDs[index].append(try collection.add(run, run.config, use, programs))
          continue
        }
        let known = parents[spec] ?? parent(spec)
        parents[spec] = known
        try collection.addParent(run, use, programs)
        switch known {
        case .missing:
          waiting.append(use)
          runIDs[index].append(nil)
        case .neverMemorized:
          notApplicable.append((use, "the run without the change has not memorised"))
          runIDs[index].append(nil)
        case .memorized(let step):
          let config: PlannedConfig
          do throws(RecordError) {
            config = try run.config(memorizationStep: step)
          } catch {
            notApplicable.append((use, "\(error)"))
            runIDs[index].append(nil)
            continue
          }
          runIDs[index].append(try collection.add(run, config, use, programs))
        }
      }
    }
    let cells = collection.cells
    self.waiting = waiting
    self.notApplicable = notApplicable
    self.cells = cells
    self.runIDs = runIDs
    // A stable sort. Within an order the longest task comes first, so that it is not begun when the
    // rest is nearly done. Programs come before trajectories, as nobody knows how long they take.
    // Tasks that take equally long keep the plan's order.
    let tasks = Self.tasks(cells)
    self.tasks = zip(tasks, Self.urgency(tasks)).enumerated()
      .map { (task: $0.element.0, work: $0.element.1, offset: $0.offset) }
      .sorted { ($0.task.order, -$0.work, $0.offset) < ($1.task.order, -$1.work, $1.offset) }
      .map(\.task)
  }

  /// The distinct configs, as they are found.
  private struct Collection {
    private(set) var cells: [SweepCell] = []
    private var known: [PlannedConfig: Int] = [:]
    private var byRunID: [String: Int] = [:]

    /// - Returns: The run id.
    mutating func add(
      _ run: SweepPlan.PlannedRun, _ config: PlannedConfig, _ use: SweepCell.Use,
      _ programs: SweepPrograms
    ) throws(ProgramError) -> String {
      let next: SweepCell
      if let place = known[config] {
        next = cells[place]
      } else {
        next = SweepCell(
          try Self.work(config, run.label, programs), uses: [], order: run.order,
          expectedSteps: run.expectedSteps)
      }
      // Two program files with different names may be the same program.
      let place = byRunID[next.runID] ?? cells.count
      if place == cells.count { cells.append(next) }
      known[config] = place
      byRunID[next.runID] = place
      cells[place].uses.append(use)
      cells[place].order = min(cells[place].order, run.order)
      cells[place].expectedSteps = cells[place].expectedSteps ?? run.expectedSteps
      return next.runID
    }

    /// Adds the run from which another forks, as that needs its state at memorisation.
    mutating func addParent(
      _ run: SweepPlan.PlannedRun, _ use: SweepCell.Use, _ programs: SweepPrograms
    ) throws(ProgramError) {
      var place = known[run.config]
      if place == nil {
        _ = try add(
          run, run.config, SweepCell.Use(experiment: use.experiment, label: "without the change"),
          programs)
        place = known[run.config]
      }
      if let place {
        cells[place].isForkedAtMemorization = true
        cells[place].order = min(cells[place].order, run.order)
      }
    }

    private static func work(
      _ config: PlannedConfig, _ label: String, _ programs: SweepPrograms
    ) throws(ProgramError) -> SweepCell.Work {
      switch config {
      case .trainer(let spec): .trainer(spec)
      case .program(let planned): .program(try programs.program(planned, label: label))
      }
    }
  }

  /// Each program and each trajectory, at the place of its first cell.
  private static func tasks(_ cells: [SweepCell]) -> [SweepTask] {
    var members: [TrainerCell] = []
    var places: [String: Int] = [:]
    var tasks: [(place: Int, task: SweepTask)] = []
    for (place, cell) in cells.enumerated() {
      switch cell.work {
      case .program(let program):
        tasks.append((place, .program(ProgramCell(cell: cell, program: program))))
      case .trainer(let spec):
        members.append(TrainerCell(cell: cell, spec: spec))
        places[cell.runID] = place
      }
    }
    for trajectory in TrajectoryTree.trajectories(of: members) {
      let runIDs = trajectory.cells.map(\.runID) + trajectory.forks.flatMap(\.runIDs)
      let place = runIDs.compactMap { places[$0] }.min() ?? cells.count
      tasks.append((place, .trajectory(trajectory)))
    }
    return tasks.enumerated()
      .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }.map(\.element.task)
  }

  /// For each task, its own work plus the work of the longest chain of tasks that wait for it.
  private static func urgency(_ tasks: [SweepTask]) -> [Double] {
    var waiting: [String: [Int]] = [:]
    for (index, task) in tasks.enumerated() {
      if case .trajectory(let trajectory) = task, let origin = trajectory.origin {
        waiting[origin.key, default: []].append(index)
      }
    }
    var known: [Int: Double] = [:]
    func urgency(_ index: Int) -> Double {
      if let known = known[index] { return known }
      let longest = (waiting[tasks[index].key] ?? []).map(urgency).max() ?? 0
      known[index] = tasks[index].expectedWork + longest
      return tasks[index].expectedWork + longest
    }
    return tasks.indices.map(urgency)
  }

  /// Shard `index` (from 1) of `count`: every `count`-th task. The shards of a plan have no task in
  /// common and together have all of them. Trajectories that fork from each other are in one shard.
  package func shard(_ index: Int, of count: Int) -> [SweepTask] {
    precondition(1 <= index && index <= count, "shard \(index) of \(count)")
    var origins: [String: String] = [:]
    for trajectory in tasks.trajectories { origins[trajectory.key] = trajectory.origin?.key }
    var numbers: [String: Int] = [:]
    return tasks.filter { task in
      var root = task.key
      while let origin = origins[root] { root = origin }
      let number = numbers[root] ?? numbers.count
      numbers[root] = number
      return number % count == index - 1
    }
  }
}

extension [SweepTask] {
  package var trajectories: [Trajectory] {
    compactMap { task in
      switch task {
      case .trajectory(let trajectory): trajectory
      case .program: nil
      }
    }
  }

  package var programs: [ProgramCell] {
    compactMap { task in
      switch task {
      case .trajectory: nil
      case .program(let program): program
      }
    }
  }
}
