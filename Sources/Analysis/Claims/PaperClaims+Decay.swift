/// What λ does.
extension PaperClaims {
  static let decayClaims: [Claim] = [
    Claim(
      id: 6, statement: "T_grok is linear in 1/λ for λ in [0.1, 1]",
      quantities: [
        .figure(
          "slope", paper: "1182.4", released: "1182.4", band: timeBand, .decaySweep,
          where: isReliable, of: { $0.line(inverseDecay, \.timeOfGrokking)?.slope }),
        .figure(
          "intercept", paper: "884.5", released: "884.5", .decaySweep, where: isReliable,
          of: { $0.line(inverseDecay, \.timeOfGrokking)?.intercept }),
        .figure(
          "R²", paper: "0.971", released: "0.971", band: correlationBand, .decaySweep,
          where: isReliable, of: { $0.line(inverseDecay, \.timeOfGrokking)?.rSquared }),
        .figure(
          "exponent of T_grok in 1/λ (the law: 1)", paper: "1", released: "0.80",
          band: correlationBand, .decaySweep, where: isReliable,
          of: { $0.powerLaw(inverseDecay, \.timeOfGrokking)?.slope }),
        .figure(
          "exponent of the delay in 1/λ (the law: 1)", paper: "1", released: "1.12",
          band: .absolute(0.15), .decaySweep, where: isReliable,
          of: { $0.powerLaw(inverseDecay, \.delay)?.slope }),
        .figure(
          "slope of the delay", .decaySweep, where: isReliable,
          of: { $0.line(inverseDecay, \.delay)?.slope }),
        .figure(
          "R² of the delay", .decaySweep, where: isReliable,
          of: { $0.line(inverseDecay, \.delay)?.rSquared }),
      ]),
    Claim(
      id: 7,
      statement: "T̃ = delay · λ / log(V_mem/V_post) is between 430 and 630 for λ in [0.1, 1]",
      quantities: [
        ("0.1", "625"), ("0.3", "530"), ("0.5", "447"), ("1", "434"),
      ].map { (decay: String, paper: String) in
        let value = Double(decay)!
        return .mean(
          "T̃ at λ = \(decay)", paper: .init(stringLiteral: paper),
          released: .init(stringLiteral: paper), band: timeBand, .decaySweep,
          where: { $0.weightDecay == value }, of: \.scaledDelay)
      } + [
        .summary(
          "coefficient of variation of T̃", .decaySweep, where: isReliable, of: \.scaledDelay,
          by: { $0.variationCoefficient }),
        .summary(
          "coefficient of variation of T_grok · λ", released: "0.238", .decaySweep,
          where: isReliable, of: { run in run.timeOfGrokking.map { $0 * run.weightDecay } },
          by: { $0.variationCoefficient }),
      ]),
    Claim(
      id: 8, statement: "Three regimes: too weak, reliable, too strong",
      quantities: [
        ("0.001", "0"), ("0.01", "0"), ("0.1", "10"), ("0.3", "10"), ("0.5", "10"), ("1", "10"),
        ("2", "3"), ("5", "0"),
      ].map { (decay: String, paper: String) in
        let value = Double(decay)!
        // What happens at λ = 2 is chaotic: 0 to 6 of 10 with other seeds.
        return .count(
          "grokked of 10 at λ = \(decay)", paper: .init(stringLiteral: paper),
          released: .init(stringLiteral: paper), band: value == 2 ? .atMost(6) : .exact,
          [.decaySweep], where: { $0.weightDecay == value }, of: \.hasGrokked)
      }
        + [
          ("0.1", "12700"), ("0.3", "4900"), ("0.5", "3150"), ("1", "2100"),
        ].map { (decay: String, paper: String) in
          let value = Double(decay)!
          return .mean(
            "mean T_grok at λ = \(decay)", paper: .init(stringLiteral: paper),
            released: .init(stringLiteral: paper), band: timeBand, .decaySweep,
            where: { $0.weightDecay == value }, of: \.timeOfGrokking)
        } + [
          .mean(
            "mean T_grok at λ = 2, grokked runs", paper: "43667", released: "43667", .decaySweep,
            where: { $0.weightDecay == 2 }, of: \.timeOfGrokking),
          .figure(
            "median T_grok at λ = 2, others censored", .decaySweep,
            where: { $0.weightDecay == 2 }, of: \.medianTimeWithCensoring),
          .count(
            "grokked at λ = 0.01 in 150 000 steps", [.weakDecayLong], of: \.hasGrokked),
          .mean("mean T_grok at λ = 0.01 in 150 000 steps", .weakDecayLong, of: \.timeOfGrokking),
          .figure(
            "median T_grok at λ = 0.01 in 150 000 steps, others censored", .weakDecayLong,
            of: \.medianTimeWithCensoring),
        ]),
  ]

  @Sendable static func isReliable(_ run: Observation) -> Bool {
    (0.1...1).contains(run.weightDecay)
  }

  @Sendable static func inverseDecay(_ run: Observation) -> Double? { 1 / run.weightDecay }
}
