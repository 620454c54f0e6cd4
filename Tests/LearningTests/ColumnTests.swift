import Catalogue
import Learning
import Testing

/// The columns that are logged in addition to losses, accuracies and V.
@Suite struct ColumnTests {
  /// - Parameter modulus: 7 gives 24 training pairs, 53 gives 1404.
  private func trainer(_ modulus: Int, batch: Int, _ interventions: [Intervention] = []) -> Trainer
  {
    Trainer(
      seed: 3, task: .modular(.init(operation: .addition, modulus: modulus, trainFraction: 0.5)),
      model: .transformer(
        .init(embedding: .shared, width: 16, heads: 2, feedforward: 32, embeddingScale: 1)),
      optimizer: OptimizerSpec(.adamW), batch: batch, sampling: .full,
      interventions: interventions)
  }

  private func values(_ column: LogColumn, of trainer: Trainer) -> [Double] {
    trainer.values(of: column, trainer.evaluate(SerialWorkers()), SerialWorkers())
  }

  @Test func theNormsOfTensorsAddUpToV() {
    let trainer = trainer(7, batch: 24)
    _ = trainer.advance(SerialWorkers())
    let norms = values(.squaredNorms, of: trainer)
    #expect(norms.count == trainer.tensorCount)
    #expect(norms.reduce(0, +) == trainer.squaredNorm())
    let expected = trainer.parameterValues(0).reduce(0) { $0 + Double($1) * Double($1) }
    #expect((norms[0] / expected - 1).magnitude < 1e-12)
  }

  @Test func theBatchsGradientIsThatOfTheUpdate() {
    let trainer = trainer(7, batch: 24)
    for _ in 0..<3 { _ = trainer.advance(SerialWorkers()) }
    // What is measured must not change it.
    _ = values(.fullGradient, of: trainer)
    let found = values(.batchGradient, of: trainer)
    let expected = (0..<trainer.tensorCount).flatMap { trainer.gradientValues($0) }
      .reduce(0) { $0 + Double($1) * Double($1) }
    #expect(found.count == 1)
    #expect((found[0] / expected - 1).magnitude < 1e-12)
  }

  /// The next step's batch is the whole training set. If the set is one piece, both agree bit for
  /// bit.
  @Test(arguments: [(7, 24, 0), (53, 1404, 1e-6)])
  func theFullGradientIsThatOfAllTrainingExamples(modulus: Int, batch: Int, tolerance: Double) {
    let trainer = trainer(modulus, batch: batch)
    _ = trainer.advance(SerialWorkers())
    let full = values(.fullGradient, of: trainer)[0]
    _ = trainer.advance(SerialWorkers())
    let next = values(.batchGradient, of: trainer)[0]
    #expect((full / next - 1).magnitude <= tolerance)
    #expect(full > 0)
  }

  /// An infinite temperature makes all classes alike: the loss is log 7, and nothing is learned.
  @Test func anInfiniteTemperatureIsNoNumberBesideTheClasses() {
    let cold = Trainer(
      seed: 3, task: .modular(.init(operation: .addition, modulus: 7, trainFraction: 0.5)),
      model: .transformer(
        .init(embedding: .shared, width: 16, heads: 2, feedforward: 32, embeddingScale: 1)),
      loss: LossSpec(temperature: 1e60), optimizer: OptimizerSpec(.adamW), batch: 24)
    let loss = cold.advance(SerialWorkers())
    #expect((loss - 1.945_910_149_055_313).magnitude < 1e-6)
    #expect(values(.batchGradient, of: cold) == [0])
  }

  /// The logits are so large that softmax leaves only the largest one. The loss is 0 where that is
  /// the label's.
  @Test func whatCollapsesIsCounted() {
    let plain = trainer(7, batch: 24)
    let large = trainer(
      7, batch: 24, [.init(step: 0, action: .scale(.some(["head.weight"]), by: 1e5))])
    #expect(values(.softmaxCollapse, of: plain) == [0])
    #expect(values(.zeroLoss, of: plain) == [0])
    #expect(values(.softmaxCollapse, of: large) == [1])
    #expect(values(.zeroLoss, of: large) == [large.evaluate(SerialWorkers()).trainAccuracy])
  }
}
