public import Configs
package import Programs
internal import RunRecords

/// What a plan's runs come to: the distinct configs, and what is to be performed for them.
public struct Sweep: Sendable {
  public let plan: SweepPlan
  /// In the order of the plan.
  public let cells: [SweepCell]
  /// In the order of computing.
  package let tasks: [SweepTask]
  /// For each experiment the run ids of its runs.
  package let runIDs: [[String]]

  /// - Parameter programs: Those that the plan names.
  /// - Throws: What of a program's words or config cannot be performed.
  package init(
    _ plan: SweepPlan, programs: SweepPrograms = SweepPrograms()
  ) throws(ProgramError) {
    self.plan = plan
    var cells: [SweepCell] = []
    var runIDs: [[String]] = []
    var known: [PlannedConfig: Int] = [:]
    var byRunID: [String: Int] = [:]
    for (index, experiment) in plan.experiments.enumerated() {
      runIDs.append([])
      for run in experiment.runs {
        let use = SweepCell.Use(experiment: index, label: run.label)
        let next: SweepCell
        if let place = known[run.config] {
          next = cells[place]
        } else {
          next = SweepCell(
            try Self.work(run, programs), uses: [], order: run.order,
            expectedSteps: run.expectedSteps)
        }
        // Program files of two names may be one program.
        let place = byRunID[next.runID] ?? cells.count
        if place == cells.count { cells.append(next) }
        known[run.config] = place
        byRunID[next.runID] = place
        cells[place].uses.append(use)
        cells[place].order = min(cells[place].order, run.order)
        cells[place].expectedSteps = cells[place].expectedSteps ?? run.expectedSteps
        runIDs[index].append(next.runID)
      }
    }
    self.cells = cells
    self.runIDs = runIDs
    // A stable sort: the longest of an order first, so that none of them is begun when the rest is nearly done; of
    // programs nobody knows how long they take. What takes as long comes in the plan's order.
    tasks = Self.tasks(cells).enumerated()
      .map { (task: $0.element, work: $0.element.expectedWork, offset: $0.offset) }
      .sorted { ($0.task.order, -$0.work, $0.offset) < ($1.task.order, -$1.work, $1.offset) }
      .map(\.task)
  }

  private static func work(
    _ run: SweepPlan.PlannedRun, _ programs: SweepPrograms
  ) throws(ProgramError) -> SweepCell.Work {
    switch run.config {
    case .trainer(let spec): .trainer(spec)
    case .program(let planned): .program(try programs.program(planned, label: run.label))
    }
  }

  private static func tasks(_ cells: [SweepCell]) -> [SweepTask] {
    enum Group {
      case trajectory([TrainerCell])
      case program(ProgramCell)
    }
    var groups: [Group] = []
    var groupIndex: [String: Int] = [:]
    for cell in cells {
      switch cell.work {
      case .program(let program):
        groups.append(.program(ProgramCell(cell: cell, program: program)))
      case .trainer(let spec):
        let member = TrainerCell(cell: cell, spec: spec)
        let key = spec.trajectoryKey
        if let known = groupIndex[key], case .trajectory(let others) = groups[known] {
          groups[known] = .trajectory(others + [member])
        } else {
          groupIndex[key] = groups.count
          groups.append(.trajectory([member]))
        }
      }
    }
    return groups.map { group in
      switch group {
      case .trajectory(let cells): .trajectory(Trajectory(cells: cells))
      case .program(let program): .program(program)
      }
    }
  }

  /// Every `count`-th task from the one numbered `index`, from 1: the shards of a plan have nothing
  /// in common and together everything.
  package func shard(_ index: Int, of count: Int) -> [SweepTask] {
    precondition(1 <= index && index <= count, "shard \(index) of \(count)")
    return stride(from: index - 1, to: tasks.count, by: count).map { tasks[$0] }
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
