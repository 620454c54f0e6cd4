internal import RunRecords

/// The state from which an unfinished run goes on: the newest checkpoint that validates.
struct Recovery {
  /// Nil if there are no checkpoints at all: the run starts again.
  var checkpoint: Checkpoint?
  /// The checkpoint's file, by its name in the directory.
  var file: String?
  /// Why each newer checkpoint was skipped.
  var rejected: [String] = []
  /// The rows up to the checkpoint. The files have been cut to them.
  var trace: Trace
}

extension RunDirectory {
  /// Finds the newest checkpoint that validates, restores it into `engine`, and removes everything
  /// after it from the directory.
  ///
  /// Older checkpoints are not read. Those that do not validate are computed again at the end of
  /// the run. Throws if there are checkpoints but none validates.
  func recover(into engine: RunEngine) throws(TrainingError) -> Recovery {
    var recovery = Recovery(trace: try readTracePrefix(of: engine.spec))
    var candidates: [(step: Int, folder: String)] = []
    for folder in [Name.resume, Name.checkpoints] {
      candidates += try checkpointSteps(in: folder).map { ($0, folder) }
    }
    candidates.sort { ($0.step, $0.folder) < ($1.step, $1.folder) }

    var newer: [String] = []
    while let (step, folder) = candidates.popLast(), recovery.checkpoint == nil {
      let name = Self.checkpointName(in: folder, step: step)
      do throws(CheckpointFault) {
        let checkpoint = try validated(
          step: step, in: folder, spec: engine.spec, trace: recovery.trace)
        try engine.restoring(checkpoint)
        recovery.checkpoint = checkpoint
        recovery.file = name
      } catch {
        switch error {
        case .unfit(let reason): recovery.rejected.append("\(name): \(reason)")
        case .unreadable(let error): throw error
        }
        newer.append(name)
      }
    }
    if recovery.checkpoint == nil && !newer.isEmpty {
      throw .noValidCheckpoint(path: path, reasons: recovery.rejected)
    }
    for name in newer { try remove(name) }
    recovery.trace = try cut(recovery.trace, to: recovery.checkpoint?.step ?? -1)
    return recovery
  }
}

/// Why a checkpoint is not used.
enum CheckpointFault: Error {
  /// It does not validate.
  case unfit(reason: String)
  /// The system did not allow it to be read.
  case unreadable(TrainingError)
}

extension RunDirectory {
  /// The checkpoint of `step` in `folder`, if it validates: it is a canonical file of this run and
  /// step, the traces are complete up to it, and it agrees with its row of `hashes.csv`, if it has
  /// one. Whether its tensors fit the model is checked when it is restored.
  func validated(
    step: Int, in folder: String, spec: RunSpec, trace: Trace
  ) throws(CheckpointFault) -> Checkpoint {
    let schedule = Schedule(spec)
    guard step <= schedule.lastStep else {
      throw .unfit(reason: "its step is beyond the last one of the run")
    }
    let found: [UInt8]?
    do {
      found = try content(of: Self.checkpointName(in: folder, step: step))
    } catch .damaged(_, let reason) {
      throw .unfit(reason: reason)
    } catch {
      throw .unreadable(error)
    }
    guard let found else { throw .unfit(reason: "it is missing") }
    let checkpoint: Checkpoint
    do {
      checkpoint = try Safetensors.decode(found, runID: spec.runID, numerics: spec.numerics)
    } catch {
      throw .unfit(reason: "\(error)")
    }
    let row = step / schedule.logInterval
    guard checkpoint.step == step else {
      throw .unfit(reason: "it is of step \(checkpoint.step)")
    }
    guard row < trace.hashes.count else {
      throw .unfit(reason: "the traces are not whole up to it")
    }
    if schedule.isLogged(step) && trace.hashes[row] != checkpoint.hashes {
      throw .unfit(reason: "its content is not what \(Name.hashes) says of step \(step)")
    }
    return checkpoint
  }
}

extension RunEngine {
  /// `restore`, whose failure becomes a fault of the checkpoint.
  fileprivate func restoring(_ checkpoint: Checkpoint) throws(CheckpointFault) {
    do {
      try restore(checkpoint)
    } catch {
      throw .unfit(reason: "\(error)")
    }
  }
}
