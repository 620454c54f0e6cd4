import Catalogue
import Learning

/// The paper's model and the work of its steps.
struct PaperStep {
  var modulus = 97
  var batch = 512
  private let width = 128
  private let feedforward = 512

  func trainer() -> Trainer {
    Trainer(
      seed: 42,
      task: .modular(.init(operation: .addition, modulus: modulus, trainFraction: 0.5)),
      model: .transformer(
        .init(
          embedding: .shared, width: width, heads: 4, feedforward: feedforward, embeddingScale: 1)),
      optimizer: OptimizerSpec(.adamW), batch: batch)
  }

  /// Floating-point operations of the matrix products one example needs forward.
  private var operationsAnExample: Double {
    Double(2 * (width * width + 2 * width * feedforward + width * modulus))
  }

  /// Those of the tables of queries, keys and values.
  private var operationsOfTables: Double { Double(2 * modulus * width * 5 * width) }

  /// Matrix products of a training step: forward, and twice as much back.
  var operationsOfStep: Double { 3 * (Double(batch) * operationsAnExample + operationsOfTables) }

  /// Matrix products of an evaluation of all pairs.
  var operationsOfEvaluation: Double {
    Double(modulus * modulus) * operationsAnExample + operationsOfTables
  }

  /// Training steps a second: the median of `rounds` rounds of at least `roundSeconds`.
  func stepsPerSecond(
    _ workers: some Workers, rounds: Int = 5, roundSeconds: Double = 0.6
  ) -> Double {
    let trainer = trainer()
    for _ in 0..<5 { _ = trainer.advance(workers) }
    let one = seconds { _ = trainer.advance(workers) }
    let steps = max(1, Int(roundSeconds / one))
    return median(
      (0..<rounds).map { _ in
        Double(steps) / seconds { for _ in 0..<steps { _ = trainer.advance(workers) } }
      })
  }

  /// Seconds of an evaluation of all pairs: the median of `rounds`.
  func evaluationSeconds(_ workers: some Workers, rounds: Int = 15) -> Double {
    let trainer = trainer()
    _ = trainer.evaluate(workers)
    return median((0..<rounds).map { _ in seconds { _ = trainer.evaluate(workers) } })
  }
}
