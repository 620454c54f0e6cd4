package import Digests
internal import Files
internal import RunRecords
internal import Synchronization

/// One process that works on a sweep. It performs trajectories and programs with several workers,
/// each trajectory with one engine on one thread.
///
/// It can be ended at any moment, even killed, and started again. Any number of processes may work
/// in one directory, on any number of hosts. Work of another process is left to it, and taken over
/// if that process ends before the work is done.
public final class SweepRunner: Sendable {
  public let sweep: Sweep
  /// The tasks of this process.
  package let tasks: [SweepTask]
  public let directory: SweepDirectory
  /// How many tasks run at once, programs included.
  public let jobs: Int
  let programs: ProgramOptions
  let command: [String]
  let before: [CanonicalJSON.Key: CanonicalJSON]
  package let manner: Manner
  let mustEnd: @Sendable () -> Bool
  let claims: Claims
  let state: Mutex<State>
  /// For each task that forks from another task of this process, that task.
  let origins: [Int: Int]

  /// How a process works beside others.
  package struct Manner: Sendable {
    /// Whether it ends once everything left is done by other processes that are seen to be alive,
    /// and trusts the bundles that it finds. Else it verifies these, and waits for the others.
    package var isOneOfMany = false
    /// The run ids of cells that this process knows to be sealed, and has verified if it verifies.
    package var known: Set<String> = []
    /// Those of them that were not sealed yet when this process began.
    package var made: Set<String> = []
    /// How long a run is performed in memory before it gets a directory, in seconds.
    package var patienceSeconds = 15.0
    /// In seconds since an arbitrary moment. It decides when other processes are taken to have
    /// ended.
    package var clock: @Sendable () -> Double = { monotonicSeconds() }

    package init() {}
  }

  /// - Parameters:
  ///   - tasks: All tasks of the sweep, or a shard of them.
  ///   - command: The command for `run.json`, the same for all processes that share the work.
  ///   - before: The digests of what precedes new runs (`plan`, `claims`), for `environment.json`.
  ///   - mustEnd: Called after each step. Returning true saves the state and ends the work.
  package init(
    _ sweep: Sweep, tasks: [SweepTask], directory: SweepDirectory, jobs: Int,
    programs: ProgramOptions = ProgramOptions(), command: [String],
    before: [String: Digest] = [:], manner: Manner = Manner(),
    mustEnd: @escaping @Sendable () -> Bool
  ) {
    precondition(jobs > 0 && programs.jobs > 0, "\(jobs) jobs, \(programs.jobs) of programs")
    self.sweep = sweep
    self.tasks = tasks
    self.directory = directory
    self.jobs = jobs
    self.programs = programs
    self.command = command
    self.before = Dictionary(
      uniqueKeysWithValues: before.map { (CanonicalJSON.Key($0.key), .string($0.value.hex)) })
    self.manner = manner
    self.mustEnd = mustEnd
    let byKey = Dictionary(
      tasks.enumerated().map { ($0.element.key, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    var origins: [Int: Int] = [:]
    for (index, task) in tasks.enumerated() {
      if let origin = task.origin { origins[index] = byKey[origin.key] }
    }
    self.origins = origins
    claims = Claims(directory.claims, clock: manner.clock)
    state = Mutex(State(tasks.indices))
  }

  /// What has happened to a cell.
  public struct Event: Sendable {
    public var cell: SweepCell
    package var result: Result<SweepSealing, any Error>

    /// Nil if the cell has been sealed and its program, if it has one, has not failed.
    public var failure: (any Error)? {
      if case .failure(let error) = result { error } else { nil }
    }
  }

  /// What a worker is doing.
  package struct Running: Sendable {
    package var task: SweepTask
    package var firstStep: Int
    package var step: Int
    /// The step at which it will end, as far as is known.
    package var end: Int?
    package var started: Double
  }

  public enum Ending: Sendable, Hashable {
    case finished
    case interrupted
    /// Everything left is done by others.
    case leftToOthers
  }
}

// MARK: State

extension SweepRunner {
  /// A task that another process had.
  struct Busy {
    var index: Int
    /// Do not ask for it again before this moment.
    var notBefore: Double
    /// Whether its holder has been seen to be alive.
    var isAlive: Bool
  }

  struct State {
    /// The tasks that have not been asked for, in the order of computation.
    var fresh: ArraySlice<Int>
    var busy: [Busy] = []
    var running: [Int: Running] = [:]
    /// The output limits of the programs that run, by task.
    var programs: [Int: Int] = [:]
    /// By run id.
    var sealed: Set<String> = []
    var failed: Set<String> = []
    /// The cells that could not be finished before this process began. They are tried again.
    var failedBefore: Set<String> = []
    /// The cells that are sealed, though their programs have failed.
    var sealedFailures: Set<String> = []
    /// The cells that were sealed before this process began.
    var found: Set<String> = []
    /// How many cells this process has computed that another had sealed meanwhile, with the same
    /// result.
    var sealedTwice = 0
    var events: [Event] = []
    /// The tasks whose cells are all sealed or have failed, and from which no other task has to
    /// fork.
    var done: Set<Int> = []
    /// The paths of the states from which tasks can fork.
    var forks: Set<String> = []
    /// The work that this process has computed, in the unit of `SweepEstimate.work`, and the
    /// seconds of its workers for it.
    var work = 0.0
    var seconds = 0.0
    /// How long programs took, by program file.
    var programTimes: [String: (seconds: Double, count: Int)] = [:]
    /// Whether there are names of bundles that are not on disk yet; then the time of the last tick.
    var isUnsynced = false
    var lastTick = 0.0
    /// Two results of one config have been found, by this process or another.
    var mustStop = false

    init(_ tasks: Range<Int>) { fresh = ArraySlice(tasks) }

    var isEmpty: Bool { fresh.isEmpty && busy.isEmpty }

    func isSettled(_ runID: String) -> Bool { sealed.contains(runID) || failed.contains(runID) }
  }

  /// What has happened since the last call.
  public func takeEvents() -> [Event] {
    state.withLock { state in
      defer { state.events = [] }
      return state.events
    }
  }
}

// MARK: Progress

extension SweepRunner {
  /// What to show about the work so far.
  package struct Progress: Sendable {
    /// The run ids of the cells that are finished, and of those that have failed. A program that
    /// failed and is sealed as it is counts as both.
    package var sealed: Set<String>
    package var failed: Set<String>
    /// The cells that are sealed, though their programs have failed.
    package var sealedFailures: Set<String>
    /// The cells that were sealed before this process began.
    package var found: Set<String>
    package var foundSealed: Int { found.count }
    /// How many cells another process sealed while this one computed them, with the same result.
    package var sealedTwice: Int
    package var doneTrajectories: Int
    /// In the order of the sweep.
    package var running: [Running]
    /// Nil as long as nothing is known about some of the remaining work.
    package var secondsLeft: Double?
  }

  package var progress: Progress {
    let state = state.withLock { $0 }
    var doneTrajectories = 0
    for index in state.done {
      switch tasks[index] {
      case .trajectory: doneTrajectories += 1
      case .program: break
      }
    }
    return Progress(
      sealed: state.sealed, failed: state.failed.union(state.sealedFailures),
      sealedFailures: state.sealedFailures, found: state.found,
      sealedTwice: state.sealedTwice, doneTrajectories: doneTrajectories,
      running: state.running.sorted { $0.key < $1.key }.map(\.value),
      secondsLeft: secondsLeft(state, now: monotonicSeconds()))
  }

  private func secondsLeft(_ state: State, now: Double) -> Double? {
    var work = state.work
    var seconds = state.seconds
    var workLeft = 0.0
    var programSeconds: Double? = 0
    var isTrainerDone = true
    for (index, task) in tasks.enumerated() where !state.done.contains(index) {
      let running = state.running[index]
      switch task {
      case .trajectory(let trajectory):
        isTrainerDone = false
        guard let running else {
          workLeft += SweepEstimate.work(
            of: trajectory, steps: SweepEstimate.expectedSteps(trajectory))
          continue
        }
        work += SweepEstimate.work(of: trajectory, steps: running.step - running.firstStep)
        seconds += now - running.started
        let end = running.end ?? running.step
        workLeft += SweepEstimate.work(of: trajectory, steps: max(0, end - running.step))
      case .program(let cell):
        let mean = state.programTimes[cell.program.file].map { $0.seconds / Double($0.count) }
        let spent = running.map { now - $0.started } ?? 0
        programSeconds = mean.flatMap { mean in programSeconds.map { $0 + max(0, mean - spent) } }
      }
    }
    let isMeasured = work > 0 && seconds > 1
    // Nothing is estimated before something has been done.
    guard isMeasured || isTrainerDone && !state.programTimes.isEmpty, let programSeconds else {
      return nil
    }
    let trainerSeconds = isTrainerDone ? 0 : workLeft / (work / seconds) / Double(jobs)
    return trainerSeconds + programSeconds / Double(programs.jobs)
  }
}
