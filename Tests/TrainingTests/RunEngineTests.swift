import Catalogue
import RunRecords
import Testing
import Training

@Suite struct RunEngineTests {
  static let specs: [RunSpec] = {
    var perOperand = Preset.tiny.spec
    perOperand.task = .modular(.init(operation: .multiplication, modulus: 11, trainFraction: 0.4))
    perOperand.model = .transformer(
      .init(embedding: .perOperand, width: 48, heads: 3, feedforward: 64, embeddingScale: 0.5))
    var parity = Preset.sparseParity.spec
    parity.task = .sparseParity(
      .init(bits: 9, relevantBits: 3, trainSamples: 50, validationSamples: 40))
    parity.model = .mlp(.init(width: 32, hiddenLayers: 3))
    parity.batch = 8
    parity.optimizer = .sgd(
      .init(learningRate: 0.1, weightDecay: 0.01, decayConvention: .twoLambda))
    return [Preset.tiny.spec, perOperand, parity]
  }()

  @Test(arguments: specs) func theSpecKnowsTheModelsSize(spec: RunSpec) throws {
    let checkpoint = try RunEngine(spec: spec, threads: 1).checkpoint()
    #expect(checkpoint.parameters.reduce(0) { $0 + $1.values.count } == spec.parameterCount)
  }

  /// S1 of arXiv 2603.13331 has 223 713 parameters at p = 97.
  @Test func thePapersModelHasThePapersSize() {
    #expect(Preset.modularAddition.spec.parameterCount == 223_713)
  }

  @Test(arguments: specs) func aRestoredEngineGoesOnAlike(spec: RunSpec) throws {
    let engine = try RunEngine(spec: spec, threads: 1)
    #expect(engine.step == -1)
    for _ in 0..<3 { try engine.advance() }
    let other = try RunEngine(spec: spec, threads: 2)
    #expect(other.initialSquaredNorm == engine.initialSquaredNorm)
    try other.restore(engine.checkpoint())
    #expect(other.step == 2)
    #expect(other.hashes() == engine.hashes())
    #expect(other.metrics() == engine.metrics())
    for _ in 0..<3 {
      try engine.advance()
      try other.advance()
    }
    #expect(other.checkpoint() == engine.checkpoint())
    #expect(other.hashes() == engine.hashes())
    #expect(other.metrics() == engine.metrics())
  }

  /// Measuring draws nothing and changes nothing.
  @Test(arguments: specs) func measuringDoesNotTouchTheTrajectory(spec: RunSpec) throws {
    let measured = try RunEngine(spec: spec, threads: 1)
    let plain = try RunEngine(spec: spec, threads: 1)
    for _ in 0..<4 {
      try measured.advance()
      _ = measured.metrics()
      _ = measured.checkpoint()
      try plain.advance()
    }
    #expect(measured.checkpoint() == plain.checkpoint())
  }

  @Test func aCheckpointOfAnotherModelIsRefusedWhole() throws {
    let engine = try RunEngine(spec: Self.specs[0], threads: 1)
    try engine.advance()
    let before = engine.checkpoint()
    var other = before
    other.parameters[3].name = "else"
    #expect(throws: TrainingError.self) { try engine.restore(other) }
    other = before
    other.optimizer.removeLast()
    #expect(throws: TrainingError.self) { try engine.restore(other) }
    other = before
    other.parameters.append(before.parameters[0])
    #expect(throws: TrainingError.self) { try engine.restore(other) }
    other = before
    other.step = 7
    other.parameters[0].values[0] += 1
    other.optimizer[5].shape = [1] + other.optimizer[5].shape
    #expect(throws: TrainingError.self) { try engine.restore(other) }
    #expect(throws: TrainingError.self) {
      try engine.restore(try RunEngine(spec: Self.specs[2], threads: 1).checkpoint())
    }
    #expect(engine.checkpoint() == before)
  }

  /// The run ends at the step whose batch has a loss that is not finite.
  @Test func aStepThatDivergesIsTold() throws {
    var spec = Preset.tiny.spec
    spec.optimizer = .sgd(
      .init(learningRate: 1e30, weightDecay: 0, decayConvention: .lambda))
    let engine = try RunEngine(spec: spec, threads: 1)
    try engine.advance()
    #expect(throws: TrainingError.diverged(step: 1)) { try engine.advance() }
    #expect(engine.step == 1)
  }
}
