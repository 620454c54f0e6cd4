import Catalogue
import Learning
import Testing

@Suite struct PairingTests {
  /// A pairing of each kind and form, with sizes that all differ.
  static let examples: [(TaskSpec, ModelSpec)] = [
    (
      .modular(.init(operation: .addition, modulus: 7, trainFraction: 0.5)),
      .transformer(
        .init(embedding: .shared, width: 48, heads: 3, feedforward: 80, embeddingScale: 1))
    ),
    (
      .modular(.init(operation: .multiplication, modulus: 11, trainFraction: 0.4)),
      .transformer(
        .init(embedding: .perOperand, width: 32, heads: 4, feedforward: 16, embeddingScale: 1))
    ),
    (
      .modularOperation(.init(operation: .quotient, modulus: 7, trainFraction: 0.4)),
      .transformer(layered(layers: 3, norm: .pre, finalNorm: .off))
    ),
    (
      .permutations(.init(operation: .conjugation, degree: 3, trainFraction: 0.6)),
      .transformer(layered(layers: 2, norm: .post, finalNorm: .on))
    ),
    (
      .permutations(.init(operation: .sandwich, degree: 4, trainFraction: 0.6)),
      .pairMLP(
        .init(width: 32, hiddenLayers: 3, input: .embedding, activation: .gelu, bias: .on))
    ),
    (
      .modular(.init(operation: .addition, modulus: 13, trainFraction: 0.6)),
      .pairMLP(.init(width: 16, hiddenLayers: 1, input: .oneHot, activation: .relu, bias: .off))
    ),
    (
      .sparseParity(.init(bits: 9, relevantBits: 3, trainSamples: 5, validationSamples: 4)),
      .mlp(.init(width: 32, hiddenLayers: 3))
    ),
  ]

  private static func layered(
    layers: Int, norm: ModelSpec.TransformerSpec.Norm, finalNorm: Switch
  ) -> ModelSpec.TransformerSpec {
    var model = ModelSpec.TransformerSpec(
      embedding: .shared, width: 32, heads: 2, feedforward: 48, embeddingScale: 1)
    (model.layers, model.norm, model.finalNorm) = (layers, norm, finalNorm)
    return model
  }

  @Test(arguments: examples)
  func theTensorsAreThoseThatTheTrainerHas(task: TaskSpec, model: ModelSpec) throws {
    let pairing = try #require(Pairing(task: task, model: model))
    for name in OptimizerName.allCases {
      let optimizer = OptimizerSpec(name)
      let trainer = Trainer(seed: 1, task: task, model: model, optimizer: optimizer, batch: 2)
      let tensors = 0..<trainer.tensorCount
      #expect(tensors.map { trainer.tensorName($0) } == pairing.tensors.map(\.name))
      #expect(tensors.map { trainer.tensorShape($0) } == pairing.tensors.map(\.shape))
      #expect(
        tensors.reduce(0) { $0 + trainer.parameterValues($1).count } == pairing.parameterCount)
      let moments = (0..<trainer.momentCount).map { trainer.momentName($0) }
      #expect(moments == optimizer.momentNames)
    }
  }

  @Test(arguments: examples)
  func theTasksCountsAreTheTrainers(task: TaskSpec, model: ModelSpec) {
    let trainer = Trainer(
      seed: 1, task: task, model: model, optimizer: OptimizerSpec(.adamW), batch: 2)
    #expect(trainer.trainCount == task.trainCount)
    #expect(trainer.exampleCount == task.exampleCount)
    #expect(trainer.exampleCount - trainer.trainCount == task.validationCount)
    #expect(trainer.classCount == task.classCount)
  }

  /// S1 of arXiv 2603.13331 has 223 713 parameters at p = 97. Those of S9 and S10 are summed by
  /// hand from SPEC.md 1.8 and 1.9: 2 · 53 · 128 + 198 528 + 6837 with one table an operand, and
  /// 128 · 21 + 128 · 129 + 2 · 129.
  @Test(arguments: [
    (TaskName.modularAddition, 223_713), (.modularMultiplication, 218_933), (.sparseParity, 19_458),
  ])
  func thePapersModelsHaveThePapersSizes(task: TaskName, count: Int) throws {
    let model = ModelSpec(task.standardModel, for: task)
    let pairing = try #require(Pairing(task: TaskSpec(task), model: model))
    #expect(pairing.parameterCount == count)
  }

  @Test func aModelIsPairedWithWhatItCanLearnOnly() {
    #expect(TaskSpec(.modularAddition).models == [.transformer, .pairMLP])
    #expect(TaskSpec(.permutations).models == [.transformer, .pairMLP])
    #expect(TaskSpec(.sparseParity).models == [.mlp])
    for task in TaskName.allCases {
      #expect(TaskSpec(task).models.contains(task.standardModel))
    }
  }
}
