/// The claims of arXiv 2603.13331, numbered as in the project's checklist.
///
/// `paper` is what the paper prints, `released` what its authors' released runs give where that is known beforehand.
/// A band is what fresh seeds may change, taken from the authors' own repeats of one seed.
public enum PaperClaims {
  public static let all: [Claim] =
    (normClaims + decayClaims + rateClaims + modulusClaims + spectrumClaims + otherClaims)
    .sorted { $0.id < $1.id }.map(noted)

  /// The bands of the means.
  static let normBand = Quantity.Band.relative(0.05)
  static let finalNormBand = Quantity.Band.relative(0.15)
  static let rateBand = Quantity.Band.absolute(2e-4)
  static let timeBand = Quantity.Band.relative(0.15)
  static let correlationBand = Quantity.Band.absolute(0.1)

  static func timeBand(rate: Double) -> Quantity.Band {
    rate >= 1e-3 ? timeBand : rate >= 2e-4 ? .relative(0.4) : .relative(0.25)
  }
}

// MARK: Kinds of quantities

extension Quantity {
  typealias Filter = @Sendable (Observation) -> Bool
  static let everything: Filter = { _ in true }

  /// The mean of what runs have.
  static func mean(
    _ name: String, paper: Printed? = nil, released: Printed? = nil, band: Band? = nil,
    _ experiments: Experiment..., where includes: @escaping Filter = everything,
    of value: @escaping @Sendable (Observation) -> Double?
  ) -> Quantity {
    Quantity(
      name: name, published: paper, released: released, band: band, experiments: experiments,
      includes: includes, computation: .ofValues({ $0.compactMap(value) }, { $0.mean }))
  }

  /// Another summary of what runs have.
  static func summary(
    _ name: String, paper: Printed? = nil, released: Printed? = nil, band: Band? = nil,
    _ experiments: Experiment..., where includes: @escaping Filter = everything,
    of value: @escaping @Sendable (Observation) -> Double?,
    by summary: @escaping @Sendable ([Double]) -> Double?
  ) -> Quantity {
    Quantity(
      name: name, published: paper, released: released, band: band, experiments: experiments,
      includes: includes, computation: .ofValues({ $0.compactMap(value) }, summary))
  }

  /// A summary of values that several runs give together.
  static func values(
    _ name: String, paper: Printed? = nil, released: Printed? = nil, band: Band? = nil,
    _ experiments: Experiment..., where includes: @escaping Filter = everything,
    of values: @escaping @Sendable ([Observation]) -> [Double],
    by summary: @escaping @Sendable ([Double]) -> Double?
  ) -> Quantity {
    Quantity(
      name: name, published: paper, released: released, band: band, experiments: experiments,
      includes: includes, computation: .ofValues(values, summary))
  }

  /// A figure of all runs.
  static func figure(
    _ name: String, paper: Printed? = nil, released: Printed? = nil, band: Band? = nil,
    _ experiments: Experiment..., where includes: @escaping Filter = everything,
    of statistic: @escaping @Sendable ([Observation]) -> Double?
  ) -> Quantity {
    Quantity(
      name: name, published: paper, released: released, band: band, experiments: experiments,
      includes: includes, computation: .ofRuns(statistic))
  }

  /// How many runs satisfy something.
  static func count(
    _ name: String, paper: Printed? = nil, released: Printed? = nil, band: Band? = nil,
    _ experiments: [Experiment], where includes: @escaping Filter = everything,
    of condition: @escaping Filter
  ) -> Quantity {
    Quantity(
      name: name, published: paper, released: released, band: band, experiments: experiments,
      includes: includes,
      computation: .plain { runs in Double(runs.count { condition($0) }) }, growth: .count)
  }

  /// The share of the runs that have a value whose value satisfies something.
  static func share(
    _ name: String, paper: Printed? = nil, released: Printed? = nil, band: Band? = nil,
    _ experiments: [Experiment], where includes: @escaping Filter = everything,
    of value: @escaping @Sendable (Observation) -> Double?,
    that condition: @escaping @Sendable (Double) -> Bool
  ) -> Quantity {
    Quantity(
      name: name, published: paper, released: released, band: band, experiments: experiments,
      includes: includes,
      computation: .ofValues(
        { $0.compactMap(value) }, { $0.map { condition($0) ? 1 : 0 }.mean }), growth: .share)
  }

  /// What resampling says nothing of.
  static func plain(
    _ name: String, paper: Printed? = nil, released: Printed? = nil, band: Band? = nil,
    _ experiments: [Experiment], where includes: @escaping Filter = everything,
    of statistic: @escaping @Sendable ([Observation]) -> Double?
  ) -> Quantity {
    Quantity(
      name: name, published: paper, released: released, band: band, experiments: experiments,
      includes: includes, computation: .plain(statistic))
  }
}

// MARK: Figures of several runs

extension Collection<Observation> {
  /// The line of `y` on `x` over the runs that have both.
  func line(_ x: (Observation) -> Double?, _ y: (Observation) -> Double?) -> LinearFit? {
    let (x, y) = pairs(x, y)
    return LinearFit(x: x, y: y)
  }

  /// The power law of `y` in `x`; runs where one is not positive are left out.
  func powerLaw(_ x: (Observation) -> Double?, _ y: (Observation) -> Double?) -> LinearFit? {
    let (x, y) = pairs(
      { x($0).flatMap { $0 > 0 ? $0 : nil } }, { y($0).flatMap { $0 > 0 ? $0 : nil } })
    return LinearFit.powerLaw(x: x, y: y)
  }

  /// Of the runs that have both.
  func pairs(_ x: (Observation) -> Double?, _ y: (Observation) -> Double?) -> (
    x: [Double], y: [Double]
  ) {
    var (allX, allY): ([Double], [Double]) = ([], [])
    for run in self {
      guard let x = x(run), let y = y(run) else { continue }
      allX.append(x)
      allY.append(y)
    }
    return (allX, allY)
  }

  /// The mean over the runs that have it.
  func mean(_ value: (Observation) -> Double?) -> Double? { compactMap(value).mean }

  /// The runs by modulus (or bits), ascending.
  var bySize: [(size: Int, runs: [Observation])] {
    Dictionary(grouping: self, by: \.size).map { (size: $0.key, runs: $0.value) }
      .sorted { $0.size < $1.size }
  }

  /// The median time to grokking, runs that did not grok counted as censored.
  var medianTimeWithCensoring: Double? {
    KaplanMeier.median(compactMap(\.timeToGrokking))
  }

  /// The same of T_grok · ηλ.
  var medianScaledTimeWithCensoring: Double? {
    KaplanMeier.median(
      compactMap { run in
        run.timeToGrokking.map { .init(time: $0.time * run.decay, isObserved: $0.isObserved) }
      })
  }
}

extension Observation {
  var timeOfGrokking: Double? { grokkingStep.map(Double.init) }
  var timeOfMemorization: Double? { memorizationStep.map(Double.init) }
  var hasGrokked: Bool { grokkingStep != nil }

  /// It grokked later than it memorised.
  var isDelayed: Bool { (delay ?? 0) > 0 }

  /// It is delayed though its norm did not fall.
  var violatesNecessity: Bool {
    guard isDelayed, let squaredNormAtMemorization, let finalSquaredNorm else { return false }
    return squaredNormAtMemorization <= finalSquaredNorm
  }
}
