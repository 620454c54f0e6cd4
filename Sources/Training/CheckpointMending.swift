private import Files
internal import RunRecords

/// Looks at the end of a run that was gone on with through the checkpoints that earlier processes
/// kept, and computes those anew that do not validate, each from the nearest before it that does.
///
/// So a bit that has flipped in an old checkpoint costs the steps of one interval, and not the
/// hours since.
struct CheckpointMending {
  let directory: RunDirectory
  let spec: RunSpec
  let trace: Trace
  /// One that may be taken to other steps.
  let engine: RunEngine
  let threads: Int

  /// Whether it came to its end; `mustEnd` is asked after each step that is taken.
  ///
  /// - Parameter steps: Those of the checkpoints to look at, rising.
  func perform(_ steps: [Int], mustEnd: () -> Bool) throws(TrainingError) -> Bool {
    var base: Checkpoint?
    for step in steps {
      do throws(CheckpointFault) {
        base = try directory.validated(
          step: step, in: RunDirectory.Name.checkpoints, spec: spec, trace: trace)
      } catch {
        switch error {
        case .unreadable(let error): throw error
        case .unfit(let reason):
          let name = RunDirectory.checkpointName(in: RunDirectory.Name.checkpoints, step: step)
          Notice.say(
            "\(directory.path(of: name)): \(reason); it is computed anew from "
              + (base.map { "step \($0.step)" } ?? "the beginning"))
          guard let made = try computed(step, from: base, mustEnd) else { return false }
          try directory.writeCheckpoint(made, of: spec, in: RunDirectory.Name.checkpoints)
          base = made
        }
      }
    }
    return true
  }

  /// The checkpoint of `step`; nil when `mustEnd` said so before.
  private func computed(
    _ step: Int, from base: Checkpoint?, _ mustEnd: () -> Bool
  ) throws(TrainingError) -> Checkpoint? {
    let engine: RunEngine
    if let base {
      engine = self.engine
      try engine.restore(base)
    } else {
      engine = try RunEngine(spec: spec, threads: threads)
    }
    while engine.step < step {
      do {
        try engine.advance()
      } catch .diverged {
        throw disagreement(step)
      }
      if mustEnd() { return nil }
    }
    let checkpoint = engine.checkpoint()
    guard checkpoint.hashes == trace.hashes[step / spec.logInterval] else {
      throw disagreement(step)
    }
    return checkpoint
  }

  private func disagreement(_ step: Int) -> TrainingError {
    .damaged(
      path: directory.path(of: RunDirectory.Name.hashes),
      reason: "what it says of step \(step) is not what the run computes: its rows or checkpoints "
        + "have been changed, so begin the run again in another directory")
  }
}
