private import Execution
private import Learning
public import RunRecords

/// The trainer of one run, with threads of its own.
///
/// One thread at a time may use it.
public final class RunEngine {
  public var spec: RunSpec { trainer.spec }
  /// V = ‖θ‖² before the first update, after the interventions that act before it.
  public var initialSquaredNorm: Double { trainer.initialSquaredNorm }
  private let trainer: RunTrainer
  private let workers: WorkerPool

  /// - Parameter threads: How many threads compute, including the caller's. Their number changes no
  ///   bit.
  public init(spec: RunSpec, threads: Int) throws(TrainingError) {
    try MemoryEstimate.check(spec)
    workers = try WorkerPool(threads: threads)
    trainer = RunTrainer(spec: spec)
  }

  /// The last step taken; −1 before the first.
  public var step: Int { trainer.step }

  /// Takes the next step.
  ///
  /// Throws `diverged` if the loss of its batch is not finite. The run ends there.
  public func advance() throws(TrainingError) {
    guard trainer.advance(workers) else { throw .diverged(step: trainer.step) }
  }

  /// The row of `trace/metrics.csv` for the current step. A value that is not finite means that the
  /// run has diverged.
  public func metrics() -> MetricsRow { trainer.metrics(workers) }

  /// The row of `trace/hashes.csv` for the current step.
  public func hashes() -> HashRow { trainer.hashes() }

  /// The logits of every pair of operands after the current step: that of class c for (a, b) is at
  /// (a·p + b)·p + c. Nil if the task is not addition or multiplication.
  public func pairLogits() -> [Float]? { trainer.pairLogits(workers) }

  /// The whole state after the current step.
  public func checkpoint() -> Checkpoint { trainer.checkpoint() }

  /// Moves to the state of `checkpoint`. The next step is the one after it.
  ///
  /// Throws `checkpoint`, and changes nothing, if its tensors are not this model's.
  public func restore(_ checkpoint: Checkpoint) throws(TrainingError) {
    do {
      try trainer.restore(checkpoint)
    } catch {
      throw .checkpoint(reason: error.reason)
    }
  }
}
