internal import Files
internal import Programs
internal import RunRecords
internal import Synchronization

extension SweepRunner {
  /// Performs the sweep. Returns when everything is done or left to others, or when `mustEnd` has
  /// asked for an end and the states are saved.
  ///
  /// - Parameter show: Called on the calling thread, a few times a second.
  /// - Throws: An error that keeps the whole sweep from going on; `SweepError.contradiction` if a
  ///   config has two results.
  public func run(show: (SweepRunner) -> Void) throws -> Ending {
    // Claims keep other processes away, and everything is written under a name of its own.
    Notice.leaveOut(Notice.noLocks)
    try directory.make()
    try claims.check()
    try findSealed()
    directory.goOn()
    try claims.look()
    let failures = try directory.failures()
    state.withLock { $0.failedBefore = failures }
    // Programs wait for each other, so more workers than these would have nothing to do.
    let most = tasks.trajectories.count + min(programs.jobs, tasks.programs.count)
    let count = min(jobs, max(1, most))
    let workers = BackgroundQueue(threads: count, capacity: count)
    // If there is no thread, the first worker does everything here before the second is added.
    for _ in 0..<count { workers.add { [self] in work() } }
    while !workers.wait(seconds: 0.2) {
      tick()
      show(self)
    }
    try syncNames()
    removeForks()
    show(self)
    if state.withLock({ $0.mustStop }) { try findContradiction() }
    return state.withLock { state in
      if state.isEmpty { return .finished }
      return mustEnd() || state.mustStop ? .interrupted : .leftToOthers
    }
  }

  /// - Throws: `SweepError.contradiction` when a config has two results.
  private func findContradiction() throws {
    let names = try directory.names()
    for cell in sweep.cells {
      do {
        _ = try directory.isSealed(cell, verifying: false, names: names)
      } catch let error as SweepError {
        if case .contradiction = error { throw error }
      } catch {}
    }
  }

  /// Finds the cells that are sealed. An invalid bundle is reported by whoever opens it.
  private func findSealed() throws {
    let names = try directory.names()
    let cells = tasks.flatMap(\.cells)
    let isFound = Mutex([Bool](repeating: false, count: cells.count))
    let hasFailed = Mutex([Bool](repeating: false, count: cells.count))
    let contradiction = Mutex<SweepError?>(nil)
    Concurrency.perform(cells.count) { index in
      guard !mustEnd() else { return }
      do {
        let isKnown = manner.known.contains(cells[index].runID)
        let isSealed =
          try isKnown
          || directory.isSealed(cells[index], verifying: !manner.isOneOfMany, names: names)
        guard isSealed else { return }
        isFound.withLock { $0[index] = true }
        if try directory.sealedFailure(of: cells[index], names: names) != nil {
          hasFailed.withLock { $0[index] = true }
        }
      } catch let error as SweepError {
        if case .contradiction = error { contradiction.withLock { $0 = $0 ?? error } }
      } catch {}
    }
    if let error = contradiction.withLock({ $0 }) { throw error }
    let found = isFound.withLock { $0 }
    let failed = hasFailed.withLock { $0 }
    state.withLock { state in
      for (cell, isFound) in zip(cells, found) where isFound { state.sealed.insert(cell.runID) }
      for (cell, hasFailed) in zip(cells, failed) where hasFailed {
        state.sealedFailures.insert(cell.runID)
      }
      state.found = state.sealed.subtracting(manner.made)
    }
  }

  /// Work that is due from time to time. Any thread with time for it may call this.
  private func tick() {
    claims.beat()
    let now = monotonicSeconds()
    let isDue = state.withLock { state in
      guard now - state.lastTick >= 1 else { return false }
      state.lastTick = now
      return true
    }
    guard isDue else { return }
    try? syncNames()
    findForks()
    if directory.mustStop { state.withLock { $0.mustStop = true } }
  }

  private func syncNames() throws {
    let isUnsynced = state.withLock { state in
      defer { state.isUnsynced = false }
      return state.isUnsynced
    }
    guard isUnsynced else { return }
    do {
      try directory.sync()
    } catch {
      state.withLock { $0.isUnsynced = true }
      throw error
    }
  }
}

// MARK: Forks

extension SweepRunner {
  /// The forks of a trajectory whose states others still need, in ascending order of steps.
  private func neededForks(_ trajectory: Trajectory, _ state: State) -> [Trajectory.Fork] {
    trajectory.forks.filter { fork in
      !state.forks.contains(directory.fork(trajectory.origin(at: fork)))
        && !fork.runIDs.allSatisfy(state.isSettled)
    }
  }

  /// Looks for the states for which tasks wait, whichever process has left them.
  private func findForks() {
    guard !origins.isEmpty else { return }
    let missing = state.withLock { state in
      Set(state.fresh.compactMap { tasks[$0].origin }).filter {
        !state.forks.contains(directory.fork($0))
      }
    }
    let found = missing.filter(directory.hasFork).map(directory.fork)
    guard !found.isEmpty else { return }
    state.withLock { $0.forks.formUnion(found) }
  }

  /// Removes the states that nobody needs any more.
  private func removeForks() {
    let sealed = state.withLock { $0.sealed }
    for trajectory in tasks.trajectories {
      for fork in trajectory.forks where fork.runIDs.isSubset(of: sealed) {
        directory.removeFork(trajectory.origin(at: fork))
      }
    }
  }

  /// Whether a task has to wait until another one has reached the step where it forks.
  private func isWaiting(_ index: Int, _ state: State) -> Bool {
    guard let other = origins[index], !state.done.contains(other),
      let origin = tasks[index].origin
    else { return false }
    return !state.forks.contains(directory.fork(origin))
      && !tasks[index].cells.allSatisfy { state.isSettled($0.runID) }
  }
}

// MARK: Choosing

extension SweepRunner {
  private var hasToStop: Bool { mustEnd() || state.withLock { $0.mustStop } }

  private func work() {
    while !hasToStop {
      switch next() {
      case .task(let index, let isBusy): perform(index, isBusy: isBusy)
      case .nothing: return
      case .later: pause(seconds: 0.1)
      }
    }
  }

  private enum Next {
    /// A task. `isBusy`: whether another process had it before.
    case task(Int, isBusy: Bool)
    /// Another process has what is left, or another worker's program takes the room.
    case later
    case nothing
  }

  private func next() -> Next {
    let now = monotonicSeconds()
    let room = programs.jobs > 1 ? FreeSpace.bytes(at: directory.path) : nil
    return state.withLock { state in
      if let place = state.fresh.firstIndex(where: { mayBegin($0, state, room: room) }) {
        let index = state.fresh.remove(at: place)
        begin(index, &state)
        return .task(index, isBusy: false)
      }
      if manner.isOneOfMany, state.fresh.isEmpty, state.busy.allSatisfy(\.isAlive) {
        return .nothing
      }
      let place = state.busy.firstIndex {
        $0.notBefore <= now && mayBegin($0.index, state, room: room)
      }
      if let place {
        let index = state.busy.remove(at: place).index
        begin(index, &state)
        return .task(index, isBusy: true)
      }
      return state.isEmpty ? .nothing : .later
    }
  }

  private func begin(_ index: Int, _ state: inout State) {
    switch tasks[index] {
    case .trajectory: break
    case .program(let cell): state.programs[index] = cell.program.limits.bytes
    }
  }

  /// - Parameter room: Free bytes of the file system; nil if unknown.
  private func mayBegin(_ index: Int, _ state: State, room: Int?) -> Bool {
    switch tasks[index] {
    case .trajectory: return !isWaiting(index, state)
    case .program(let cell):
      guard state.programs.count < programs.jobs else { return false }
      // A single program is ended by its own limit, or by a full disk.
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
}

// MARK: Performing

extension SweepRunner {
  private func perform(_ index: Int, isBusy: Bool) {
    let task = tasks[index]
    defer { state.withLock { _ = $0.programs.removeValue(forKey: index) } }
    do {
      if !programs.performsAgain || task.isTrajectory, isSettled(task) {
        state.withLock { _ = $0.done.insert(index) }
        return
      }
      if isBusy {
        try claims.look()
        noteSealed(task)
      }
      switch try claims.claim(task.key) {
      case .taken(let isAlive):
        let busy = Busy(index: index, notBefore: monotonicSeconds() + 1, isAlive: isAlive)
        state.withLock { $0.busy.append(busy) }
        return
      case .mine(let claim):
        let isDone: Bool
        do {
          isDone = try perform(task, index, claim)
        } catch {
          claims.release(claim)
          throw error
        }
        if isDone { return state.withLock { _ = $0.done.insert(index) } }
        let busy = Busy(index: index, notBefore: monotonicSeconds() + 1, isAlive: false)
        state.withLock { $0.busy.append(busy) }
      }
    } catch {
      for cell in task.cells { finish(cell, .failure(error)) }
      state.withLock { _ = $0.done.insert(index) }
    }
  }

  /// Whether all its cells are sealed or have failed, and no other task has to fork from it.
  private func isSettled(_ task: SweepTask) -> Bool {
    state.withLock { state in
      guard task.cells.allSatisfy({ state.isSettled($0.runID) }) else { return false }
      guard case .trajectory(let trajectory) = task else { return true }
      return neededForks(trajectory, state).isEmpty
    }
  }

  /// Returns whether the work was done, rather than ended early.
  private func perform(_ task: SweepTask, _ index: Int, _ claim: Claim) throws -> Bool {
    let wasEnded =
      switch task {
      case .trajectory(let trajectory): try compute(trajectory, index, claim)
      case .program(let cell): try perform(cell, index, claim)
      }
    if claim.isLost {
      // The other process has its own copy of the work.
      try directory.remove(claim)
      claims.release(claim)
      return false
    }
    let hasFailed = state.withLock { state in
      task.cells.contains { state.failed.contains($0.runID) }
    }
    if wasEnded || hasFailed { claims.release(claim) } else { claims.finish(claim) }
    directory.removeIfEmpty(task.key)
    return !wasEnded
  }

  /// Returns whether the work was ended before it was done.
  private func compute(_ trajectory: Trajectory, _ index: Int, _ claim: Claim) throws -> Bool {
    let open = trajectory.cells.filter { isOpen($0.cell) }
    findForks()
    let forks = state.withLock { neededForks(trajectory, $0) }
      .filter { !directory.hasFork(trajectory.origin(at: $0)) }
    guard !open.isEmpty || !forks.isEmpty else { return false }
    let runner = TrajectoryRunner(
      trajectory: trajectory, directory: directory, claim: claim, command: command, before: before,
      patienceSeconds: manner.patienceSeconds,
      took: { [self] step, end in
        took(step, end: end, index, claim)
        return claim.isLost || hasToStop
      },
      finished: { [self] cell, result in finish(cell.cell, result) },
      forked: { [self] step in
        let steps = trajectory.forks.filter { step == nil || $0.step == step }
        let paths = steps.map { directory.fork(trajectory.origin(at: $0)) }
        state.withLock { $0.forks.formUnion(paths) }
      })
    let wasEnded = runner.perform(open, forks: forks.map(\.step))
    state.withLock { state in
      guard let running = state.running.removeValue(forKey: index) else { return }
      state.work += SweepEstimate.work(of: trajectory, steps: running.step - running.firstStep)
      state.seconds += monotonicSeconds() - running.started
    }
    if !wasEnded {
      try directory.removeEarlier(of: claim)
      for cell in trajectory.cells {
        try directory.removeRun(of: cell, claim)
      }
    }
    return wasEnded
  }

  /// Returns whether the program was ended before it was done.
  private func perform(_ cell: ProgramCell, _ index: Int, _ claim: Claim) throws -> Bool {
    let runner = ProgramRunner(
      cell: cell, directory: directory, claim: claim, command: command, before: before,
      options: programs,
      took: { [self] step in took(step, end: cell.cell.expectedSteps, index, claim) })
    let isOpen = isOpen(cell.cell)
    if state.withLock({ $0.failed.contains(cell.runID) }) { return false }
    if !isOpen && !programs.performsAgain {
      try runner.clearAway()
      return false
    }
    took(0, end: cell.cell.expectedSteps, index, claim)
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
      finish(cell.cell, .success(sealing))
      try directory.removeEarlier(of: claim)
      try directory.remove(claim)
      return false
    }
  }

  private func took(_ step: Int, end: Int?, _ index: Int, _ claim: Claim) {
    claim.took(step: step, end: end)
    state.withLock { state in
      if state.running[index] == nil {
        state.running[index] = Running(
          task: tasks[index], firstStep: step, step: step, end: end, started: monotonicSeconds())
      }
      state.running[index]?.step = step
      state.running[index]?.end = end
    }
    // If there is no other thread, nobody else calls it.
    tick()
  }

  /// Whether the cell is still to be done. A cell whose file is something else has failed, and so
  /// has one that another process has just tried in vain.
  private func isOpen(_ cell: SweepCell) -> Bool {
    do {
      let (isSealed, wasFailed) = state.withLock {
        ($0.sealed.contains(cell.runID), $0.failedBefore.contains(cell.runID))
      }
      if isSealed { return false }
      if try directory.isSealed(cell, verifying: !manner.isOneOfMany) {
        _ = state.withLock { $0.sealed.insert(cell.runID) }
        return false
      }
      if wasFailed {
        directory.forgetFailure(of: cell.runID)
      } else if directory.failure(of: cell.runID) != nil {
        _ = state.withLock { $0.failed.insert(cell.runID) }
        return false
      }
      return true
    } catch {
      finish(cell, .failure(error))
      return false
    }
  }

  private func noteSealed(_ task: SweepTask) {
    for cell in task.cells
    where !state.withLock({ $0.sealed.contains(cell.runID) })
      && (try? directory.isSealed(cell, verifying: !manner.isOneOfMany)) == true
    {
      _ = state.withLock { $0.sealed.insert(cell.runID) }
    }
  }

  private func finish(_ cell: SweepCell, _ result: Result<SweepSealing, any Error>) {
    if case .failure(let error) = result {
      if case .contradiction? = error as? SweepError {
        // It ends the sweep, and is reported then.
        directory.stopAll()
        state.withLock { state in
          state.failed.insert(cell.runID)
          state.mustStop = true
        }
        return
      }
      directory.note(failure: "\(error)", of: cell.runID)
    }
    // Sealed as it is, a run that failed is still one that failed.
    let shown = result.flatMap { sealing -> Result<SweepSealing, any Error> in
      guard let ending = sealing.failure else { return result }
      return .failure(
        SweepError.failureSealed(bundle: sealing.name, others: sealing.others, ending: ending))
    }
    state.withLock { state in
      switch result {
      case .success(let sealing):
        state.sealed.insert(cell.runID)
        state.isUnsynced = state.isUnsynced || sealing.isNew
        if !sealing.isNew, case .trainer = cell.work { state.sealedTwice += 1 }
        if sealing.failure == nil {
          state.sealedFailures.remove(cell.runID)
        } else {
          state.sealedFailures.insert(cell.runID)
        }
      case .failure: state.failed.insert(cell.runID)
      }
      state.events.append(Event(cell: cell, result: shown))
    }
  }
}
