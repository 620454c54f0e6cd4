internal import Files
internal import Programs
internal import RunRecords
internal import Synchronization

extension SweepRunner {
  /// Returns when all is done, or `mustEnd` has said so and the states are saved.
  ///
  /// - Parameter show: Called on the calling thread, a few times a second.
  public func run(show: (SweepRunner) -> Void) throws -> Ending {
    try directory.make()
    let names = try directory.names()
    // What is there is checked once, whole; one that does not hold is told by whoever opens it.
    for cell in tasks.flatMap(\.cells) where !mustEnd() {
      guard (try? directory.isSealed(cell, verifying: true, names: names)) == true else { continue }
      state.withLock { state in
        state.sealed.insert(cell.runID)
        state.found += 1
      }
    }
    // Programs wait for each other, so that more workers than these would have nothing to do.
    let most = tasks.trajectories.count + min(programs.jobs, tasks.programs.count)
    let count = min(jobs, max(1, most))
    let workers = BackgroundQueue(threads: count, capacity: count)
    // Where there is no thread, the first does all of it here before the second is added.
    for _ in 0..<count { workers.add { [self] in work() } }
    while !workers.wait(seconds: 0.2) { show(self) }
    show(self)
    return state.withLock { $0.waiting.isEmpty } ? .finished : .interrupted
  }

  private func work() {
    while !mustEnd() {
      let (task, isEmpty) = next()
      if let task {
        perform(task)
      } else if isEmpty {
        return
      } else {
        // Another process has what is left, or another worker's program has the room.
        pause(seconds: 0.1)
      }
    }
  }

  /// The first task that may be begun, and whether none is left.
  private func next() -> (Waiting?, isEmpty: Bool) {
    let now = monotonicSeconds()
    let room = programs.jobs > 1 ? FreeSpace.bytes(at: directory.path) : nil
    return state.withLock { state in
      let index = state.waiting.firstIndex { waiting in
        waiting.notBefore <= now && mayBegin(waiting.index, state, room: room)
      }
      guard let index else { return (nil, state.waiting.isEmpty) }
      let waiting = state.waiting.remove(at: index)
      switch tasks[waiting.index] {
      case .trajectory: break
      case .program(let cell): state.programs[waiting.index] = cell.program.limits.bytes
      }
      return (waiting, state.waiting.isEmpty)
    }
  }

  /// - Parameter room: Bytes that the file system has; nil where that is not known.
  private func mayBegin(_ index: Int, _ state: State, room: Int?) -> Bool {
    switch tasks[index] {
    case .trajectory: return true
    case .program(let cell):
      guard state.programs.count < programs.jobs else { return false }
      // One by itself is ended by its own limit, or by the disk.
      guard !state.programs.isEmpty, let room else { return true }
      let asked = state.programs.values.reduce(Double(cell.program.limits.bytes)) {
        $0 + Double($1)
      }
      if asked <= Double(room) { return true }
      Notice.once(
        "programs side by side",
        "\(directory.path): there is no room for all that \(state.programs.count + 1) programs may "
          + "write by their limits, so fewer run at once")
      return false
    }
  }

  private func perform(_ waiting: Waiting) {
    let task = tasks[waiting.index]
    defer { state.withLock { _ = $0.programs.removeValue(forKey: waiting.index) } }
    do {
      guard let lock = try directory.lock(task.key) else {
        let later = Waiting(index: waiting.index, notBefore: monotonicSeconds() + 1)
        noteSealed(task)
        state.withLock { $0.waiting.append(later) }
        return
      }
      defer { withExtendedLifetime(lock) {} }
      let wasEnded =
        switch task {
        case .trajectory(let trajectory): compute(trajectory, waiting.index)
        case .program(let cell): try perform(cell, waiting.index)
        }
      if wasEnded {
        state.withLock { $0.waiting.append(waiting) }
        return
      }
    } catch {
      for cell in task.cells { finish(cell, .failed(error)) }
    }
    state.withLock { _ = $0.done.insert(waiting.index) }
  }

  /// Whether the work was ended before it was done.
  private func compute(_ trajectory: Trajectory, _ index: Int) -> Bool {
    let open = trajectory.cells.filter { isOpen($0.cell) }
    guard !open.isEmpty else { return false }
    let runner = TrajectoryRunner(
      trajectory: trajectory, directory: directory, command: command, before: before,
      took: { [self] step, end in
        took(step, end: end, index)
        return mustEnd()
      },
      finished: { [self] cell, failure in
        finish(cell.cell, failure.map { .failed($0) } ?? .sealed)
      })
    let wasEnded = runner.perform(open)
    state.withLock { state in
      guard let running = state.running.removeValue(forKey: index) else { return }
      state.work += SweepEstimate.work(of: trajectory, steps: running.step - running.firstStep)
      state.seconds += monotonicSeconds() - running.started
    }
    return wasEnded
  }

  /// Whether the program was ended before it was done.
  private func perform(_ cell: ProgramCell, _ index: Int) throws -> Bool {
    let runner = ProgramRunner(
      cell: cell, directory: directory, command: command, before: before, options: programs,
      took: { [self] step in took(step, end: cell.cell.expectedSteps, index) })
    let isOpen = isOpen(cell.cell)
    if state.withLock({ $0.failed.contains(cell.runID) }) { return false }
    if !isOpen && !programs.performsAgain {
      try runner.clearAway()
      return false
    }
    took(0, end: cell.cell.expectedSteps, index)
    defer { state.withLock { _ = $0.running.removeValue(forKey: index) } }
    switch try runner.perform() {
    case .interrupted: return true
    case .sealed(let sealing, let seconds):
      if let seconds {
        state.withLock { state in
          let (sum, count) = state.programTimes[cell.program.file] ?? (0, 0)
          state.programTimes[cell.program.file] = (sum + seconds, count + 1)
        }
      }
      finish(cell.cell, .program(sealing))
      return false
    }
  }

  private func took(_ step: Int, end: Int?, _ index: Int) {
    state.withLock { state in
      if state.running[index] == nil {
        state.running[index] = Running(
          task: tasks[index], firstStep: step, step: step, end: end, started: monotonicSeconds())
      }
      state.running[index]?.step = step
      state.running[index]?.end = end
    }
  }

  /// Whether nobody has finished it; one whose file is something else has failed.
  private func isOpen(_ cell: SweepCell) -> Bool {
    do {
      if state.withLock({ $0.sealed.contains(cell.runID) }) { return false }
      let isSealed = try directory.isSealed(cell, verifying: true)
      if isSealed { _ = state.withLock { $0.sealed.insert(cell.runID) } }
      return !isSealed
    } catch {
      finish(cell, .failed(error))
      return false
    }
  }

  private func noteSealed(_ task: SweepTask) {
    for cell in task.cells
    where !state.withLock({ $0.sealed.contains(cell.runID) })
      && (try? directory.isSealed(cell, verifying: true)) == true
    {
      _ = state.withLock { $0.sealed.insert(cell.runID) }
    }
  }

  private func finish(_ cell: SweepCell, _ kind: Event.Kind) {
    state.withLock { state in
      switch kind {
      case .sealed, .program: state.sealed.insert(cell.runID)
      case .failed: state.failed.insert(cell.runID)
      }
      state.events.append(Event(cell: cell, kind: kind))
    }
  }
}
