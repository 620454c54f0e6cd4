import RunRecords
import Testing

@testable import Analysis

@Suite struct SpectralGapTests {
  /// p = 9, so bins 0...4: after grokking all power is in bins 1 and 2; before, a share lies in
  /// bin 4.
  private var run: Observation {
    var run = SyntheticRun(fineSpec())
    run.lastStep = 5900
    var observation = run.observation
    // Validation loss 2 everywhere, so gaps are made by the rows before T_grok − 500 = 1300.
    for index in observation.rows.indices {
      switch observation.rows[index].step {
      case 500: observation.rows[index].validationLoss = 2 + 5
      case 1000: observation.rows[index].validationLoss = 2 + 3
      default: break
      }
    }
    func spectrum(_ step: Int, _ half: [Double]) -> Observation.Spectrum {
      .init(
        step: step, power: half + half.dropFirst().reversed(), outsideShare: 0, strongBins: 2)
    }
    observation.spectra = [
      spectrum(0, [0, 60, 40, 0, 1]), spectrum(500, [0, 30, 30, 0, 40]),
      spectrum(1000, [0, 40, 40, 0, 20]), spectrum(1500, [0, 10, 10, 0, 80]),
      spectrum(3000, [0, 50, 50, 0, 0]), spectrum(3500, [0, 60, 40, 0, 0.5]),
    ]
    return observation
  }

  @Test func pointsAndBinsAreThoseOfTheDefinition() throws {
    let gap = try #require(SpectralGap([run]))
    #expect(gap.bins == [1, 2])
    // Step 0 has R below 0.03, step 1500 is too late.
    #expect(gap.points.map(\.gap) == [5, 3])
    #expect(relativeError(gap.points[0].share, 0.4) < 1e-12)
    #expect(relativeError(gap.points[1].share, 0.2) < 1e-12)
    // Through (0.2, 3) and (0.4, 5).
    #expect(relativeError(gap.line?.slope, 10) < 1e-12)
    #expect(relativeError(gap.line?.intercept, 1) < 1e-12)
  }

  /// K* grows with the runs that are pooled, so that a mean over groups is one of whole groups: the
  /// interval is Student's, here of 2, 2, 2, 2 and 3 bins, with t = 2.776 and s² = 0.2.
  @Test func groupsAreSamplesOfTheirOwn() throws {
    let runs = (1...5).map { seed in
      var run = run
      run.config["seed"] = .number(Double(seed))
      if seed == 5 {
        for index in run.spectra.indices where run.spectra[index].step >= 3000 {
          run.spectra[index].power = [0, 40, 30, 30, 0, 0, 30, 30, 40]
        }
      }
      return run
    }
    let found = try #require(
      try estimate("gap_regression: {give: bins}, by: seed, then: mean", of: runs))
    let interval = try #require(found.interval)
    #expect(relativeError(found.value, 2.2) < 1e-12 && interval.method == .student)
    #expect(relativeError(interval.range.upperBound - 2.2, 2.7764451 * 0.2) < 1e-6)
    #expect(relativeError(2.2 - interval.range.lowerBound, 2.7764451 * 0.2) < 1e-6)
    // Together they have three bins, as one of them has.
    let together = try estimate("gap_regression: {give: bins}", of: runs)
    #expect(together?.value == 3)
    for other in ["max", "range", "ratio"] {
      let found = try estimate("gap_regression: {give: bins}, by: seed, then: \(other)", of: runs)
      #expect(found != nil && found?.interval == nil)
    }
  }

  @Test func runsWhoseSpectraAreNotMeasuredAreMissing() throws {
    let file = try ClaimsFile.asking("mean: last(spectrum.outside)")
    let evidence = Evidence(
      ["all": [run, SyntheticRun(fineSpec()).observation]],
      planned: ["all": .init(cells: [Observation(planned: fineSpec())], missing: [1])])
    let found = try #require(file.claims[0].beside[0].estimate(from: evidence))
    #expect(found.count == 1 && found.runCount == 1 && found.plannedCount == 3)
    #expect(!found.isComplete)
  }

  @Test func withoutSpectraThereIsNothing() {
    #expect(SpectralGap([SyntheticRun(fineSpec()).observation]) == nil)
  }
}
