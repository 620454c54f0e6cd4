internal import RunRecords

/// The state from which an unfinished run goes on: the newest checkpoint that validates.
struct Recovery {
  /// Nil when there are no checkpoints at all: the run starts again.
  var checkpoint: Checkpoint?
  /// Its file, by its name in the directory.
  var file: String?
  /// Why each newer checkpoint was passed over.
  var rejected: [String] = []
  /// The rows up to the checkpoint; the files have been cut to them.
  var trace: Trace
}

extension RunDirectory {
  /// Finds the newest checkpoint that validates, restores it into `engine`, and removes what the directory has beyond it.
  ///
  /// A checkpoint validates when it is a canonical file of this run whose tensors are the model's, when it is what its row
  /// of `hashes.csv` says, if its step has one, when the traces are whole up to it, and when all
  /// checkpoints that should have been kept before it validate too. Refuses when there are checkpoints and none does.
  func recover(into engine: RunEngine) throws(TrainingError) -> Recovery {
    let schedule = Schedule(engine.spec)
    let trace = try readTracePrefix(schedule)
    var search = CheckpointSearch(directory: self, engine: engine, trace: trace)

    let kept = try checkpointSteps(in: Name.checkpoints)
    var candidates = kept.map { (step: $0, folder: Name.checkpoints) }
    candidates += try checkpointSteps(in: Name.resume).map { ($0, Name.resume) }
    candidates.sort { $0.step > $1.step }

    // The first step of the schedule whose checkpoint does not validate bounds all that come after it.
    var bound = Int.max
    if schedule.checkpointInterval > 0, let newest = candidates.first?.step {
      for step in stride(from: 0, through: newest, by: schedule.checkpointInterval)
      where try search.validated(step: step, in: Name.checkpoints) == nil {
        bound = step
        break
      }
    }
    var recovery = Recovery(trace: trace)
    for (step, folder) in candidates where recovery.checkpoint == nil {
      let name = Self.checkpointName(in: folder, step: step)
      if step >= bound {
        search.reject(
          name,
          "\(Self.checkpointName(in: Name.checkpoints, step: bound)) before it does not validate")
      } else if let checkpoint = try search.validated(step: step, in: folder) {
        do {
          try engine.restore(checkpoint)
        } catch {
          search.reject(name, "\(error)")
          continue
        }
        recovery.checkpoint = checkpoint
        recovery.file = name
      }
    }
    recovery.rejected = search.rejected
    if recovery.checkpoint == nil && !candidates.isEmpty {
      throw .noValidCheckpoint(path: path, reasons: search.rejected)
    }

    let step = recovery.checkpoint?.step ?? -1
    for (later, folder) in candidates where later > step {
      try disk.remove(path(of: Self.checkpointName(in: folder, step: later)))
    }
    recovery.trace = try cut(trace, to: step)
    return recovery
  }
}

/// Reads and validates checkpoints, and remembers why some do not.
private struct CheckpointSearch {
  let directory: RunDirectory
  let engine: RunEngine
  let trace: Trace
  private(set) var rejected: [String] = []
  private var rejectedNames: Set<String> = []

  init(directory: RunDirectory, engine: RunEngine, trace: Trace) {
    self.directory = directory
    self.engine = engine
    self.trace = trace
  }

  /// Keeps the first reason for each file.
  mutating func reject(_ name: String, _ reason: String) {
    if rejectedNames.insert(name).inserted { rejected.append("\(name): \(reason)") }
  }

  mutating func validated(step: Int, in folder: String) throws(TrainingError) -> Checkpoint? {
    let name = RunDirectory.checkpointName(in: folder, step: step)
    guard let bytes = try directory.disk.read(directory.path(of: name)) else {
      reject(name, "it is missing")
      return nil
    }
    let spec = engine.spec
    let checkpoint: Checkpoint
    do {
      checkpoint = try Safetensors.decode(bytes, runID: spec.runID, numerics: spec.numerics)
    } catch {
      reject(name, "\(error)")
      return nil
    }
    let schedule = Schedule(spec)
    let rows = step / schedule.logInterval + 1
    if checkpoint.step != step {
      reject(name, "it is of step \(checkpoint.step)")
    } else if step > schedule.lastStep {
      reject(name, "its step is beyond the last one of the run")
    } else if trace.hashes.count < rows {
      reject(name, "the traces are not whole up to it")
    } else if schedule.isLogged(step) && trace.hashes[rows - 1] != checkpoint.hashes {
      reject(name, "its content is not what \(RunDirectory.Name.hashes) says of step \(step)")
    } else {
      return checkpoint
    }
    return nil
  }
}
