import Catalogue
import Learning
import Testing

/// The transformer that is made of general layers beside the paper's own, which leaves out all that it can.
@Suite struct LayeredTransformerTests {
  private func trainer(
    _ embedding: ModelSpec.TransformerSpec.Embedding, isWide: Bool, fusesOneLayer: Bool
  ) -> Trainer {
    Trainer(
      seed: 9,
      task: .modular(
        .init(
          operation: .multiplication, modulus: isWide ? 53 : 11,
          trainFraction: isWide ? 700.5 / 2809 : 0.5)),
      model: .transformer(
        .init(
          embedding: embedding, width: isWide ? 80 : 32, heads: isWide ? 8 : 2,
          feedforward: isWide ? 112 : 64, embeddingScale: 1)),
      loss: LossSpec(), optimizer: OptimizerSpec(.adamW), schedule: .constant, batch: 52,
      sampling: .withReplacement, interventions: [], fusesOneLayer: fusesOneLayer)
  }

  @Test(arguments: ModelSpec.TransformerSpec.Embedding.allCases, [false, true])
  func oneLayerHasTheBitsOfTheFusedOne(
    embedding: ModelSpec.TransformerSpec.Embedding, isWide: Bool
  ) {
    let fused = trainer(embedding, isWide: isWide, fusesOneLayer: true)
    let layered = trainer(embedding, isWide: isWide, fusesOneLayer: false)
    for _ in 0..<5 {
      #expect(fused.advance(SerialWorkers()) == layered.advance(SerialWorkers()))
      for tensor in 0..<fused.tensorCount {
        let name = fused.tensorName(tensor)
        #expect(name == layered.tensorName(tensor))
        #expect(
          fused.gradientValues(tensor).map { $0.bitPattern }
            == layered.gradientValues(tensor).map { $0.bitPattern }, "gradient of \(name)")
      }
      #expect(TrainerTests.State(fused) == TrainerTests.State(layered))
    }
    #expect(
      fused.logits(SerialWorkers()).map { $0.bitPattern }
        == layered.logits(SerialWorkers()).map { $0.bitPattern })
    #expect(
      fused.evaluate(SerialWorkers()).validationLoss
        == layered.evaluate(SerialWorkers()).validationLoss)
  }
}
