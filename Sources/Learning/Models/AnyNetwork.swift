internal import Catalogue

/// A network of any kind.
enum AnyNetwork {
  case transformer(Transformer)
  case mlp(MLP)

  init(_ pairing: Pairing, seed: UInt64, capacity: Int) {
    switch pairing {
    case .transformer(let model, let task):
      let examples = PairExamples(task, seed: seed)
      self = .transformer(Transformer(model, examples: examples, capacity: capacity))
    case .pairMLP(let model, let task):
      let examples = PairExamples(task, seed: seed)
      let vocabulary = task.vocabulary
      let inputs: MLPInputs =
        switch model.input {
        case .embedding: .embedding(examples, width: model.width)
        case .oneHot: .oneHot(examples)
        }
      self = .mlp(
        MLP(
          model.layers(vocabulary: vocabulary), activation: model.activation, bias: model.bias,
          tensors: model.tensors(vocabulary: vocabulary), inputs: inputs, capacity: capacity))
    case .mlp(let model, let task):
      let classes = TaskSpec.SparseParityTask.classCount
      self = .mlp(
        MLP(
          model.layers(inputs: task.bits, classes: classes), activation: .relu, bias: .on,
          tensors: pairing.tensors, inputs: .bits(ParitySamples(task, seed: seed)),
          capacity: capacity))
    }
  }

  var layout: ParameterLayout {
    switch self {
    case .transformer(let network): network.layout
    case .mlp(let network): network.layout
    }
  }

  var trainCount: Int {
    switch self {
    case .transformer(let network): network.trainCount
    case .mlp(let network): network.trainCount
    }
  }

  var exampleCount: Int {
    switch self {
    case .transformer(let network): network.exampleCount
    case .mlp(let network): network.exampleCount
    }
  }

  var capacity: Int {
    switch self {
    case .transformer(let network): network.capacity
    case .mlp(let network): network.capacity
    }
  }

  var classCount: Int {
    switch self {
    case .transformer(let network): network.classCount
    case .mlp(let network): network.classCount
    }
  }

  func inputs(of example: Int) -> [Int] {
    switch self {
    case .transformer(let network): network.inputs(of: example)
    case .mlp(let network): network.inputs(of: example)
    }
  }

  @unsafe func gradient(
    of examples: UnsafePointer<Int32>, count: Int, share: Float,
    parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
    losses: UnsafeMutablePointer<Float>, by loss: Loss, _ workers: some Workers
  ) {
    switch self {
    case .transformer(let network):
      unsafe network.gradient(
        of: examples, count: count, share: share, parameters: parameters, into: gradient,
        losses: losses, by: loss, workers)
    case .mlp(let network):
      unsafe network.gradient(
        of: examples, count: count, share: share, parameters: parameters, into: gradient,
        losses: losses, by: loss, workers)
    }
  }

  @unsafe func prepare(parameters: UnsafePointer<Float>, _ workers: some Workers) {
    switch self {
    case .transformer(let network): unsafe network.prepare(parameters: parameters, workers)
    case .mlp(let network): unsafe network.prepare(parameters: parameters, workers)
    }
  }

  @unsafe func losses(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into losses: UnsafeMutablePointer<Float>, verdicts: UnsafeMutablePointer<Verdict>,
    by loss: Loss,
    _ workers: some Workers
  ) {
    switch self {
    case .transformer(let network):
      unsafe network.losses(
        of: examples, count: count, parameters: parameters, into: losses, verdicts: verdicts,
        by: loss, workers)
    case .mlp(let network):
      unsafe network.losses(
        of: examples, count: count, parameters: parameters, into: losses, verdicts: verdicts,
        by: loss, workers)
    }
  }

  @unsafe func logits(
    of examples: UnsafePointer<Int32>, count: Int, parameters: UnsafePointer<Float>,
    into logits: UnsafeMutablePointer<Float>, _ workers: some Workers
  ) {
    switch self {
    case .transformer(let network):
      unsafe network.logits(
        of: examples, count: count, parameters: parameters, into: logits, workers)
    case .mlp(let network):
      unsafe network.logits(
        of: examples, count: count, parameters: parameters, into: logits, workers)
    }
  }
}
