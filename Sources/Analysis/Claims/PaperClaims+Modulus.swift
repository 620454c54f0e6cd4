/// What the modulus does, and the delay against the norms.
extension PaperClaims {
  static let modulusClaims: [Claim] = [
    Claim(
      id: 5, statement: "T_esc = log(V_mem/V_post)/γ predicts the delay",
      quantities: [
        .mean("mean delay in S1", paper: "1000", released: "1000", band: timeBand, .contraction) {
          $0.delay
        },
        .mean("mean delay of 60 seeds, logged every 20", .baseFine) { $0.delay },
        .mean(
          "mean T_esc in S1, γ = 2ηλ", paper: "1251", released: "1251", band: timeBand,
          .contraction, of: { $0.escapeTime(.double) }),
        .mean("mean T_esc in S1, γ = ηλ", .contraction) { $0.escapeTime(.single) },
        .mean("mean T_esc in S1, γ = γ_fit", .contraction) { $0.escapeTime(.fitted) },
        .figure(
          "r with the delay in S3, logged every 50", paper: "0.91", band: correlationBand,
          .modulusSweepFine, of: { escapeLine($0, .double)?.correlation }),
        .figure("r with the delay in S3, logged every 200", released: "0.84", .modulusSweep) {
          escapeLine($0, .double)?.correlation
        },
        .figure("r, γ = γ_fit, logged every 50", .modulusSweepFine) {
          escapeLine($0, .fitted)?.correlation
        },
        .figure("r, γ = γ_fit, logged every 200", .modulusSweep) {
          escapeLine($0, .fitted)?.correlation
        },
      ]
        + zip(
          Experiment.moduli,
          [
            ("1679", "1590"), ("1610", "1568"), ("1416", "1391"), ("1322", "1339"),
            ("1326", "1231"), ("1119", "1083"), ("1004", "960"),
          ]
        ).flatMap { (modulus: Int, figures: (String, String)) -> [Quantity] in
          byModulus(
            "T_esc, γ = 2ηλ,", modulus, paper: figures.0, released: figures.1,
            of: { $0.escapeTime(.double) })
        }),
    Claim(
      id: 14, statement: "The delay falls with p",
      quantities: zip(
        Experiment.moduli,
        [
          ("2086", "2029"), ("1715", "1686"), ("1328", "1314"), ("950", "1000"), ("942", "914"),
          ("671", "714"), ("585", "543"),
        ]
      ).flatMap { (modulus: Int, figures: (String, String)) -> [Quantity] in
        byModulus(
          "delay", modulus, paper: figures.0, released: figures.1, band: .relative(0.2),
          of: \.delay)
      } + [
        .figure(
          "exponent of the delay in p, logged every 200", band: .atMost(-1), .modulusSweep,
          of: { $0.powerLaw({ Double($0.size) }, \.delay)?.slope })
      ]
        + zip(
          Experiment.moduli,
          [
            ("2336", "2429", "250", "400"), ("2079", "2086", "364", "400"),
            ("1957", "2029", "629", "714"), ("1686", "1800", "736", "800"),
            ("1721", "1800", "779", "886"), ("1607", "1743", "936", "1029"),
            ("1671", "1714", "1086", "1171"),
          ]
        ).flatMap { (modulus: Int, figures: (String, String, String, String)) -> [Quantity] in
          byModulus(
            "T_grok", modulus, paper: figures.0, released: figures.1, band: timeBand,
            of: \.timeOfGrokking)
            + byModulus(
              "T_mem", modulus, paper: figures.2, released: figures.3, band: .absolute(50),
              of: \.timeOfMemorization)
        }),
    Claim(
      id: 15, statement: "V_mem falls and V_post rises with p; their ratio is at least 7.5",
      quantities: zip(
        Experiment.moduli,
        [
          ("5366", "188", "4161", "173"), ("5456", "220", "5142", "225"),
          ("4653", "277", "4135", "254"), ("4297", "307", "3884", "267"),
          ("4112", "291", "3538", "302"), ("3645", "390", "3214", "365"),
          ("3207", "428", "2877", "419"),
        ]
      ).flatMap { (modulus: Int, figures: (String, String, String, String)) -> [Quantity] in
        byModulus(
          "V_mem", modulus, paper: figures.0, released: figures.2, band: normBand,
          of: \.squaredNormAtMemorization)
          + byModulus(
            "V_post", modulus, paper: figures.1, released: figures.3, band: finalNormBand,
            of: \.finalSquaredNorm)
      } + [
        .figure(
          "smallest ratio of means, logged every 50", paper: "7.5", band: .atLeast(7.5),
          .modulusSweepFine, of: smallestRatio),
        .figure("smallest ratio of means, logged every 200", .modulusSweep, of: smallestRatio),
      ]),
    Claim(
      id: 16, statement: "The delay is linear in the log ratio, slope 1 against T_esc",
      quantities: delayAgainstRatio(.modulusSweepFine, "logged every 50", r: "0.91", slope: "1.08")
        + delayAgainstRatio(
          .modulusSweep, "logged every 200", releasedR: "0.84", releasedWithin: "0.16")),
  ]

  /// A mean at one modulus: the paper's logged every 50 steps, the released ones every 200.
  private static func byModulus(
    _ name: String, _ modulus: Int, paper: String, released: String, band: Quantity.Band? = nil,
    of value: @escaping @Sendable (Observation) -> Double?
  ) -> [Quantity] {
    [
      .mean(
        "\(name) at p = \(modulus), logged every 50", paper: .init(stringLiteral: paper),
        band: band, .modulusSweepFine, where: { $0.size == modulus }, of: value),
      .mean(
        "\(name) at p = \(modulus), logged every 200", released: .init(stringLiteral: released),
        .modulusSweep, where: { $0.size == modulus }, of: value),
    ]
  }

  private static func delayAgainstRatio(
    _ experiment: Experiment, _ log: String, r: Quantity.Printed? = nil,
    slope: Quantity.Printed? = nil, releasedR: Quantity.Printed? = nil,
    releasedWithin: Quantity.Printed? = nil
  ) -> [Quantity] {
    let pooled = Quantity.figure(
      "r pooled, \(log)", paper: r, released: releasedR, band: r.map { _ in correlationBand },
      experiment, of: { escapeLine($0, .double)?.correlation })
    let between = Quantity.figure("r between moduli, \(log)", experiment, of: correlationBetween)
    let within = Quantity.figure(
      "r within moduli, \(log)", released: releasedWithin, experiment, of: correlationWithin)
    let slopes = [Observation.Gamma.single, .double, .fitted].map { gamma in
      Quantity.figure(
        "slope, γ = \(gamma.rawValue), \(log)", paper: gamma == .single ? slope : nil,
        band: gamma == .single && slope != nil ? .absolute(0.15) : nil, experiment,
        of: { escapeLine($0, gamma)?.slope })
    }
    return [pooled, between, within] + slopes
  }

  private static func escapeLine(
    _ runs: [Observation], _ gamma: Observation.Gamma
  ) -> LinearFit? {
    runs.line({ $0.escapeTime(gamma) }, \.delay)
  }

  /// Of the moduli's means.
  @Sendable private static func correlationBetween(_ runs: [Observation]) -> Double? {
    let groups = runs.bySize
    guard groups.count >= 3 else { return nil }
    let means = groups.compactMap { group -> (Double, Double)? in
      guard let x = group.runs.mean({ $0.escapeTime(.double) }),
        let y = group.runs.mean(\.delay)
      else { return nil }
      return (x, y)
    }
    return LinearFit(x: means.map(\.0), y: means.map(\.1))?.correlation
  }

  /// Of the distances to the modulus's means.
  @Sendable private static func correlationWithin(_ runs: [Observation]) -> Double? {
    var (allX, allY): ([Double], [Double]) = ([], [])
    for group in runs.bySize {
      let (x, y) = group.runs.pairs({ $0.escapeTime(.double) }, \.delay)
      guard let meanX = x.mean, let meanY = y.mean else { continue }
      allX += x.map { $0 - meanX }
      allY += y.map { $0 - meanY }
    }
    return LinearFit(x: allX, y: allY)?.correlation
  }

  @Sendable private static func smallestRatio(_ runs: [Observation]) -> Double? {
    runs.bySize.compactMap { group -> Double? in
      guard let memorized = group.runs.mean(\.squaredNormAtMemorization),
        let final = group.runs.mean(\.finalSquaredNorm), final > 0
      else { return nil }
      return memorized / final
    }.min()
  }
}
