import Catalogue
import Learning

/// A training step and the work of its products; by default of the paper's model.
struct TrainingStep {
  var name: String
  var task: TaskSpec
  var model: ModelSpec
  var batch: Int
  var sampling: Sampling

  /// By default p = 97 and a batch of 512.
  init(_ name: String? = nil, modulus: Int = 97, batch: Int = 512) {
    self.name = name ?? "p=\(modulus) batch=\(batch)"
    task = .modular(.init(operation: .addition, modulus: modulus, trainFraction: 0.5))
    model = .transformer(Self.transformer())
    self.batch = batch
    sampling = .withReplacement
  }

  private static func transformer() -> ModelSpec.TransformerSpec {
    .init(embedding: .shared, width: 128, heads: 4, feedforward: 512, embeddingScale: 1)
  }

  /// Other shapes that can be configured.
  static var laboratory: [TrainingStep] {
    func transformer(
      _ name: String, _ change: (inout ModelSpec.TransformerSpec) -> Void
    ) -> TrainingStep {
      var step = TrainingStep(name)
      var model = Self.transformer()
      change(&model)
      step.model = .transformer(model)
      return step
    }
    var full = TrainingStep("all 4704 examples", batch: 4704)
    full.sampling = .full
    func perceptron(width: Int) -> TrainingStep {
      var step = TrainingStep("MLP on one-hot pairs, width \(width)")
      step.model = .pairMLP(
        .init(width: width, hiddenLayers: 2, input: .oneHot, activation: .relu, bias: .on))
      return step
    }
    return [
      transformer("2 layers") { $0.layers = 2 },
      transformer("2 layers, pre-norm") {
        $0.layers = 2
        $0.norm = .pre
      },
      transformer("width 256") {
        $0.width = 256
        $0.feedforward = 1024
      },
      TrainingStep("batch 64", batch: 64), full, perceptron(width: 128),
      perceptron(width: 512),
    ]
  }

  func trainer() -> Trainer {
    Trainer(
      seed: 42, task: task, model: model, optimizer: OptimizerSpec(.adamW), batch: batch,
      sampling: sampling)
  }
}

// MARK: Operations

extension TrainingStep {
  private var modulus: Int {
    guard case .modular(let task) = task else { preconditionFailure("no task on pairs") }
    return task.modulus
  }

  /// Multiply-adds of the products in an example's forward pass, and in the tables of tokens. A
  /// product with a one-hot row is a look-up and does not count.
  private var forward: (example: Int, tables: Int) {
    switch model {
    case .transformer(let model):
      let (width, layers) = (model.width, model.layers)
      var example = width * modulus
      for layer in 0..<layers {
        // The number of positions that have a query.
        let outputs = layer == layers - 1 ? 1 : 2
        example += outputs * width * (width + 2 * model.feedforward)
        if layer > 0 { example += (outputs + 4) * width * width }
      }
      return (example, modulus * (layers == 1 ? 5 : 6) * width * width)
    case .pairMLP(let model):
      let first = model.input == .oneHot ? 0 : 2 * model.width * model.width
      let hidden = (model.hiddenLayers - 1) * model.width * model.width
      return (first + hidden + model.width * modulus, 0)
    case .mlp: preconditionFailure("no model of pairs")
    }
  }

  /// Floating-point operations of the matrix products of a training step: the forward pass, and
  /// twice as many for the backward pass.
  var operationsOfStep: Double { 6 * Double(batch * forward.example + forward.tables) }

  /// Floating-point operations of an evaluation of all pairs.
  var operationsOfEvaluation: Double {
    2 * Double(modulus * modulus * forward.example + forward.tables)
  }
}

// MARK: Timed work

extension TrainingStep {
  /// Takes a step of a trainer that has been warmed up.
  func step(_ workers: some Workers) -> () -> Void {
    let trainer = trainer()
    for _ in 0..<5 { _ = trainer.advance(workers) }
    return { _ = trainer.advance(workers) }
  }

  /// Evaluates all pairs.
  func evaluation(_ workers: some Workers) -> () -> Void {
    let trainer = trainer()
    _ = trainer.evaluate(workers)
    return { _ = trainer.evaluate(workers) }
  }
}

/// The shortest time of `body`, repeated for `duration` seconds. Anything else that the machine
/// does can only slow it down.
func best(for duration: Double, _ body: () -> Void) -> Double {
  var best = Double.infinity
  var total = 0.0
  repeat {
    let time = seconds(body)
    best = min(best, time)
    total += time
  } while total < duration
  return best
}

/// The mean time of `body`, repeated for `duration` seconds, for comparison with the means of other
/// programs.
func mean(for duration: Double, _ body: () -> Void) -> Double {
  var count = 0
  var total = 0.0
  repeat {
    total += seconds(body)
    count += 1
  } while total < duration
  return total / Double(count)
}
