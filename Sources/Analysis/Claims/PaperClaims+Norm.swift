/// How the norm contracts.
extension PaperClaims {
  static let normClaims: [Claim] = [
    Claim(
      id: 1, statement: "After memorisation V decays exponentially, ρ = 0.9986 a step",
      quantities: [
        .mean(
          "mean ρ", paper: "0.99860", released: "0.99860", band: rateBand, .contraction,
          of: { $0.fit?.rate }),
        .mean(
          "mean R² of the fit", paper: "0.9991", released: "0.9990", band: .atLeast(0.998),
          .contraction, of: { $0.fit?.rSquared }),
        .mean("mean T_mem", paper: "840", released: "840", .contraction) {
          $0.timeOfMemorization
        },
        .mean(
          "mean T_grok", paper: "1840", released: "1840", .contraction, of: { $0.timeOfGrokking }),
        .mean(
          "mean ρ, logged every 20 steps", .baseFine, of: { $0.fit?.rate }),
        .mean(
          "mean ρ, logged every 50 steps", .modulusSweepFine, where: { $0.size == 97 },
          of: { $0.fit?.rate }),
        .mean(
          "mean ρ, logged every 50 steps, embeddings × 0.02", .smallEmbedding,
          of: { $0.fit?.rate }),
        .mean(
          "mean R², logged every 50 steps, embeddings × 0.02", .smallEmbedding,
          of: { $0.fit?.rSquared }),
      ]),
    Claim(
      id: 2, statement: "γ_fit is stable over seeds",
      quantities: [
        .summary(
          "standard deviation of ρ", paper: "0.00007", released: "0.00007", band: .atMost(2e-4),
          .contraction, of: { $0.fit?.rate }, by: { $0.standardDeviation }),
        .summary(
          "coefficient of variation of γ_fit", .contraction, of: { $0.fit?.gamma },
          by: { $0.variationCoefficient }),
      ]),
    Claim(
      id: 3, statement: "AdamW amplifies the contraction: γ_fit = c·ηλ with c > 1",
      quantities: [
        amplification("c at λ = 0.1", decay: 0.1, paper: "1.69"),
        amplification("c at λ = 0.3", decay: 0.3, paper: "1.69"),
        amplification("c at λ = 0.5", decay: 0.5, paper: "1.55"),
        amplification("c at λ = 1", decay: 1, paper: "1.30"),
        .mean("c in S1, against ηλ", paper: "1.41", released: "1.40", band: timeBand, .contraction)
        {
          $0.amplification
        },
        .mean("c in S1, against V's own rate 2ηλ", released: "0.70", .contraction) {
          $0.amplification.map { $0 / 2 }
        },
      ]
        + Experiment.rates.flatMap { rate, _ -> [Quantity] in
          // A mean would be that of the one or two fits that do not follow the data; R² says whether they do.
          [
            .summary(
              "median c at η = \(rate), λ = 1", .rateSweep, where: { $0.learningRate == rate },
              of: { $0.amplification }, by: { $0.median }),
            .summary(
              "median R² of these fits, η = \(rate)", .rateSweep,
              where: { $0.learningRate == rate }, of: { $0.fit?.rSquared }, by: { $0.median }),
          ]
        }),
    Claim(
      id: 4, statement: "R² > 0.999 in all runs",
      quantities: [
        .share(
          "share of fits with R² > 0.999", paper: "1", released: "0.28", band: .atLeast(0.99),
          fitted, of: { $0.fit?.rSquared }, that: { $0 > 0.999 }),
        .share(
          "the same, η = 1e-3 and λ from 0.1 to 1", fitted,
          where: { $0.learningRate == 1e-3 && isReliable($0) }, of: { $0.fit?.rSquared },
          that: { $0 > 0.999 }),
        .share(
          "share of fits with R² > 0.99", fitted, of: { $0.fit?.rSquared }, that: { $0 > 0.99 }),
        .share(
          "the same, logged every 50 steps (S3)", [.modulusSweepFine], of: { $0.fit?.rSquared },
          that: { $0 > 0.99 }),
        .plain("number of fits", released: "210", fitted) { runs in
          Double(runs.count { $0.fit?.rSquared != nil })
        },
        .plain("fits that are a constant or worse (V rises): R² ≤ 0.001", fitted) { runs in
          Double(runs.count { ($0.fit?.rSquared).map { $0 <= 1e-3 } ?? false })
        },
        .plain("smallest R²", released: "-0.6", fitted) { runs in
          runs.compactMap { $0.fit?.rSquared }.min()
        },
      ]),
    Claim(
      id: 9, statement: "At λ = 2 the norm is at its floor; at λ = 5 nothing is memorised",
      quantities: [
        .mean(
          "V_mem at λ = 2, grokked runs", paper: "599", released: "599", band: finalNormBand,
          .decaySweep, where: { $0.weightDecay == 2 },
          of: { $0.hasGrokked ? $0.squaredNormAtMemorization : nil }),
        .mean(
          "V_post at λ = 2, grokked runs", paper: "602", released: "602", band: finalNormBand,
          .decaySweep, where: { $0.weightDecay == 2 },
          of: { $0.hasGrokked ? $0.finalSquaredNorm : nil }),
        .count(
          "memorised at λ = 5", paper: "0", released: "0", band: .exact, [.decaySweep],
          where: { $0.weightDecay == 5 }, of: { $0.memorizationStep != nil }),
        .mean(
          "V_post at λ = 5", paper: "232", released: "232", band: finalNormBand, .decaySweep,
          where: { $0.weightDecay == 5 }, of: { $0.finalSquaredNorm }),
      ]),
    Claim(
      id: 17, statement: "ρ does not depend on the modulus",
      quantities: [
        .mean(
          "mean ρ over moduli, logged every 50", paper: "0.99855", band: rateBand,
          .modulusSweepFine, of: { $0.fit?.rate }),
        .mean("mean ρ over moduli, logged every 200", released: "0.99858", .modulusSweep) {
          $0.fit?.rate
        },
        .figure("range of the moduli's mean ρ, logged every 50", .modulusSweepFine, of: rateRange),
        .figure("range of the moduli's mean ρ, logged every 200", .modulusSweep, of: rateRange),
      ]),
    Claim(
      id: 29, statement: "V_mem falls with λ",
      quantities: [
        ("0.001", "14808"), ("0.01", "14686"), ("0.1", "13419"), ("0.3", "10272"), ("0.5", "6225"),
        ("1", "2648"),
      ].map { (decay: String, paper: String) in
        let value = Double(decay)!
        return .mean(
          "V_mem at λ = \(decay)", paper: .init(stringLiteral: paper),
          released: .init(stringLiteral: paper), band: normBand, .decaySweep,
          where: { $0.weightDecay == value }, of: { $0.squaredNormAtMemorization })
      } + [
        .mean("V_mem at λ = 1, logged every 200", paper: "3716", released: "3716", .contraction) {
          $0.squaredNormAtMemorization
        },
        .mean("V_mem at λ = 1, logged every 50", .modulusSweepFine, where: { $0.size == 97 }) {
          $0.squaredNormAtMemorization
        },
        .mean("V_mem at λ = 1, logged every 20", .baseFine) { $0.squaredNormAtMemorization },
      ]
        + [
          ("0.001", "500", "15060"), ("0.01", "500", "11877"), ("0.1", "550", "1942"),
          ("0.3", "700", "970"), ("0.5", "1000", "568"), ("1", "1100", "266"),
        ].flatMap { (decay: String, time: String, final: String) -> [Quantity] in
          let value = Double(decay)!
          return [
            .mean(
              "T_mem at λ = \(decay)", paper: .init(stringLiteral: time),
              released: .init(stringLiteral: time), .decaySweep,
              where: { $0.weightDecay == value }, of: { $0.timeOfMemorization }),
            .mean(
              "V_post at λ = \(decay)", paper: .init(stringLiteral: final),
              released: .init(stringLiteral: final), .decaySweep,
              where: { $0.weightDecay == value }, of: { $0.finalSquaredNorm }),
          ]
        }),
  ]

  static let fitted: [Experiment] = [
    .contraction, .decaySweep, .modulusSweep, .spectrum, .rateSweep, .jointSweep, .optimizers,
    .spectrumInFull, .spectrumAgain, .threeOptimizers,
  ]

  private static func amplification(
    _ name: String, decay: Double, paper: Quantity.Printed
  ) -> Quantity {
    .mean(
      name, paper: paper, released: paper, band: timeBand, .decaySweep,
      where: { $0.weightDecay == decay }, of: { $0.amplification })
  }

  @Sendable private static func rateRange(_ runs: [Observation]) -> Double? {
    let means = runs.bySize.compactMap { $0.runs.mean { $0.fit?.rate } }
    guard let low = means.min(), let high = means.max(), means.count > 1 else { return nil }
    return high - low
  }
}

extension Observation {
  /// γ_fit / (ηλ).
  var amplification: Double? { fit.map { $0.gamma / decay } }
}
