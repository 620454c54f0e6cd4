public import RunRecords
private import Training

/// Performs runs again with this program's own trainer.
public struct TrainerReexecutor: Reexecutor {
  public init() {}

  public func supports(numerics: Int) -> Bool { numerics == 1 }

  public func start(
    _ spec: RunSpec, from checkpoint: Checkpoint?, threads: Int
  ) throws -> any Reexecution {
    let engine = try RunEngine(spec: spec, threads: threads)
    if let checkpoint { try engine.restore(checkpoint) }
    return TrainerReexecution(engine: engine)
  }
}

/// A run performed by the trainer.
private struct TrainerReexecution: Reexecution {
  let engine: RunEngine

  var initialSquaredNorm: Double { engine.initialSquaredNorm }
  var step: Int { engine.step }

  func advance() throws -> Bool {
    do throws(TrainingError) {
      try engine.advance()
      return true
    } catch .diverged {
      return false
    }
  }

  func metrics() -> MetricsRow? {
    let row = engine.metrics()
    return row.isFinite ? row : nil
  }

  func checkpoint() -> Checkpoint { engine.checkpoint() }
  func pairLogits() -> [Float]? { engine.pairLogits() }
}
