package import Programs
public import RunRecords

/// A config that some runs of the plan have.
public struct SweepCell: Sendable {
  package let work: Work
  public let runID: String
  /// The runs that have this config.
  public internal(set) var uses: [Use]
  public internal(set) var order: Int
  public internal(set) var expectedSteps: Int?
  /// Whether other runs fork from this one when it has memorised.
  var isForkedAtMemorization = false

  /// What has to be performed for a cell.
  package enum Work: Sendable {
    case trainer(RunSpec)
    case program(SweepProgram)
  }

  /// A run, by the index of its experiment and its label there.
  public struct Use: Sendable {
    public var experiment: Int
    public var label: String
  }

  /// Whether it is a view of a trajectory, and not performed by itself.
  var isView: Bool {
    if case .trainer(let spec) = work { spec.checkpointInterval == 0 } else { false }
  }

  init(_ work: Work, uses: [Use], order: Int, expectedSteps: Int?) {
    self.work = work
    self.uses = uses
    self.order = order
    self.expectedSteps = expectedSteps
    switch work {
    case .trainer(let spec): runID = spec.runID
    case .program(let program): runID = program.spec.runID
    }
  }
}

/// A program with the settings of one cell.
package struct SweepProgram: Sendable {
  /// The program file, as the plan names it.
  package var file: String
  package var spec: ProgramSpec
  package var inputs: ProgramInputs
  package var limits: ProgramLimits
  /// Whether curves and outcome were asked for by name.
  package var isDeclared: Bool
  /// The directory from which the sweep was started.
  package var base: String
}

/// A cell of this program's trainer.
public struct TrainerCell: Sendable {
  public let cell: SweepCell
  public let spec: RunSpec

  public var runID: String { cell.runID }
  public var order: Int { cell.order }
  public var expectedSteps: Int? { cell.expectedSteps }
  /// The name of its bundle.
  public var bundleName: String { runID + ".tar.zst" }
}

/// A cell for which a program runs once.
package struct ProgramCell: Sendable {
  package let cell: SweepCell
  package let program: SweepProgram

  package var runID: String { cell.runID }
}

/// What one worker does at a time.
package enum SweepTask: Sendable {
  case trajectory(Trajectory)
  case program(ProgramCell)

  package var cells: [SweepCell] {
    switch self {
    case .trajectory(let trajectory): trajectory.cells.map(\.cell)
    case .program(let program): [program.cell]
    }
  }

  /// The name of the task within a directory.
  package var key: String {
    switch self {
    case .trajectory(let trajectory): trajectory.key
    case .program(let program): program.runID
    }
  }

  /// Where the trajectory forks from another one; nil if it begins by itself.
  var origin: Trajectory.Origin? {
    if case .trajectory(let trajectory) = self { trajectory.origin } else { nil }
  }

  var isTrajectory: Bool { if case .trajectory = self { true } else { false } }

  /// In the unit of `SweepEstimate.work`; infinite if it is not known.
  var expectedWork: Double {
    switch self {
    case .trajectory(let trajectory):
      SweepEstimate.work(of: trajectory, steps: SweepEstimate.expectedSteps(trajectory))
    case .program: .infinity
    }
  }

  var order: Int {
    switch self {
    case .trajectory(let trajectory): trajectory.order
    case .program(let program): program.cell.order
    }
  }
}
