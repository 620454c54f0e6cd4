private import Foundation
internal import RunRecords

/// Optimizers, necessity, other tasks, the predictor, and how many runs there are.
extension PaperClaims {
  static let otherClaims: [Claim] = [
    Claim(
      id: 22, statement: "SGD fails where AdamW groks; its norm decays at the rate of pure decay",
      quantities: [
        .count(
          "grokked, w = 2λ", paper: "0", released: "0", band: .exact, [.threeOptimizers],
          where: { $0.optimizer == .sgd(decayFactor: 2) }, of: \.hasGrokked),
        .count(
          "grokked, w = λ", paper: "0", released: "0", band: .exact, [.threeOptimizers],
          where: { $0.optimizer == .sgd(decayFactor: 1) }, of: \.hasGrokked),
        .mean(
          "V at the end, w = 2λ", paper: "2.9e-5", released: "2.9e-5", band: .relative(0.3),
          .threeOptimizers, where: { $0.optimizer == .sgd(decayFactor: 2) },
          of: \.finalSquaredNorm),
        .mean(
          "V at the end, w = λ", paper: "1.14e-4", released: "1.14e-4", band: .relative(0.3),
          .threeOptimizers, where: { $0.optimizer == .sgd(decayFactor: 1) },
          of: \.finalSquaredNorm),
        .mean(
          "rate of V over the first 2000 steps / 2ηw", paper: "1", band: .relative(0.05),
          .threeOptimizers, where: { $0.optimizer != .adamW }, of: { $0.relativeDecayRate }),
        .summary(
          "largest training accuracy", .threeOptimizers, where: { $0.optimizer != .adamW },
          of: { $0.rows.map(\.trainAccuracy).max() }, by: { $0.max() }),
      ]),
    Claim(
      id: 23, statement: "AdamW groks in 5 of 5",
      quantities: [
        .count(
          "grokked", paper: "5", released: "5", band: .exact, [.optimizers],
          where: { $0.optimizer == .adamW }, of: \.hasGrokked),
        .mean(
          "mean T_grok", paper: "1760", released: "1760", band: timeBand, .optimizers,
          where: { $0.optimizer == .adamW }, of: \.timeOfGrokking),
        .mean(
          "mean V_post", paper: "233", released: "249", band: finalNormBand, .optimizers,
          where: { $0.optimizer == .adamW }, of: \.finalSquaredNorm),
        .mean(
          "mean ρ", paper: "0.99859", released: "0.99859", band: rateBand, .optimizers,
          where: { $0.optimizer == .adamW }, of: { $0.fit?.rate }),
      ]),
    Claim(
      id: 24, statement: "Norm separation is necessary: no delay without V_mem > V_post",
      quantities: [
        .count(
          "delayed runs with V_mem ≤ V_post", paper: "0", released: "13", band: .exact,
          necessityExperiments, of: \.violatesNecessity),
        .count(
          "delayed runs", released: "182", necessityExperiments, of: \.isDelayed),
        .count(
          "violations with λ ≤ 1 and η ≥ 5e-4", necessityExperiments,
          where: { $0.weightDecay <= 1 && $0.learningRate >= 5e-4 }, of: \.violatesNecessity),
        .mean(
          "delay with embeddings × 0.02", .smallEmbedding, of: \.delay),
        .mean(
          "V_mem with embeddings × 0.02", .smallEmbedding, of: \.squaredNormAtMemorization),
        .mean(
          "V_post with embeddings × 0.02", .smallEmbedding, of: \.finalSquaredNorm),
        .count(
          "violations with embeddings × 0.02", [.smallEmbedding], of: \.violatesNecessity),
        .mean(
          "delay with embeddings × 1, logged as often", .modulusSweepFine,
          where: { $0.size == 97 }, of: \.delay),
        .mean(
          "V_mem with embeddings × 1, logged as often", .modulusSweepFine,
          where: { $0.size == 97 }, of: \.squaredNormAtMemorization),
        .mean(
          "V_post with embeddings × 1, logged as often", .modulusSweepFine,
          where: { $0.size == 97 }, of: \.finalSquaredNorm),
      ]),
    Claim(
      id: 25, statement: "Multiplication groks too, with a delay three times as long",
      quantities: [
        .count("grokked of 20", paper: "20", released: "20", band: .exact, [.multiplication]) {
          $0.hasGrokked
        }
      ]
        + [
          (53, "4280", "10431", "257", "200"), (67, "4040", "9337", "305", "400"),
          (89, "3440", "8859", "388", "600"), (97, "3320", "9622", "394", "600"),
        ].flatMap {
          (modulus: Int, delay: String, memorized: String, final: String, time: String)
            -> [Quantity]
          in
          [
            .mean(
              "T_mem at p = \(modulus)", released: .init(stringLiteral: time), .multiplication,
              where: { $0.size == modulus }, of: \.timeOfMemorization),
            .mean(
              "delay at p = \(modulus)", paper: .init(stringLiteral: delay),
              released: .init(stringLiteral: delay), band: timeBand, .multiplication,
              where: { $0.size == modulus }, of: \.delay),
            .mean(
              "V_mem at p = \(modulus)", paper: .init(stringLiteral: memorized),
              released: .init(stringLiteral: memorized), band: normBand, .multiplication,
              where: { $0.size == modulus }, of: \.squaredNormAtMemorization),
            .mean(
              "V_post at p = \(modulus)", paper: .init(stringLiteral: final),
              released: .init(stringLiteral: final), band: finalNormBand, .multiplication,
              where: { $0.size == modulus }, of: \.finalSquaredNorm),
          ]
        }
        + [
          .figure(
            "delay over addition's (S3 at 200, p = 97)", paper: "3", band: .relative(0.25),
            .multiplication, .modulusSweep, where: { $0.size == 97 }, of: multiplicationRatio),
          .figure(
            "the same with addition's model", .multiplicationControl, .modulusSweep,
            where: { $0.size == 97 }, of: multiplicationRatio),
          .mean("delay / T_esc, γ = 2ηλ", .multiplication) {
            $0.delayShare(.double)
          },
          .mean("delay / T_esc, γ = ηλ", .multiplication) { $0.delayShare(.single) },
          .mean("delay / T_esc, γ = γ_fit", .multiplication) { $0.delayShare(.fitted) },
          .mean("delay / T_esc, γ = 2ηλ, addition's model", .multiplicationControl) {
            $0.delayShare(.double)
          },
        ]),
    Claim(
      id: 26, statement: "Sparse parity generalises without a delay",
      quantities: [
        .count("grokked of 15", paper: "15", released: "15", band: .exact, [.parity]) {
          $0.hasGrokked
        }
      ]
        + [
          (20, "0", "141", "231"), (30, "0", "112", "220"), (40, "-120", "116", "202"),
        ].flatMap { (bits: Int, delay: String, memorized: String, final: String) -> [Quantity] in
          [
            .mean(
              "delay at n = \(bits)", paper: .init(stringLiteral: delay),
              released: .init(stringLiteral: delay), band: .absolute(200), .parity,
              where: { $0.size == bits }, of: \.delay),
            .mean(
              "V_mem at n = \(bits)", paper: .init(stringLiteral: memorized),
              released: .init(stringLiteral: memorized), band: .relative(0.1), .parity,
              where: { $0.size == bits }, of: \.squaredNormAtMemorization),
            .mean(
              "V_post at n = \(bits)", paper: .init(stringLiteral: final),
              released: .init(stringLiteral: final), band: finalNormBand, .parity,
              where: { $0.size == bits }, of: \.finalSquaredNorm),
            .mean(
              "T_mem at n = \(bits)", .parity, where: { $0.size == bits },
              of: \.timeOfMemorization),
            .mean(
              "delay at n = \(bits), logged every 5", .parityFine, where: { $0.size == bits },
              of: \.delay),
            .mean(
              "delay at n = \(bits), 1000 samples", .parityScarce, where: { $0.size == bits },
              of: \.delay),
          ]
        }),
    Claim(
      id: 27, statement: "Algorithm 1 predicts the delay, mean error 34.6 %",
      quantities: [
        error("Algorithm 1, γ_fit", .algorithm(.fitted), .baseFine, paper: "0.346"),
        .values(
          "median error of Algorithm 1, γ_fit", paper: "0.332", .baseFine,
          of: { errors(.algorithm(.fitted), $0) }, by: { $0.median }),
        .values(
          "share overestimated by Algorithm 1, γ_fit", paper: "0.95", band: .absolute(0.1),
          .baseFine,
          of: { runs in
            DelayPredictor.heldOut(.algorithm(.fitted), runs).map {
              $0.predicted > $0.actual ? 1 : 0
            }
          }, by: { $0.mean }),
        .values(
          "share predicted within a factor of two", paper: "1", .baseFine,
          of: { runs in
            DelayPredictor.heldOut(.algorithm(.fitted), runs).map {
              (0.5...2).contains($0.predicted / $0.actual) ? 1 : 0
            }
          }, by: { $0.mean }),
        error("Algorithm 1, γ = ηλ", .algorithm(.single), .baseFine),
        error("Algorithm 1, γ = 2ηλ", .algorithm(.double), .baseFine),
        error("always the mean delay", .meanDelay, .baseFine, paper: "0.179"),
        error("first passage", .firstPassage, .baseFine, paper: "0.183"),
        error("Algorithm 1, γ_fit, S1 at 200", .algorithm(.fitted), .contraction),
        error("Algorithm 1, γ = 2ηλ, S1 at 200", .algorithm(.double), .contraction),
        error("always the mean delay, S1 at 200", .meanDelay, .contraction),
        error("first passage, S1 at 200", .firstPassage, .contraction),
      ]),
    Claim(
      id: 28, statement: "Training until T_mem + 1.5 × the prediction suffices",
      quantities: [
        safety("share of runs that grok by then", .baseFine, paper: "1"),
        safety("the same, S1 at 200", .contraction),
      ]),
    Claim(
      id: 30, statement: "293 runs",
      quantities: [
        .plain("runs", paper: "293", released: "284", band: .exact, Experiment.paper) {
          Double($0.count)
        },
        .plain("distinct trajectories", Experiment.paper) {
          Double(Set($0.map(\.trajectory)).count)
        },
      ]),
  ]

  /// All of the addition experiments; S7's low resolution repeats the trajectories of its full one.
  private static let necessityExperiments: [Experiment] = [
    .contraction, .decaySweep, .modulusSweep, .spectrum, .rateSweep, .jointSweep, .optimizers,
    .spectrumInFull, .threeOptimizers,
  ]

  @Sendable private static func multiplicationRatio(_ runs: [Observation]) -> Double? {
    func mean(_ isMultiplication: Bool) -> Double? {
      runs.filter {
        if case .multiplication = $0.task { isMultiplication } else { !isMultiplication }
      }.mean(\.delay)
    }
    guard let multiplied = mean(true), let added = mean(false), added > 0 else { return nil }
    return multiplied / added
  }

  private static func errors(_ form: DelayPredictor.Form, _ runs: [Observation]) -> [Double] {
    DelayPredictor.heldOut(form, runs).map(\.relativeError)
  }

  /// The mean error over held-out runs.
  private static func error(
    _ name: String, _ form: DelayPredictor.Form, _ experiment: Experiment,
    paper: Quantity.Printed? = nil
  ) -> Quantity {
    .values(
      "mean error: " + name, paper: paper, band: paper.map { _ in .absolute(0.1) }, experiment,
      of: { errors(form, $0) }, by: { $0.mean })
  }

  private static func safety(
    _ name: String, _ experiment: Experiment, paper: Quantity.Printed? = nil
  ) -> Quantity {
    .values(
      name, paper: paper, band: paper.map { _ in .atLeast(0.99) }, experiment,
      of: { runs in
        DelayPredictor.heldOut(.algorithm(.fitted), runs).map {
          $0.actual <= DelayPredictor.safetyFactor * $0.predicted ? 1 : 0
        }
      }, by: { $0.mean })
  }
}

extension Observation {
  /// delay / T_esc.
  fileprivate func delayShare(_ gamma: Gamma) -> Double? {
    guard let delay, let time = escapeTime(gamma), time > 0 else { return nil }
    return delay / time
  }

  /// The rate at which V falls over the first 2000 steps, in units of 2ηw, the rate of pure decay.
  fileprivate var relativeDecayRate: Double? {
    guard case .sgd(let factor) = optimizer, let first = rows.first,
      let last = rows.last(where: { $0.step <= 2000 }), last.step > first.step
    else { return nil }
    let fall = log(first.squaredNorm / last.squaredNorm)
    return fall / Double(last.step - first.step) / (2 * decay * factor)
  }
}
