private import Catalogue
public import Learning
public import RunRecords

/// The trainer of one run, from its spec. It takes steps, gives the rows of the trace, and turns
/// its state into a checkpoint and back.
///
/// It has neither threads nor files; the caller brings the workers. One thread at a time may use
/// it.
public final class RunTrainer {
  public let spec: RunSpec
  private let trainer: Trainer

  public init(spec: RunSpec) {
    self.spec = spec
    trainer = Trainer(
      seed: spec.seed, task: spec.task, model: spec.model, loss: spec.loss,
      optimizer: spec.optimizer, schedule: spec.rateSchedule, batch: spec.batch,
      sampling: spec.sampling, interventions: spec.interventions)
  }

  /// V = ‖θ‖² before the first update, but after interventions that act before it.
  public var initialSquaredNorm: Double { trainer.initialSquaredNorm }

  /// The last step taken; −1 before the first.
  public var step: Int { trainer.step }

  /// Takes the next step. Returns whether the loss of its batch is finite. If it is not, the run
  /// has diverged and ends.
  public func advance(_ workers: some Workers) -> Bool { trainer.advance(workers).isFinite }

  /// The row of `trace/metrics.csv` for the current step. A value that is not finite means the run
  /// has diverged.
  public func metrics(_ workers: some Workers) -> MetricsRow {
    let evaluation = trainer.evaluate(workers)
    return MetricsRow(
      step: trainer.step, trainLoss: evaluation.trainLoss, trainAccuracy: evaluation.trainAccuracy,
      validationLoss: evaluation.validationLoss, validationAccuracy: evaluation.validationAccuracy,
      squaredNorm: trainer.squaredNorm(),
      added: spec.logColumns.flatMap { trainer.values(of: $0, evaluation, workers) })
  }

  /// The row of `trace/hashes.csv` for the current step.
  public func hashes() -> HashRow { checkpoint().hashes }

  /// The logits of every pair of operands after the current step. The logit of class c for (a, b)
  /// is at (a·p + b)·p + c. Nil unless the task is modular addition or multiplication.
  public func pairLogits(_ workers: some Workers) -> [Float]? {
    guard let modulus = spec.spectralModulus else { return nil }
    let classes = trainer.classCount
    var logits = trainer.logits(workers)
    var places = (0..<trainer.exampleCount).map { example in
      let operands = trainer.inputs(of: example)
      return operands[0] * modulus + operands[1]
    }
    // In place, as there may be gigabytes. Each exchange puts one row where it belongs.
    for example in places.indices {
      while case let place = places[example], place != example {
        for c in 0..<classes { logits.swapAt(example * classes + c, place * classes + c) }
        places.swapAt(example, place)
      }
    }
    return logits
  }
}

// MARK: State

extension RunTrainer {
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

  /// Goes to the state of `checkpoint`: the next step is the one after it.
  ///
  /// Throws, and changes nothing, if its tensors are not this model's.
  public func restore(_ checkpoint: Checkpoint) throws(CheckpointMisfit) {
    let count = trainer.tensorCount
    let moments = trainer.momentCount
    guard checkpoint.parameters.count == count, checkpoint.optimizer.count == moments * count
    else {
      throw CheckpointMisfit(
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

  private func check(
    _ tensor: NamedTensor, is name: String, _ index: Int
  ) throws(CheckpointMisfit) {
    let shape = trainer.tensorShape(index)
    guard tensor.name.isSame(as: name), tensor.shape == shape else {
      throw CheckpointMisfit(
        reason: "it has \(tensor.name) \(text(tensor.shape)) where the model has \(name) "
          + text(shape))
    }
  }

  private func text(_ shape: [Int]) -> String {
    "[" + shape.map { String($0) }.joined(separator: ", ") + "]"
  }
}

/// Why a checkpoint does not fit a run.
public struct CheckpointMisfit: Error, Sendable, Hashable {
  public let reason: String
}
