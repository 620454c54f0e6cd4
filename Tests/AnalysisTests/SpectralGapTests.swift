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

  @Test func withoutSpectraThereIsNothing() {
    #expect(SpectralGap([SyntheticRun(fineSpec()).observation]) == nil)
  }
}
