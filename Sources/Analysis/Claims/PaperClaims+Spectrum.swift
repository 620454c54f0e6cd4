/// What the Fourier spectrum of the logits shows. Only runs whose spectra were measured count.
extension PaperClaims {
  static let spectrumClaims: [Claim] = [collapse, bins, gap, resolution].map { claim in
    var claim = claim
    for index in claim.quantities.indices { claim.quantities[index].needsSpectra = true }
    return claim
  }

  private static let collapse = Claim(
    id: 18,
    statement: "R, the power outside the strong bins, collapses at grokking and stays low",
    quantities: [
      .mean(
        "largest R between memorisation and grokking", paper: "0.119", released: "0.056",
        band: .relative(0.4),
        .spectrum, of: \.largestShareWhileDelayed),
      .mean(
        "the same, full resolution", .spectrumInFull, of: \.largestShareWhileDelayed),
      .values(
        "the same, R outside K*", .spectrum, of: { sharesOutsideCommonBins($0, \.whileDelayed) },
        by: { $0.mean }),
      .mean("R at the end", paper: "0.0025", released: "0.0080", band: .atMost(0.02), .spectrum) {
        $0.spectra.last?.outsideShare
      },
      .mean("R at the end, full resolution", .spectrumInFull) { $0.spectra.last?.outsideShare },
      .values(
        "R at the end, outside K*", .spectrum,
        of: { sharesOutsideCommonBins($0) { $0.spectra.suffix(1) } }, by: { $0.mean }),
      .summary(
        "smallest R at the end", released: "0.003", .spectrum,
        of: { $0.spectra.last?.outsideShare }, by: { $0.min() }),
      .summary(
        "largest R at the end", released: "0.016", .spectrum,
        of: { $0.spectra.last?.outsideShare }, by: { $0.max() }),
      .summary(
        "largest R later than T_grok + 2000", band: .atMost(0.06), .spectrum,
        of: { $0.largestShare(from: $0.grokkingStep.map { $0 + 2000 }, to: .max) },
        by: { $0.max() }),
    ])

  private static let bins = Claim(
    id: 19, statement: "Few bins carry the learned function: K about 16, K* about 22",
    quantities: [
      .mean("mean K at the end", paper: "16.2", released: "14.0", band: .relative(0.3), .spectrum) {
        $0.spectra.last.map { Double($0.strongBins) }
      },
      .mean("mean K at the end, full resolution", .spectrumInFull) {
        $0.spectra.last.map { Double($0.strongBins) }
      },
      .mean("mean K at the end, one-sided bins", .spectrum) {
        $0.spectra.last.map { Double($0.strongOneSidedBins) }
      },
      .figure("K* in S4", paper: "22", released: "22", band: .relative(0.3), .spectrum) {
        SpectralGap($0).map { Double($0.bins.count) }
      },
      .mean("mean K* of each run by itself", .spectrum) {
        SpectralGap([$0]).map { Double($0.bins.count) }
      },
    ])

  private static let gap = Claim(
    id: 20, statement: "The generalisation gap is linear in R, and never negative",
    quantities: [
      .figure("slope", paper: "13.87", released: "13.49", band: .relative(0.4), .spectrum) {
        SpectralGap($0)?.line?.slope
      },
      .figure("intercept", paper: "1.33", released: "1.62", .spectrum) {
        SpectralGap($0)?.line?.intercept
      },
      .figure("R²", paper: "0.769", released: "0.736", band: .absolute(0.15), .spectrum) {
        SpectralGap($0)?.line?.rSquared
      },
      .plain("points", paper: "10", released: "10", [.spectrum]) {
        SpectralGap($0).map { Double($0.points.count) }
      },
      .plain("smallest gap", band: .atLeast(0), [.spectrum]) {
        SpectralGap($0)?.points.map(\.gap).min()
      },
      .plain("points if R were outside each spectrum's own K", [.spectrum]) {
        SpectralGap($0, outside: .strongBins).map { Double($0.points.count) }
      },
      ransac("RANSAC's R² on its inliers, least of 100 random states") { $0.low },
      ransac("RANSAC's R² on its inliers, median", paper: "0.991") { $0.median },
      ransac("RANSAC's R² on its inliers, most") { $0.high },
    ])

  private static let resolution = Claim(
    id: 21, statement: "The resolution of the spectrum does not matter",
    quantities: [
      .figure(
        "slope, full resolution", paper: "15.81", released: "15.81", band: .relative(0.4),
        .spectrumInFull, of: { SpectralGap($0)?.line?.slope }),
      .figure("R², full", paper: "0.767", released: "0.767", .spectrumInFull) {
        SpectralGap($0)?.line?.rSquared
      },
      .figure("intercept, full", paper: "1.12", released: "1.12", .spectrumInFull) {
        SpectralGap($0)?.line?.intercept
      },
      .plain("points, full", [.spectrumInFull]) {
        SpectralGap($0).map { Double($0.points.count) }
      },
      .figure("K*, full", paper: "23", released: "23", .spectrumInFull) {
        SpectralGap($0).map { Double($0.bins.count) }
      },
      .figure(
        "slope, low resolution", paper: "13.49", released: "13.49", band: .relative(0.4),
        .spectrumAgain, of: { SpectralGap($0)?.line?.slope }),
      .figure("R², low", paper: "0.736", released: "0.736", .spectrumAgain) {
        SpectralGap($0)?.line?.rSquared
      },
      .figure("K*, low", paper: "22", released: "22", .spectrumAgain) {
        SpectralGap($0).map { Double($0.bins.count) }
      },
      .values(
        "mean |ΔR| between the two", paper: "0.0019", released: "0.0019", band: .atMost(0.005),
        .spectrumInFull, .spectrumAgain, of: { shareDifferences($0) }, by: { $0.mean }),
    ])

  private static func ransac(
    _ name: String, paper: Quantity.Printed? = nil,
    _ pick: @escaping @Sendable ((low: Double, median: Double, high: Double)) -> Double
  ) -> Quantity {
    .plain(name, paper: paper, [.spectrum]) { runs in
      guard let points = SpectralGap(runs)?.points else { return nil }
      return RANSAC.spread(x: points.map(\.share), y: points.map(\.gap)) { $0.fit.rSquared }
        .map(pick)
    }
  }

  /// Between the spectra of the same seed and step in both resolutions.
  private static func shareDifferences(_ runs: [Observation]) -> [Double] {
    let bySeed = Dictionary(grouping: runs, by: \.seed).sorted { $0.key < $1.key }
    return bySeed.flatMap { _, runs -> [Double] in
      guard let full = runs.first(where: { $0.spectra.first?.isFull == true }),
        let low = runs.first(where: { $0.spectra.first?.isFull == false })
      else { return [] }
      return full.spectra.compactMap { spectrum in
        low.spectra.first { $0.step == spectrum.step }
          .map { (spectrum.outsideShare - $0.outsideShare).magnitude }
      }
    }
  }

  /// The largest R outside the common K* among the chosen spectra of each run.
  private static func sharesOutsideCommonBins(
    _ runs: [Observation], _ spectra: (Observation) -> ArraySlice<Observation.Spectrum>
  ) -> [Double] {
    guard let gap = SpectralGap(runs) else { return [] }
    return runs.compactMap { run in spectra(run).compactMap { gap.share(outside: $0) }.max() }
  }
}

extension Observation {
  /// The spectra from memorisation to grokking.
  fileprivate var whileDelayed: ArraySlice<Spectrum> {
    guard let memorizationStep, let grokkingStep else { return [] }
    return spectra.filter { $0.step >= memorizationStep && $0.step <= grokkingStep }[...]
  }

  fileprivate var largestShareWhileDelayed: Double? { whileDelayed.map(\.outsideShare).max() }

  /// The largest R at steps in the range; nil where there is none.
  fileprivate func largestShare(from first: Int?, to last: Int) -> Double? {
    guard let first, first <= last else { return nil }
    return spectra.filter { (first...last).contains($0.step) }.map(\.outsideShare).max()
  }
}
