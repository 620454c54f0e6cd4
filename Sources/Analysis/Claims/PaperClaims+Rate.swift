/// What η does.
extension PaperClaims {
  static let rateClaims: [Claim] = [
    Claim(
      id: 10, statement: "T_grok is linear in 1/η",
      quantities: [
        .figure(
          "slope", paper: "10.62", released: "10.75", band: .relative(0.4), .rateSweep,
          of: { $0.line(inverseRate, \.timeOfGrokking)?.slope }),
        .figure(
          "intercept", paper: "-10689", released: "-10097", .rateSweep,
          of: { $0.line(inverseRate, \.timeOfGrokking)?.intercept }),
        .figure(
          "R²", paper: "0.921", released: "0.920", band: correlationBand, .rateSweep,
          of: { $0.line(inverseRate, \.timeOfGrokking)?.rSquared }),
        .figure(
          "exponent of T_grok in 1/η (the law: 1)", paper: "1", released: "1.67",
          band: correlationBand, .rateSweep,
          of: { $0.powerLaw(inverseRate, \.timeOfGrokking)?.slope }),
        .figure(
          "exponent of the delay in 1/η", .rateSweep,
          of: { $0.powerLaw(inverseRate, \.delay)?.slope }),
        .count("grokked of 25", paper: "24", released: "24", [.rateSweep], of: \.hasGrokked),
        .figure(
          "exponent of the medians, others censored", .rateSweep,
          of: { runs in
            let medians = Experiment.rates.compactMap { rate, _ in
              runs.filter { $0.learningRate == rate }.medianTimeWithCensoring
                .map { (x: 1 / rate, y: $0) }
            }
            return LinearFit.powerLaw(x: medians.map(\.x), y: medians.map(\.y))?.slope
          }),
      ]),
    Claim(
      id: 11, statement: "T_grok grows 2.1, 3.0, 6.8 and 2.8 times as η falls",
      quantities: [
        ratio(2e-3, 1e-3, "T(1e-3) / T(2e-3)", paper: "2.10", released: "2.10"),
        ratio(1e-3, 5e-4, "T(5e-4) / T(1e-3)", paper: "3.00", released: "2.98"),
        ratio(5e-4, 2e-4, "T(2e-4) / T(5e-4)", paper: "6.76", released: "7.82"),
        ratio(2e-4, 1e-4, "T(1e-4) / T(2e-4)", paper: "2.81", released: "2.45"),
      ]),
    Claim(
      id: 12, statement: "T_grok at each η; T_grok · η rises as η falls",
      quantities: [
        grokking(2e-3, "T_grok at η = 2e-3", paper: "840", released: "840"),
        grokking(1e-3, "T_grok at η = 1e-3", paper: "1760", released: "1760"),
        grokking(5e-4, "T_grok at η = 5e-4", paper: "5280", released: "5240"),
        grokking(2e-4, "T_grok at η = 2e-4", paper: "35680", released: "40960"),
        grokking(1e-4, "T_grok at η = 1e-4", paper: "100350", released: "100150"),
        .figure("T·η at 1e-4 over T·η at 2e-3", paper: "5.97", released: "5.96", .rateSweep) {
          runs in
          guard let slow = runs.filter({ $0.learningRate == 1e-4 }).mean(\.timeOfGrokking),
            let fast = runs.filter({ $0.learningRate == 2e-3 }).mean(\.timeOfGrokking)
          else { return nil }
          return slow * 1e-4 / (fast * 2e-3)
        },
      ]
        + [2e-4, 1e-4].flatMap { rate -> [Quantity] in
          [
            .count(
              "grokked of 5 at η = \(rate)", [.rateSweep], where: { $0.learningRate == rate },
              of: \.hasGrokked),
            .figure(
              "median T_grok at η = \(rate), others censored", .rateSweep,
              where: { $0.learningRate == rate }, of: \.medianTimeWithCensoring),
          ]
        }),
    Claim(
      id: 13, statement: "T_grok · ηλ over η and λ: mean 9.6, coefficient of variation 2.7",
      quantities: [
        .mean("mean", paper: "9.58", released: "13.1", band: .relative(0.4), .jointSweep) {
          $0.scaledTime
        },
        .summary(
          "median", released: "1.8", .jointSweep, of: { $0.scaledTime }, by: { $0.median }),
        .figure(
          "median, others censored", .jointSweep, of: \.medianScaledTimeWithCensoring),
        .summary(
          "coefficient of variation", paper: "2.7", released: "2.47", band: .relative(0.4),
          .jointSweep, of: { $0.scaledTime }, by: { $0.variationCoefficient }),
        .count(
          "grokked of 45", paper: "41", released: "41", band: .absolute(4), [.jointSweep],
          of: \.hasGrokked),
        .mean(
          "mean without λ = 2", .jointSweep, where: { $0.weightDecay < 2 }, of: { $0.scaledTime }),
        .summary(
          "coefficient of variation without λ = 2", .jointSweep, where: { $0.weightDecay < 2 },
          of: { $0.scaledTime }, by: { $0.variationCoefficient }),
      ]),
  ]

  @Sendable static func inverseRate(_ run: Observation) -> Double? { 1 / run.learningRate }

  private static func grokking(
    _ rate: Double, _ name: String, paper: Quantity.Printed, released: Quantity.Printed
  ) -> Quantity {
    .mean(
      name, paper: paper, released: released, band: timeBand(rate: rate), .rateSweep,
      where: { $0.learningRate == rate }, of: \.timeOfGrokking)
  }

  private static func ratio(
    _ fast: Double, _ slow: Double, _ name: String, paper: Quantity.Printed,
    released: Quantity.Printed
  ) -> Quantity {
    .figure(
      name, paper: paper, released: released, band: timeBand(rate: slow), .rateSweep,
      where: { $0.learningRate == fast || $0.learningRate == slow },
      of: { runs in
        guard let above = runs.filter({ $0.learningRate == slow }).mean(\.timeOfGrokking),
          let below = runs.filter({ $0.learningRate == fast }).mean(\.timeOfGrokking)
        else { return nil }
        return above / below
      })
  }
}

extension Observation {
  /// T_grok · ηλ.
  var scaledTime: Double? { timeOfGrokking.map { $0 * decay } }
}
