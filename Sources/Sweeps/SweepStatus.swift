internal import RunRecords

/// How far a sweep has got, read only from the files of its directory, on any host that sees them.
package struct SweepStatus: Sendable {
  /// Work that a process has.
  package struct Running: Sendable {
    package var cells: [SweepCell]
    package var host: String
    package var process: Int
    package var step: Int
    /// The step at which it will end, as far as is known.
    package var end: Int?
    /// Seconds since its holder reported it.
    package var age: Double
    /// `SweepEstimate.work` a second; 0 if it is not known.
    fileprivate var rate: Double
    fileprivate var workLeft: Double
  }

  package let cellCount: Int
  package private(set) var done = 0
  package private(set) var running: [Running] = []
  /// The cells that could not be finished, and those that are sealed though their programs have
  /// failed; each with the reason.
  package private(set) var failed: [(cell: SweepCell, reason: String)] = []
  /// The number of cells that no process has.
  package private(set) var missing = 0
  /// The number of missing cells that cannot be begun yet, because the run from which they fork has
  /// not got so far.
  package private(set) var waiting = 0
  /// Seconds until the processes that are at work have done everything; nil if it is not known.
  package private(set) var secondsLeft: Double?

  /// - Parameters:
  ///   - tasks: All tasks of the sweep, or a shard of them.
  ///   - later: How many runs wait for others to memorise.
  package init(_ tasks: [SweepTask], later: Int = 0, in directory: SweepDirectory) throws {
    let names = try directory.names()
    let claims = try Claims.newest(in: directory.claims)
    cellCount = tasks.reduce(later) { $0 + $1.cells.count }
    (missing, waiting) = (later, later)
    var workLeft = 0.0
    var isProgramLeft = false
    for task in tasks {
      var open: [SweepCell] = []
      for cell in task.cells {
        do {
          if try directory.isSealed(cell, verifying: false, names: names) {
            done += 1
            if let ending = try directory.sealedFailure(of: cell, names: names) {
              failed.append((cell, "the program \(ending); its run is sealed as it is"))
            }
          } else {
            open.append(cell)
          }
        } catch {
          failed.append((cell, "\(error)"))
        }
      }
      guard !open.isEmpty else { continue }
      if let claim = claims[task.key], claim.mayLive {
        let running = Running(open, task, claim.note, claim.age)
        self.running.append(running)
        if task.isTrajectory { workLeft += running.workLeft } else { isProgramLeft = true }
        continue
      }
      if task.isTrajectory { workLeft += task.expectedWork } else { isProgramLeft = true }
      if let origin = task.origin, !directory.hasFork(origin) {
        waiting += open.count(where: \.isView)
      }
      for cell in open {
        if let reason = directory.failure(of: cell.runID) {
          failed.append((cell, reason))
        } else {
          missing += 1
        }
      }
    }
    let rate = running.reduce(0) { $0 + $1.rate }
    if done == cellCount {
      secondsLeft = 0
    } else if rate > 0 && !isProgramLeft && later == 0 {
      let longest = running.map { $0.rate > 0 ? $0.workLeft / $0.rate : 0 }.max() ?? 0
      secondsLeft = max(longest, workLeft / rate)
    }
  }
}

extension SweepStatus.Running {
  fileprivate init(_ cells: [SweepCell], _ task: SweepTask, _ note: ClaimNote, _ age: Double) {
    self.cells = cells
    host = note.host
    process = note.process
    step = note.step
    end = note.end
    self.age = age
    switch task {
    case .program: (rate, workLeft) = (0, 0)
    case .trajectory(let trajectory):
      let done = SweepEstimate.work(of: trajectory, steps: max(0, note.step - note.firstStep))
      rate = note.seconds > 0 ? done / note.seconds : 0
      let end = note.end ?? trajectory.firstStep + SweepEstimate.expectedSteps(trajectory)
      workLeft = SweepEstimate.work(of: trajectory, steps: max(0, end - note.step))
    }
  }
}
