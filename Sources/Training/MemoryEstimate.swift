private import Files
internal import RunRecords

/// The memory that the trainer of a run takes, from its spec alone: all that grows with its sizes, to some percent.
struct MemoryEstimate {
  /// In bytes.
  let engine: Int

  init(_ spec: RunSpec) {
    let parameters = spec.parameterCount
    // The trainer's own least number of rows.
    let rows = max(spec.batch, 512)
    let moments =
      switch spec.optimizer {
      case .adamW: 2
      case .sgd: 0
      }
    // Parameters, gradients and moments; weights packed for products forward and back; a checkpoint and its file.
    var floats = parameters * (2 + moments + 2 + 2 * (1 + moments))
    switch spec.task {
    case .modular(let task):
      floats += 6 * task.modulus * task.modulus
    case .sparseParity(let task):
      floats += (task.bits + 16 + 4) * (task.trainSamples + task.validationSamples)
    }
    switch (spec.model, spec.task) {
    case (.transformer(let model), .modular(let task)):
      floats += 24 * model.width * task.modulus
      floats +=
        rows * (4 * model.heads + 18 * model.width + 4 * model.feedforward + 2 * task.modulus)
    case (.mlp(let model), .sparseParity(let task)):
      floats += rows * (2 * (task.bits + 16) + 4 * model.width * model.hiddenLayers + 32)
    case (.transformer, .sparseParity), (.mlp, .modular): break
    }
    engine = 4 * floats
  }

  /// Refuses a run that takes more than there is, before it is begun.
  static func check(_ spec: RunSpec) throws(TrainingError) {
    try check(MemoryEstimate(spec).engine, for: "the run")
  }

  /// Refuses what takes more than there is, before it is begun.
  static func check(_ bytes: Int, for what: String) throws(TrainingError) {
    guard let available = Machine.availableMemory, bytes > available else { return }
    throw .resources(
      reason: "\(what) takes about \(mebibytes(bytes)) of memory, and \(mebibytes(available)) "
        + "can be had")
  }

  private static func mebibytes(_ bytes: Int) -> String {
    "\((bytes + (1 << 20) - 1) >> 20) MiB"
  }
}
