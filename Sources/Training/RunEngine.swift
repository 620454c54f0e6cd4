private import Catalogue
private import Learning
public import RunRecords

/// The trainer of one run, from its spec.
///
/// One thread at a time may use it; it has threads of its own.
public final class RunEngine {
  public let spec: RunSpec
  /// V = ‖θ‖² before the first update, after what acts before it.
  public var initialSquaredNorm: Double { trainer.initialSquaredNorm }
  private let trainer: Trainer
  private let workers: WorkerPool

  /// - Parameter threads: How many compute, the caller's included; no number changes a bit.
  public init(spec: RunSpec, threads: Int) throws(TrainingError) {
    self.spec = spec
    try MemoryEstimate.check(spec)
    workers = try WorkerPool(threads: threads)
    trainer = Trainer(
      seed: spec.seed, task: spec.task, model: spec.model, loss: spec.loss,
      optimizer: spec.optimizer, schedule: spec.rateSchedule, batch: spec.batch,
      sampling: spec.sampling,
      interventions: spec.interventions)
  }

  /// The last step taken; −1 before the first.
  public var step: Int { trainer.step }

  /// Takes the next step.
  ///
  /// Throws `diverged` when the loss of its batch is not finite; the run ends there.
  public func advance() throws(TrainingError) {
    guard trainer.advance(workers).isFinite else { throw .diverged(step: trainer.step) }
  }

  /// The row of `trace/metrics.csv` for the current step. A value that is not finite means the run has diverged.
  public func metrics() -> MetricsRow {
    let evaluation = trainer.evaluate(workers)
    return MetricsRow(
      step: trainer.step, trainLoss: evaluation.trainLoss, trainAccuracy: evaluation.trainAccuracy,
      validationLoss: evaluation.validationLoss, validationAccuracy: evaluation.validationAccuracy,
      squaredNorm: trainer.squaredNorm(),
      added: spec.logColumns.flatMap { trainer.values(of: $0, evaluation, workers) })
  }

  /// The row of `trace/hashes.csv` for the current step.
  public func hashes() -> HashRow { checkpoint().hashes }

  /// The logits of every pair of operands after the current step, that of class c for (a, b) at (a·p + b)·p + c; nil
  /// where the task is another than addition or multiplication.
  public func pairLogits() -> [Float]? {
    guard let modulus = spec.spectralModulus else { return nil }
    let classes = trainer.classCount
    var logits = trainer.logits(workers)
    var places = (0..<trainer.exampleCount).map { example in
      let operands = trainer.inputs(of: example)
      return operands[0] * modulus + operands[1]
    }
    // In place, as there may be gigabytes: each exchange brings one row to where it belongs.
    for example in places.indices {
      while case let place = places[example], place != example {
        for c in 0..<classes { logits.swapAt(example * classes + c, place * classes + c) }
        places.swapAt(example, place)
      }
    }
    return logits
  }
}

extension MetricsRow {
  /// Whether a row of a trace can have these values.
  public var isFinite: Bool { values.allSatisfy { $0.isFinite } }
}

// MARK: State

extension RunEngine {
  /// The whole state after the current step.
  public func checkpoint() -> Checkpoint {
    let tensors = 0..<trainer.tensorCount
    return Checkpoint(
      step: trainer.step,
      parameters: tensors.map { index in
        NamedTensor(
          name: trainer.tensorName(index), shape: trainer.tensorShape(index),
          values: trainer.parameterValues(index))
      },
      optimizer: (0..<trainer.momentCount).flatMap { moment in
        tensors.map { index in
          NamedTensor(
            name: optimizerTensorName(moment, index), shape: trainer.tensorShape(index),
            values: trainer.momentValues(moment, index))
        }
      })
  }

  private func optimizerTensorName(_ moment: Int, _ index: Int) -> String {
    "optimizer.\(trainer.momentName(moment)).\(trainer.tensorName(index))"
  }

  /// Goes to the state of `checkpoint`, so that the next step is the one after its own.
  ///
  /// Throws `checkpoint`, and changes nothing, when its tensors are not this model's.
  public func restore(_ checkpoint: Checkpoint) throws(TrainingError) {
    let count = trainer.tensorCount
    let moments = trainer.momentCount
    guard checkpoint.parameters.count == count, checkpoint.optimizer.count == moments * count
    else {
      throw .checkpoint(
        reason: "it has \(checkpoint.parameters.count) parameter and "
          + "\(checkpoint.optimizer.count) optimizer tensors, and the model has \(count) and "
          + "\(moments * count)")
    }
    for index in 0..<count {
      try check(checkpoint.parameters[index], is: trainer.tensorName(index), index)
      for moment in 0..<moments {
        try check(
          checkpoint.optimizer[moment * count + index], is: optimizerTensorName(moment, index),
          index)
      }
    }
    for index in 0..<count {
      trainer.setParameter(index, checkpoint.parameters[index].values)
      for moment in 0..<moments {
        trainer.setMoment(moment, index, checkpoint.optimizer[moment * count + index].values)
      }
    }
    trainer.restore(step: checkpoint.step)
  }

  private func check(_ tensor: NamedTensor, is name: String, _ index: Int) throws(TrainingError) {
    let shape = trainer.tensorShape(index)
    guard tensor.name == name, tensor.shape == shape else {
      throw .checkpoint(
        reason: "it has \(tensor.name) \(tensor.shape) where the model has \(name) \(shape)")
    }
  }
}
