import Catalogue
import DeterministicNumerics
import Learning
import Testing

/// Compares the gradient under test with that of a binary64 twin, and the twin's gradient with
/// differences of its own loss.
@Suite struct GradientTests {
  enum Model: CaseIterable { case sharedTransformer, perOperandTransformer, mlp }

  // MARK: The twin against differences of its loss

  /// The fourth-order difference has an error of about h⁴ (10⁻¹² to 10⁻¹⁶) and one from rounding
  /// the loss, divided by h (10⁻¹³ to 10⁻¹²), on gradients of about 10⁻². The distances found are
  /// below 3·10⁻¹¹.
  @Test(arguments: Model.allCases)
  func twinsGradientIsTheSlopeOfItsLoss(model: Model) throws {
    let twin: any Twin =
      switch model {
      case .sharedTransformer:
        TransformerTwin(vocabulary: 5, width: 8, heads: 2, feedforward: 12, embedding: .shared)
      case .perOperandTransformer:
        TransformerTwin(vocabulary: 5, width: 8, heads: 2, feedforward: 12, embedding: .perOperand)
      case .mlp: MLPTwin(bits: 6, width: 7, hiddenLayers: 2)
      }
    var stream = RandomStream(seed: 3, purpose: .examples, index: 0)
    var parameters = twin.shapes.map { shape in
      (0..<shape.reduce(1, *)).map { _ in Double(stream.nextUniform()) * 1.4 - 0.7 }
    }
    let batch: [LabelledExample] = (0..<6).map { place in
      if model == .mlp {
        let inputs = (0..<6).map { _ in Int(stream.nextInteger(below: 2)) }
        return LabelledExample(inputs: inputs, label: inputs[0] ^ inputs[1])
      }
      // One example has its first token twice, so that the gradients of that token add up.
      let (a, b) = place == 5 ? (0, 0) : (place, (2 * place + 1) % 5)
      return LabelledExample(inputs: [a, b], label: (a + b) % 5)
    }

    let h = model == .mlp ? 1e-4 : 1e-3
    if let twin = twin as? MLPTwin {
      // No step may cross the kink of a ReLU. A step of 2h moves a pre-activation by at most 2h
      // times an activation, and the activations of the first layer are sums of at most seven
      // numbers below 0.7.
      let nearest = batch.flatMap { twin.outputs(parameters, $0.inputs).dropLast().joined() }
        .map(\.magnitude).min()!
      try #require(nearest > 10 * h)
    }
    let gradient = twin.gradient(parameters, batch)
    for tensor in parameters.indices {
      let slopes = parameters[tensor].indices.map { element in
        let value = parameters[tensor][element]
        defer { parameters[tensor][element] = value }
        func loss(_ change: Double) -> Double {
          parameters[tensor][element] = value + change
          return twin.meanLoss(parameters, batch)
        }
        return (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)
      }
      let distance = relativeDistance(gradient[tensor], slopes)
      #expect(distance < 1e-9, "tensor \(tensor)")
      if model != .mlp && tensor == 3 {
        // A key's bias adds the same to both scores, so softmax cancels it.
        #expect(gradient[tensor][8..<16].allSatisfy { $0.magnitude < 1e-16 })
        #expect(slopes[8..<16].allSatisfy { $0.magnitude < 1e-12 })
      }
    }
  }

  // MARK: The trainer against the twin

  /// A trainer whose parameters have all been moved from their simple initial values, and its twin.
  private struct Pair {
    let twin: any Twin
    let trainer: Trainer
    let parameters: [[Double]]
    /// All examples of the task.
    let examples: [LabelledExample]

    /// In the wide models every matrix is cut into several pieces of work, the last one smaller,
    /// and a head is not a whole number of vectors wide.
    init(_ model: Model, isWide: Bool, batch: Int) {
      let width = isWide ? 80 : 32
      let bits = isWide ? 35 : 10
      let modulus = isWide ? 101 : 11
      let optimizer = OptimizerSpec.sgd(
        .init(learningRate: 0.1, weightDecay: 0, decayConvention: .lambda))
      if model == .mlp {
        let hiddenLayers = isWide ? 3 : 2
        twin = MLPTwin(bits: bits, width: width, hiddenLayers: hiddenLayers)
        trainer = Trainer(
          seed: 4,
          task: .sparseParity(
            .init(bits: bits, relevantBits: 3, trainSamples: 540, validationSamples: 60)),
          model: .mlp(.init(width: width, hiddenLayers: hiddenLayers)), optimizer: optimizer,
          batch: batch)
      } else {
        let embedding: ModelSpec.TransformerSpec.Embedding =
          model == .sharedTransformer ? .shared : .perOperand
        let (heads, feedforward) = isWide ? (8, 112) : (2, 64)
        twin = TransformerTwin(
          vocabulary: modulus, width: width, heads: heads, feedforward: feedforward,
          embedding: embedding)
        trainer = Trainer(
          seed: 4,
          // 60 pairs.
          task: .modular(
            .init(
              operation: .multiplication, modulus: modulus,
              trainFraction: 60.5 / Double(modulus * modulus))),
          model: .transformer(
            .init(
              embedding: embedding, width: width, heads: heads, feedforward: feedforward,
              embeddingScale: 1)),
          optimizer: optimizer, batch: batch)
      }

      // Many biases start at 0, the weights of normalisations at 1.
      var stream = RandomStream(seed: 5, purpose: .examples, index: 0)
      for tensor in 0..<trainer.tensorCount where trainer.tensorShape(tensor).count == 1 {
        let values = trainer.parameterValues(tensor).map { $0 + stream.nextUniform() - 0.5 }
        trainer.setParameter(tensor, values)
      }
      parameters = (0..<trainer.tensorCount).map { [trainer] in
        trainer.parameterValues($0).map(Double.init)
      }
      examples = (0..<trainer.exampleCount).map { [trainer] place in
        let inputs = trainer.inputs(of: place)
        let label =
          model == .mlp ? inputs[0] ^ inputs[1] ^ inputs[2] : inputs[0] * inputs[1] % modulus
        return LabelledExample(inputs: inputs, label: label)
      }
    }
  }

  /// Gradients are found to differ by at most 5·10⁻⁷, a few roundings of binary32, and losses by at
  /// most 10⁻⁸. These differences are the same on every platform, apart from the twin's own 10⁻¹⁵.
  @Test(arguments: Model.allCases, [false, true])
  func trainersLossAndGradientAreTheTwins(model: Model, isWide: Bool) {
    // A batch of one block of rows and a part of another.
    let pair = Pair(model, isWide: isWide, batch: 52)
    let trainer = pair.trainer
    #expect((0..<trainer.tensorCount).map { trainer.tensorShape($0) } == pair.twin.shapes)
    var stream = RandomStream(seed: 6, purpose: .examples, index: 0)
    let places = (0..<52).map { _ in
      Int(stream.nextInteger(below: UInt32(trainer.exampleCount)))
    }
    let batch = places.map { pair.examples[$0] }

    let loss = trainer.advance(on: places, SerialWorkers())
    let expected = pair.twin.meanLoss(pair.parameters, batch)
    #expect((loss / expected - 1).magnitude < 1e-7)
    for (tensor, expected) in pair.twin.gradient(pair.parameters, batch).enumerated() {
      let distance = relativeDistance(trainer.gradientValues(tensor).map(Double.init), expected)
      #expect(distance < 1e-6, "\(trainer.tensorName(tensor))")
    }
  }

  /// The training and validation sets together take several blocks of rows. Parity's 600 samples
  /// take more than one call of the network.
  @Test(arguments: Model.allCases)
  func trainersEvaluationIsTheTwins(model: Model) {
    let pair = Pair(model, isWide: false, batch: 1)
    let evaluation = pair.trainer.evaluate(SerialWorkers())
    let split = pair.trainer.trainCount
    for (set, loss, accuracy) in [
      (pair.examples[..<split], evaluation.trainLoss, evaluation.trainAccuracy),
      (pair.examples[split...], evaluation.validationLoss, evaluation.validationAccuracy),
    ] {
      let expected = pair.twin.meanLoss(pair.parameters, Array(set))
      #expect((loss / expected - 1).magnitude < 1e-7)
      #expect(accuracy == pair.twin.accuracy(pair.parameters, Array(set)))
    }
  }

  /// ‖a − b‖ / ‖b‖.
  private func relativeDistance(_ a: [Double], _ b: [Double]) -> Double {
    let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return a.count == b.count ? (difference / b.reduce(0) { $0 + $1 * $1 }).squareRoot() : .infinity
  }
}
