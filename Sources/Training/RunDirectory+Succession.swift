private import Files
package import RunRecords

extension RunDirectory {
  /// Makes this new directory the one in which a run goes on, after other processes have performed
  /// a part of it. The writers of the other directories must have ended, or be taken to have ended.
  ///
  /// It takes over the newest state that validates, or the end, with the rows and checkpoints up to
  /// it. The other directories stay as they are, and may even be written meanwhile.
  ///
  /// - Parameter last: The last step that may have been taken; nil: any step.
  /// - Returns: Whether there was anything to take over.
  @discardableResult
  package func takeOver(
    _ spec: RunSpec, from others: [RunDirectory], through last: Int? = nil
  ) throws(TrainingError) -> Bool {
    var newest: (other: RunDirectory, state: State)?
    for other in others {
      // A directory that cannot be read is skipped. The run can begin again without it.
      guard (try? other.readSpec()) == spec, let trace = try? other.readTracePrefix(of: spec)
      else { continue }
      let state =
        if last == nil, let outcome = try? other.readOutcome() {
          State.finished(outcome, trace)
        } else if let checkpoint = try? other.newestState(spec, trace, through: last ?? .max) {
          State.checkpoint(checkpoint, trace)
        } else {
          State?.none
        }
      if let state, state.step > newest?.state.step ?? -1 { newest = (other, state) }
    }
    guard let (other, state) = newest else { return false }
    let lock = try lock()
    defer { withExtendedLifetime(lock) {} }
    try write(spec.canonicalJSON, to: Name.config)
    for name in [Name.environment, Name.run] {
      if let bytes = try other.content(of: name) { try write(bytes, to: name) }
    }
    _ = try cut(state.trace, to: state.step)
    let kept = try other.checkpointSteps(in: Name.checkpoints).filter { $0 <= state.step }
    if !kept.isEmpty { try makeDirectory(Name.checkpoints) }
    for step in kept {
      // A checkpoint is never written again once it has its name, so both directories may share it.
      let name = Self.checkpointName(in: Name.checkpoints, step: step)
      try onDisk(try FileTree.share(other.path(of: name), with: path(of: name)))
    }
    switch state {
    case .checkpoint(let checkpoint, _):
      if kept.last != checkpoint.step {
        try writeCheckpoint(checkpoint, of: spec, in: Name.resume)
      }
    case .finished(let outcome, _): try write(outcome.json, to: Name.outcome)
    }
    return true
  }

  /// How far a part of a run has got.
  private enum State {
    case checkpoint(Checkpoint, Trace)
    case finished(Outcome, Trace)

    var trace: Trace {
      switch self {
      case .checkpoint(_, let trace), .finished(_, let trace): trace
      }
    }

    var step: Int {
      switch self {
      case .checkpoint(let checkpoint, _): checkpoint.step
      case .finished(let outcome, _): outcome.lastStep
      }
    }
  }

  /// The newest state in the directory that validates, at a step up to `last`.
  func newestState(
    _ spec: RunSpec, _ trace: Trace, through last: Int
  ) throws(TrainingError) -> Checkpoint? {
    var newest: Checkpoint?
    for folder in [Name.resume, Name.checkpoints] {
      for step in try checkpointSteps(in: folder).reversed() where step <= last {
        guard step > newest?.step ?? -1 else { break }
        if let found = try state(of: step, in: folder, spec, trace) {
          newest = found
          break
        }
      }
    }
    return newest
  }

  /// The checkpoint of `step`; nil if it does not validate.
  func state(
    of step: Int, in folder: String, _ spec: RunSpec, _ trace: Trace
  ) throws(TrainingError) -> Checkpoint? {
    do throws(CheckpointFault) {
      return try validated(step: step, in: folder, spec: spec, trace: trace)
    } catch {
      switch error {
      case .unfit: return nil
      case .unreadable(let error): throw error
      }
    }
  }
}
