private import Files
internal import RunRecords

/// Checks, at the end of a run that was resumed, the checkpoints that earlier processes kept. Those
/// that do not validate are computed again, each from the nearest valid one before it.
///
/// So a flipped bit in an old checkpoint costs the steps of one interval, not the hours since.
struct CheckpointMending {
  let directory: RunDirectory
  let spec: RunSpec
  let trace: Trace
  /// An engine that may be moved to other steps.
  let engine: RunEngine
  let threads: Int

  /// Returns whether it came to its end. `mustEnd` is called after each step that is taken.
  ///
  /// - Parameter steps: The steps of the checkpoints to check, ascending.
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

  /// The checkpoint of `step`; nil if `mustEnd` asked for an end first.
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
