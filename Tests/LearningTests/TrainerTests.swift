import Catalogue
import DeterministicNumerics
import Dispatch
import Foundation
import Learning
import Testing

@Suite struct TrainerTests {
  enum Setup: CaseIterable {
    case transformerAdamW, transformerSGD, mlpAdamW, mlpSGD, layeredMuon, layeredPre, pairMLP

    /// - Parameter isWide: Whether every matrix is cut into several pieces of work, the last one
    ///   smaller. A batch has one full block of rows and a part of another in any case.
    func trainer(seed: UInt64 = 7, isWide: Bool = false) -> Trainer {
      let optimizer: OptimizerSpec =
        switch self {
        case .layeredMuon: OptimizerSpec(.muon)
        case .transformerAdamW, .mlpAdamW, .layeredPre, .pairMLP:
          .adamW(
            .init(learningRate: 1e-3, weightDecay: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8))
        case .transformerSGD, .mlpSGD:
          .sgd(.init(learningRate: 0.1, weightDecay: 0.01, decayConvention: .lambda))
        }
      // 700 pairs of 53², 60 of 11².
      let pairs = TaskSpec.modular(
        .init(
          operation: .addition, modulus: isWide ? 53 : 11,
          trainFraction: isWide ? 700.5 / 2809 : 0.5))
      return switch self {
      case .layeredMuon, .layeredPre:
        Trainer(
          seed: seed, task: pairs, model: .transformer(layered(isWide: isWide)),
          optimizer: optimizer, batch: 52)
      case .pairMLP:
        Trainer(
          seed: seed, task: pairs,
          model: .pairMLP(
            .init(
              width: isWide ? 80 : 32, hiddenLayers: 2, input: .embedding, activation: .gelu,
              bias: .on)),
          loss: LossSpec(.stableMax, temperature: 0.5), optimizer: optimizer, batch: 52)
      case .transformerAdamW, .transformerSGD:
        Trainer(
          seed: seed, task: pairs,
          model: .transformer(
            .init(
              embedding: self == .transformerSGD ? .shared : .perOperand, width: isWide ? 80 : 32,
              heads: isWide ? 8 : 2, feedforward: isWide ? 112 : 64, embeddingScale: 1)),
          optimizer: optimizer, batch: 52)
      case .mlpAdamW, .mlpSGD:
        Trainer(
          seed: seed,
          task: .sparseParity(
            .init(
              bits: 10, relevantBits: 3, trainSamples: isWide ? 700 : 90, validationSamples: 30)),
          model: .mlp(.init(width: isWide ? 80 : 32, hiddenLayers: 2)), optimizer: optimizer,
          batch: 52)
      }
    }

    private func layered(isWide: Bool) -> ModelSpec.TransformerSpec {
      var model = ModelSpec.TransformerSpec(
        embedding: .shared, width: isWide ? 80 : 32, heads: isWide ? 8 : 2,
        feedforward: isWide ? 112 : 64, embeddingScale: 1)
      model.layers = 2
      model.norm = self == .layeredPre ? .pre : .post
      model.activation = self == .layeredPre ? .relu : .gelu
      return model
    }
  }

  /// All that training changes, as bits.
  struct State: Equatable {
    let step: Int
    let parameters: [[UInt32]]
    let moments: [[[UInt32]]]

    init(_ trainer: Trainer) {
      let tensors = 0..<trainer.tensorCount
      step = trainer.step
      parameters = tensors.map { trainer.parameterValues($0).map(\.bitPattern) }
      moments = (0..<trainer.momentCount).map { moment in
        tensors.map { trainer.momentValues(moment, $0).map(\.bitPattern) }
      }
    }
  }

  // MARK: Workers

  /// Performs the parts in reverse order.
  struct ReversedWorkers: Workers {
    func perform(_ count: Int, _ body: (Int) -> Void) {
      for index in (0..<count).reversed() { body(index) }
    }
  }

  struct ThreadedWorkers: Workers {
    func perform(_ count: Int, _ body: (Int) -> Void) {
      withoutActuallyEscaping(body) { body in
        // SAFETY: parts of a step may run at the same time, and all have returned when
        // concurrentPerform does.
        nonisolated(unsafe) let body = body
        DispatchQueue.concurrentPerform(iterations: count) { unsafe body($0) }
      }
    }
  }

  @Test(arguments: Setup.allCases, [false, true])
  func workersDoNotChangeABit(setup: Setup, isWide: Bool) {
    let steps = isWide ? 2 : 10
    func record(_ workers: some Workers) -> (losses: [UInt64], State) {
      let trainer = setup.trainer(isWide: isWide)
      let losses = (0..<steps).map { _ in trainer.advance(workers).bitPattern }
      return (losses, State(trainer))
    }
    let serial = record(SerialWorkers())
    let start = State(setup.trainer(isWide: isWide))
    #expect(serial.1.step == steps - 1)
    for tensor in start.parameters.indices {
      #expect(serial.1.parameters[tensor] != start.parameters[tensor], "tensor \(tensor) learns")
    }
    #expect(record(ReversedWorkers()) == serial)
    #expect(record(ThreadedWorkers()) == serial)
  }

  @Test(arguments: Setup.allCases)
  func workersDoNotChangeAnEvaluation(setup: Setup) {
    let trainer = setup.trainer()
    func record(_ workers: some Workers) -> [UInt64] {
      let evaluation = trainer.evaluate(workers)
      return [
        evaluation.trainLoss, evaluation.trainAccuracy, evaluation.validationLoss,
        evaluation.validationAccuracy,
      ].map(\.bitPattern)
    }
    let serial = record(SerialWorkers())
    #expect(record(ReversedWorkers()) == serial)
    #expect(record(ThreadedWorkers()) == serial)
  }

  // MARK: Logits

  @Test(arguments: Setup.allCases)
  func logitsAreThoseTheEvaluationJudgesAndChangeNothing(setup: Setup) {
    let (trainer, other) = (setup.trainer(), setup.trainer())
    for _ in 0..<20 { _ = (trainer.advance(SerialWorkers()), other.advance(SerialWorkers())) }
    let logits = trainer.logits(SerialWorkers())
    let classes = trainer.classCount
    #expect(logits.count == trainer.exampleCount * classes)
    #expect(trainer.logits(ThreadedWorkers()).map(\.bitPattern) == logits.map(\.bitPattern))

    var hits = (train: 0, validation: 0)
    for example in 0..<trainer.exampleCount {
      let inputs = trainer.inputs(of: example)
      // Modular addition of 11; parity of the first three bits.
      let label = classes == 2 ? inputs[..<3].reduce(0, +) % 2 : (inputs[0] + inputs[1]) % 11
      let row = logits[example * classes..<(example + 1) * classes]
      let isCorrect = row.firstIndex(of: row.max()!)! - row.startIndex == label
      if example < trainer.trainCount {
        hits.train += isCorrect ? 1 : 0
      } else {
        hits.validation += isCorrect ? 1 : 0
      }
    }
    let evaluation = trainer.evaluate(SerialWorkers())
    #expect(evaluation.trainAccuracy == Double(hits.train) / Double(trainer.trainCount))
    #expect(
      evaluation.validationAccuracy
        == Double(hits.validation) / Double(trainer.exampleCount - trainer.trainCount))
    #expect(hits.train > trainer.trainCount / classes, "it has learned something")

    _ = (trainer.advance(SerialWorkers()), other.advance(SerialWorkers()))
    #expect(State(trainer) == State(other))
  }

  // MARK: Going on from a checkpoint

  @Test(arguments: Setup.allCases)
  func restoredTrainerGoesOnToTheSameBits(setup: Setup) {
    let original = setup.trainer()
    for _ in 0..<4 { _ = original.advance(SerialWorkers()) }
    let restored = setup.trainer()
    // It first takes steps of its own, so that any leftovers of them would show.
    for _ in 0..<2 { _ = restored.advance(SerialWorkers()) }
    restored.restore(step: original.step)
    for tensor in 0..<original.tensorCount {
      restored.setParameter(tensor, original.parameterValues(tensor))
      for moment in 0..<original.momentCount {
        restored.setMoment(moment, tensor, original.momentValues(moment, tensor))
      }
    }
    #expect(State(restored) == State(original))
    for _ in 0..<4 {
      #expect(restored.advance(SerialWorkers()) == original.advance(SerialWorkers()))
    }
    #expect(State(restored) == State(original))
  }

  // MARK: Examples and batches

  @Test(arguments: Setup.allCases)
  func batchIsDrawnFromSeedAndStep(setup: Setup) {
    for (seed, step) in [(7, 0), (7, 1), (7, 1000), (8, 1)] as [(UInt64, Int)] {
      let trainer = setup.trainer(seed: seed)
      trainer.restore(step: step - 1)
      let loss = trainer.advance(SerialWorkers())

      let told = setup.trainer(seed: seed)
      told.restore(step: step - 1)
      var stream = RandomStream(seed: seed, purpose: .batch, index: UInt32(step))
      let batch = (0..<52).map { _ in Int(stream.nextInteger(below: UInt32(told.trainCount))) }
      #expect(told.advance(on: batch, SerialWorkers()) == loss)
      #expect(State(told) == State(trainer))

      // The next step has another batch.
      let other = setup.trainer(seed: seed)
      other.restore(step: step)
      #expect(other.advance(SerialWorkers()) != loss)
    }
  }

  @Test func modularPairsAreShuffledAndSplit() {
    let trainer = Setup.transformerSGD.trainer(seed: 9)
    var order = (0..<121).map { Int32($0) }
    var stream = RandomStream(seed: 9, purpose: .split, index: 0)
    stream.shuffle(&order)
    #expect(trainer.trainCount == 60)
    #expect(
      (0..<trainer.exampleCount).map { trainer.inputs(of: $0) }
        == order.map { [Int($0) / 11, Int($0) % 11] })
  }

  @Test func paritySamplesAreDrawnBitByBit() {
    let trainer = Setup.mlpSGD.trainer(seed: 9)
    let words = [90, 30].enumerated().flatMap { index, count in
      var stream = RandomStream(seed: 9, purpose: .examples, index: UInt32(index))
      return (0..<count).map { _ in stream.nextWord() }
    }
    #expect(trainer.trainCount == 90)
    #expect(
      (0..<trainer.exampleCount).map { trainer.inputs(of: $0) }
        == words.map { word in (0..<10).map { Int(word >> $0 & 1) } })
  }

  // MARK: Initial parameters

  /// A PyTorch distribution.
  enum Distribution {
    case constant(Float)
    /// N(0, 1).
    case normal
    /// U(−b, b) with b = √(numerator / denominator).
    case uniform(Double, Double)
  }

  @Test func papersTransformerStartsAsPyTorchs() {
    let trainer = Trainer(
      seed: 42, task: .modular(.init(operation: .addition, modulus: 97, trainFraction: 0.5)),
      model: .transformer(
        .init(embedding: .shared, width: 128, heads: 4, feedforward: 512, embeddingScale: 1)),
      optimizer: OptimizerSpec(.adamW), batch: 1)
    // torch.nn.Embedding: N(0, 1); MultiheadAttention: Xavier's uniform for in_proj_weight, biases
    // 0; Linear: ±1/√inputs.
    let layer = "tf.layers.0."
    expect(
      trainer,
      [
        ("tok.weight", [97, 128], .normal),
        ("pos.weight", [2, 128], .normal),
        (layer + "self_attn.in_proj_weight", [384, 128], .uniform(6, 384 + 128)),
        (layer + "self_attn.in_proj_bias", [384], .constant(0)),
        (layer + "self_attn.out_proj.weight", [128, 128], .uniform(1, 128)),
        (layer + "self_attn.out_proj.bias", [128], .constant(0)),
        (layer + "linear1.weight", [512, 128], .uniform(1, 128)),
        (layer + "linear1.bias", [512], .uniform(1, 128)),
        (layer + "linear2.weight", [128, 512], .uniform(1, 512)),
        (layer + "linear2.bias", [128], .uniform(1, 512)),
        (layer + "norm1.weight", [128], .constant(1)),
        (layer + "norm1.bias", [128], .constant(0)),
        (layer + "norm2.weight", [128], .constant(1)),
        (layer + "norm2.bias", [128], .constant(0)),
        ("norm.weight", [128], .constant(1)),
        ("norm.bias", [128], .constant(0)),
        ("head.weight", [97, 128], .uniform(1, 128)),
        ("head.bias", [97], .uniform(1, 128)),
      ])
    let count = (0..<trainer.tensorCount).reduce(0) { $0 + trainer.parameterValues($1).count }
    #expect(count == 223_713)
  }

  @Test func perOperandTransformerHasTwoTablesAndScalesThem() {
    func trainer(scale: Double) -> Trainer {
      Trainer(
        seed: 42,
        task: .modular(.init(operation: .multiplication, modulus: 53, trainFraction: 0.5)),
        model: .transformer(
          .init(
            embedding: .perOperand, width: 64, heads: 4, feedforward: 64, embeddingScale: scale)),
        optimizer: OptimizerSpec(.adamW), batch: 1)
    }
    let plain = trainer(scale: 1)
    let scaled = trainer(scale: 0.25)
    for (tensor, name) in ["tok_a.weight", "tok_b.weight"].enumerated() {
      #expect(plain.tensorName(tensor) == name)
      #expect(plain.tensorShape(tensor) == [53, 64])
      expectDistribution(plain.parameterValues(tensor), .normal, name)
      #expect(
        scaled.parameterValues(tensor) == plain.parameterValues(tensor).map { $0 * 0.25 })
    }
    #expect(plain.parameterValues(0) != plain.parameterValues(1))
    #expect(plain.tensorName(2) == "tf.layers.0.self_attn.in_proj_weight")
    #expect(plain.tensorCount == 18)
  }

  @Test func papersMLPStartsAsPyTorchs() {
    let trainer = Trainer(
      seed: 42,
      task: .sparseParity(
        .init(bits: 20, relevantBits: 3, trainSamples: 9, validationSamples: 9)),
      model: .mlp(.init(width: 128, hiddenLayers: 2)),
      optimizer: OptimizerSpec(.adamW), batch: 1)
    expect(
      trainer,
      [
        ("layers.0.weight", [128, 20], .uniform(1, 20)),
        ("layers.0.bias", [128], .uniform(1, 20)),
        ("layers.1.weight", [128, 128], .uniform(1, 128)),
        ("layers.1.bias", [128], .uniform(1, 128)),
        ("layers.2.weight", [2, 128], .uniform(1, 128)),
        ("layers.2.bias", [2], .uniform(1, 128)),
      ])
  }

  private func expect(_ trainer: Trainer, _ tensors: [(String, [Int], Distribution)]) {
    #expect((0..<trainer.tensorCount).map { trainer.tensorName($0) } == tensors.map(\.0))
    #expect((0..<trainer.tensorCount).map { trainer.tensorShape($0) } == tensors.map(\.1))
    for (tensor, (name, shape, distribution)) in tensors.enumerated() {
      let values = trainer.parameterValues(tensor)
      #expect(values.count == shape.reduce(1, *))
      expectDistribution(values, distribution, name)
    }
  }

  /// Kolmogorov's test: the largest distance between the sample's distribution and the true one,
  /// times √n, is above 2.7 for one sample in a million.
  private func expectDistribution(
    _ values: [Float], _ distribution: Distribution, _ name: String
  ) {
    let below: (Double) -> Double
    switch distribution {
    case .constant(let value):
      #expect(values.allSatisfy { $0 == value }, "\(name)")
      return
    case .normal: below = { (1 + erf($0 / 2.0.squareRoot())) / 2 }
    case .uniform(let numerator, let denominator):
      let bound = (numerator / denominator).squareRoot()
      #expect(values.allSatisfy { Double($0.magnitude) <= bound * (1 + 0x1p-24) }, "\(name)")
      below = { ($0 / bound + 1) / 2 }
    }
    let count = Double(values.count)
    let distance = values.sorted().enumerated().map { place, value in
      let expected = below(Double(value))
      return max(expected - Double(place) / count, Double(place + 1) / count - expected)
    }.max()!
    #expect(distance * count.squareRoot() < 2.7, "\(name)")
  }
}
