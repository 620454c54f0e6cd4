private import Catalogue
private import Files
private import Learning
internal import RunRecords

/// The memory that the trainer of a run takes, computed from its spec alone. It covers everything
/// that grows with the sizes, and is accurate to a few percent.
struct MemoryEstimate {
  /// In bytes.
  let engine: Int

  init(_ spec: RunSpec) {
    let pairing = spec.pairing
    let rows = max(spec.interventions.largestBatch(from: spec.batch), Trainer.leastCapacity)
    let moments = spec.optimizer.momentNames.count
    // Parameters, gradients and moments; weights packed for products forward and back; a checkpoint
    // and its file.
    let parameters = pairing.parameterCount
    var floats = parameters * (2 + moments + 2 + 2 * (1 + moments))
    switch spec.optimizer {
    // A matrix of updates, two more to make it orthogonal, panels, and two squares of its shorter
    // side.
    case .muon: floats += 6 * parameters
    case .adamW, .adam, .sgd, .momentum, .lion: break
    }
    if spec.logColumns.contains(.fullGradient) { floats += 2 * parameters }
    switch pairing {
    case .transformer(let model, let task):
      floats += 6 * task.pairCount + 28 * model.width * task.vocabulary
      // Rows of outputs: two per example, but one in the last layer. Layers after the first also
      // have rows of inputs.
      let outputs = rows * (2 * model.layers - 1)
      let inputs = 2 * rows * (model.layers - 1)
      floats += outputs * (4 * model.heads + 15 * model.width + 3 * model.feedforward)
      floats += inputs * 10 * model.width + rows * 2 * task.vocabulary
    case .pairMLP(let model, let task):
      floats += 6 * task.pairCount
      floats +=
        rows
        * (2 * model.inputs(vocabulary: task.vocabulary) + 3 * model.width * model.hiddenLayers
          + task.vocabulary)
    case .mlp(let model, let task):
      floats += (task.bits + 16 + 4) * (task.trainSamples + task.validationSamples)
      floats += rows * (task.bits + 16 + 3 * model.width * model.hiddenLayers + 32)
    }
    engine = 4 * floats
  }

  /// Refuses a run that needs more memory than there is, before it begins.
  static func check(_ spec: RunSpec) throws(TrainingError) {
    try check(MemoryEstimate(spec).engine, for: "the run")
  }

  /// Refuses what needs more memory than there is, before it begins.
  static func check(_ bytes: Int, for what: String) throws(TrainingError) {
    guard let available = Machine.availableMemory, bytes > available else { return }
    throw .resources(
      reason: "\(what) needs about \(mebibytes(bytes)) of memory, but only "
        + "\(available >> 20) MiB are free")
  }

  private static func mebibytes(_ bytes: Int) -> String {
    "\((bytes + (1 << 20) - 1) >> 20) MiB"
  }
}
