internal import RunRecords

/// The regression of the generalisation gap on the spread of the spectrum, as in the scripts of
/// arXiv 2603.13331.
///
/// All is over the p/2+1 one-sided bins. K* is the smallest set of bins with 99 % of the mean
/// spectrum later than T_grok + 1000, pooled over runs. R is the share of a spectrum outside K*.
/// There is a point for each spectrum before T_grok − 500 with an R of at least 0.03. Its gap is
/// the validation loss at the first logged step from the spectrum's step on, minus the mean of the
/// last five after T_grok + 2000.
package struct SpectralGap: Sendable {
  package struct Point: Sendable, Hashable {
    package var share: Double
    package var gap: Double
    /// The source of the run that the spectrum is of.
    package var source: String
    package var step: Int
  }

  /// K*.
  package var bins: Set<Int>
  package var points: [Point]

  /// The bins that R leaves out.
  package enum Convention: String, Sendable, CaseIterable {
    /// K*, the same for all spectra.
    case common
    /// The bins above 1 % of the spectrum's own peak, among the one-sided bins.
    case own
  }

  /// Nil if no run has a spectrum later than T_grok + 1000, or if those have different numbers of
  /// bins.
  package init?(_ runs: [Observation], outside convention: Convention = .common) {
    let runs = runs.filter { !$0.spectra.isEmpty && $0.grokkingStep != nil }
    var pooled: [Double] = []
    for run in runs {
      for spectrum in run.spectra where spectrum.step > run.grokkingStep! + 1000 {
        let half = spectrum.oneSided
        if pooled.isEmpty { pooled = half.map { _ in 0 } }
        guard half.count == pooled.count else { return nil }
        for bin in half.indices { pooled[bin] += half[bin] }
      }
    }
    guard !pooled.isEmpty else { return nil }
    let total = pooled.reduce(0, +)
    var covered = 0.0
    bins = []
    for bin in pooled.indices.sorted(by: { pooled[$0] > pooled[$1] }) where covered < 0.99 {
      bins.insert(bin)
      covered += pooled[bin] / total
    }
    points = []
    for run in runs {
      let late = run.rows.filter { $0.step > run.grokkingStep! + 2000 }.suffix(5)
      guard let floor = late.map(\.validationLoss).mean else { continue }
      for spectrum in run.spectra where spectrum.step < run.grokkingStep! - 500 {
        guard
          let share = convention == .common
            ? spectrum.share(outside: bins) : spectrum.oneSidedOutsideShare, share >= 0.03,
          let row = run.rows.first(where: { $0.step >= spectrum.step })
        else { continue }
        points.append(
          Point(
            share: share, gap: row.validationLoss - floor, source: run.source, step: spectrum.step))
      }
    }
  }

  package var line: LinearFit? { LinearFit(x: points.map(\.share), y: points.map(\.gap)) }
}
