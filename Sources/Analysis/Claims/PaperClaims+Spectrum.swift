/// What the Fourier spectrum of the logits shows. Only runs whose spectra were measured count.
extension PaperClaims {
  static let spectrumClaims: [Claim] = [
    Claim(
      id: 18,
      statement: "R, the power outside the strong bins, collapses at grokking and stays low",
      quantities: [
        .mean(
          "largest R between memorisation and grokking", paper: "0.119", band: .relative(0.4),
          .spectrum, of: { $0.largestShare(from: $0.memorizationStep, to: $0.grokkingStep) }),
        .mean("R at the end", paper: "0.0025", band: .atMost(0.02), .spectrum) {
          $0.spectra.last?.outsideShare
        },
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
      ]),
    Claim(
      id: 19, statement: "Few bins carry the learned function: K about 16, K* about 22",
      quantities: [
        .mean("mean K at the end", paper: "16.2", band: .relative(0.3), .spectrum) {
          $0.spectra.last.map { Double($0.strongBins) }
        },
        .figure("K* in S4", paper: "22", released: "22", band: .relative(0.3), .spectrum) {
          SpectralGap($0).map { Double($0.bins.count) }
        },
      ]),
    Claim(
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
        ransac("RANSAC's R² on its inliers, least of 100 random states") { $0.low },
        ransac("RANSAC's R² on its inliers, median", paper: "0.991") { $0.median },
        ransac("RANSAC's R² on its inliers, most") { $0.high },
      ]),
    Claim(
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
        .figure(
          "mean |ΔR| between the two", paper: "0.0019", released: "0.0019", band: .atMost(0.005),
          .spectrumInFull, .spectrumAgain, of: { meanShareDifference($0) }),
      ]),
  ]

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

  /// Over the spectra of the same seed and step in two experiments.
  private static func meanShareDifference(_ runs: [Observation]) -> Double? {
    var differences: [Double] = []
    for group in Dictionary(grouping: runs, by: \.seed).sorted(by: { $0.key < $1.key }) {
      guard let first = group.value.first, let last = group.value.last,
        first.source != last.source
      else { continue }
      let shares = Dictionary(
        last.spectra.map { ($0.step, $0.outsideShare) }, uniquingKeysWith: { a, _ in a })
      for spectrum in first.spectra {
        if let other = shares[spectrum.step] {
          differences.append((spectrum.outsideShare - other).magnitude)
        }
      }
    }
    return differences.mean
  }
}

extension Observation {
  /// The largest R at steps in the range; nil where there is none.
  fileprivate func largestShare(from first: Int?, to last: Int?) -> Double? {
    guard let first, let last, first <= last else { return nil }
    return spectra.filter { (first...last).contains($0.step) }.map(\.outsideShare).max()
  }
}
