public import Digests
private import Files
import RunRecords
private import Synchronization
internal import Training

/// Performs the trajectories of a sweep with some workers, each with one engine on one thread.
///
/// It can be ended at any moment, by a kill too, and started again. Trajectories that another process computes in the
/// same directory are left to it; they are taken over if it ends before they are done.
public final class SweepRunner: Sendable {
  public let sweep: Sweep
  /// What this process is to do.
  public let trajectories: [Trajectory]
  public let directory: SweepDirectory
  public let jobs: Int
  private let command: [String]
  private let before: [CanonicalJSON.Key: CanonicalJSON]
  private let mustEnd: @Sendable () -> Bool
  private let state: Mutex<State>

  /// - Parameters:
  ///   - trajectories: All of the sweep's, or a shard of them.
  ///   - command: The command for `run.json`; the same for all who share the work.
  ///   - before: The digests of what stands before new runs (`plan`, `claims`), for `environment.json`.
  ///   - mustEnd: Asked after each step; true saves the state and ends the work.
  public init(
    _ sweep: Sweep, trajectories: [Trajectory], directory: SweepDirectory, jobs: Int,
    command: [String], before: [String: Digest] = [:], mustEnd: @escaping @Sendable () -> Bool
  ) {
    precondition(jobs > 0, "\(jobs) jobs")
    self.sweep = sweep
    self.trajectories = trajectories
    self.directory = directory
    self.jobs = jobs
    self.command = command
    self.before = Dictionary(
      uniqueKeysWithValues: before.map { (CanonicalJSON.Key($0.key), .string($0.value.hex)) })
    self.mustEnd = mustEnd
    state = Mutex(State(trajectories.indices.map { Task(index: $0) }))
  }

  /// What has happened to a cell.
  public struct Event: Sendable {
    public var cell: SweepCell
    /// Nil: it has been sealed.
    public var failure: (any Error)?
  }

  /// A trajectory that a worker is computing.
  public struct Running: Sendable {
    public var trajectory: Trajectory
    public var firstStep: Int
    public var step: Int
    /// The step at which it will end, as far as is known.
    public var end: Int
    public var started: Double
  }

  public enum Ending: Sendable { case finished, interrupted }
}

// MARK: State

extension SweepRunner {
  private struct Task {
    var index: Int
    /// Another process had it; not to be tried again before this moment.
    var notBefore = 0.0
  }

  private struct State {
    var waiting: [Task]
    var running: [Int: Running] = [:]
    /// By run id.
    var sealed: Set<String> = []
    var failed: Set<String> = []
    /// How many were sealed before this process began, and have been verified.
    var found = 0
    var events: [Event] = []
    /// Those whose cells are all sealed or have failed.
    var done: Set<Int> = []
    /// What this process has computed, in `SweepEstimate.work`, and in how many seconds of its workers.
    var work = 0.0
    var seconds = 0.0

    init(_ tasks: [Task]) { waiting = tasks }
  }

  /// What to show of the work so far.
  public struct Progress: Sendable {
    /// The run ids of finished cells, and of those that have failed.
    public var sealed: Set<String>
    public var failed: Set<String>
    /// How many were sealed before this process began; all of them have been verified.
    public var foundSealed: Int
    public var doneTrajectories: Int
    /// By the order of the sweep.
    public var running: [Running]
    public var secondsLeft: Double?
  }

  public var progress: Progress {
    let state = state.withLock { $0 }
    let now = monotonicSeconds()
    var work = state.work
    var seconds = state.seconds
    var left = 0.0
    for (index, trajectory) in trajectories.enumerated() where !state.done.contains(index) {
      guard let running = state.running[index] else {
        left += SweepEstimate.work(of: trajectory, steps: SweepEstimate.expectedSteps(trajectory))
        continue
      }
      work += SweepEstimate.work(of: trajectory, steps: running.step - running.firstStep)
      seconds += now - running.started
      left += SweepEstimate.work(of: trajectory, steps: max(0, running.end - running.step))
    }
    return Progress(
      sealed: state.sealed, failed: state.failed, foundSealed: state.found,
      doneTrajectories: state.done.count,
      running: state.running.sorted { $0.key < $1.key }.map(\.value),
      secondsLeft: work > 0 && seconds > 1 ? left / (work / seconds) / Double(jobs) : nil)
  }

  /// What has happened since this was last asked.
  public func takeEvents() -> [Event] {
    state.withLock { state in
      defer { state.events = [] }
      return state.events
    }
  }
}

// MARK: Work

extension SweepRunner {
  /// Returns when all is done, or `mustEnd` has said so and the states are saved.
  ///
  /// - Parameter show: Called on the calling thread, a few times a second.
  public func run(show: (SweepRunner) -> Void) throws -> Ending {
    try directory.make()
    // What is there is checked once, whole; one that does not hold is told by whoever opens it.
    for cell in trajectories.flatMap(\.cells) where !mustEnd() {
      guard (try? directory.isSealed(cell, verifying: true)) == true else { continue }
      state.withLock { state in
        state.sealed.insert(cell.runID)
        state.found += 1
      }
    }
    let count = min(jobs, max(1, trajectories.count))
    let workers = BackgroundQueue(threads: count, capacity: count)
    // Where there is no thread, the first does all of it here before the second is added.
    for _ in 0..<count { workers.add { [self] in work() } }
    while !workers.wait(seconds: 0.2) { show(self) }
    show(self)
    return state.withLock { $0.waiting.isEmpty } ? .finished : .interrupted
  }

  private func work() {
    while !mustEnd() {
      let (task, isEmpty) = state.withLock { state -> (Task?, Bool) in
        let now = monotonicSeconds()
        let index = state.waiting.firstIndex { $0.notBefore <= now }
        return (index.map { state.waiting.remove(at: $0) }, state.waiting.isEmpty)
      }
      if let task {
        perform(task)
      } else if isEmpty {
        return
      } else {
        // Another process has what is left.
        pause(seconds: 0.1)
      }
    }
  }

  private func perform(_ task: Task) {
    let trajectory = trajectories[task.index]
    do {
      guard let lock = try directory.lock(trajectory) else {
        let later = Task(index: task.index, notBefore: monotonicSeconds() + 1)
        noteSealed(trajectory)
        state.withLock { $0.waiting.append(later) }
        return
      }
      defer { withExtendedLifetime(lock) {} }
      let open = open(trajectory)
      if !open.isEmpty && compute(trajectory, task.index, open) {
        state.withLock { $0.waiting.append(task) }
        return
      }
    } catch {
      for cell in trajectory.cells { finish(cell, error) }
    }
    state.withLock { _ = $0.done.insert(task.index) }
  }

  /// Whether the work was ended before it was done.
  private func compute(_ trajectory: Trajectory, _ index: Int, _ open: [SweepCell]) -> Bool {
    let runner = TrajectoryRunner(
      trajectory: trajectory, directory: directory, command: command, before: before,
      took: { [self] step, end in
        state.withLock { state in
          if state.running[index] == nil {
            state.running[index] = Running(
              trajectory: trajectory, firstStep: step, step: step, end: end,
              started: monotonicSeconds())
          }
          state.running[index]?.step = step
          state.running[index]?.end = end
        }
        return mustEnd()
      },
      finished: { [self] cell, failure in finish(cell, failure) })
    let wasEnded = runner.perform(open)
    state.withLock { state in
      guard let running = state.running.removeValue(forKey: index) else { return }
      state.work += SweepEstimate.work(of: trajectory, steps: running.step - running.firstStep)
      state.seconds += monotonicSeconds() - running.started
    }
    return wasEnded
  }

  /// The cells that nobody has finished; one whose file is something else has failed.
  private func open(_ trajectory: Trajectory) -> [SweepCell] {
    trajectory.cells.filter { cell in
      do {
        if state.withLock({ $0.sealed.contains(cell.runID) }) { return false }
        let isSealed = try directory.isSealed(cell, verifying: true)
        if isSealed { _ = state.withLock { $0.sealed.insert(cell.runID) } }
        return !isSealed
      } catch {
        finish(cell, error)
        return false
      }
    }
  }

  private func noteSealed(_ trajectory: Trajectory) {
    for cell in trajectory.cells
    where !state.withLock({ $0.sealed.contains(cell.runID) })
      && (try? directory.isSealed(cell, verifying: true)) == true
    {
      _ = state.withLock { $0.sealed.insert(cell.runID) }
    }
  }

  private func finish(_ cell: SweepCell, _ failure: (any Error)?) {
    state.withLock { state in
      if failure == nil {
        state.sealed.insert(cell.runID)
      } else {
        state.failed.insert(cell.runID)
      }
      state.events.append(Event(cell: cell, failure: failure))
    }
  }
}
