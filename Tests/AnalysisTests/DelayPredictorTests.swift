import Bundles
import Configs
import Foundation
import RunRecords
import Testing

@testable import Analysis

@Suite struct DelayPredictorTests {
  private func run(seed: UInt64, grokking: Int = 1800) -> SyntheticRun {
    var run = SyntheticRun(fineSpec(seed: seed))
    run.grokking = grokking
    // Without a floor V falls by the same factor each step, so every form can be checked by hand.
    run.floor = 0
    run.lastStep = 3850
    return run
  }

  @Test func algorithmOneIsTheLogRatioOverGamma() throws {
    let run = run(seed: 1).observation
    let predictor = DelayPredictor(finalSquaredNorm: 300, delay: 900)
    let ratio = log(try #require(run.squaredNormAtMemorization) / 300)
    #expect(relativeError(predictor.delay(.algorithm(.single), for: run), ratio / 1e-3) < 1e-12)
    #expect(relativeError(predictor.delay(.algorithm(.double), for: run), ratio / 2e-3) < 1e-12)
    #expect(relativeError(predictor.delay(.algorithm(.fitted), for: run), ratio / 1.4e-3) < 1e-9)
    #expect(predictor.delay(.meanDelay, for: run) == 900)
    #expect(predictor.delay(.firstPassage, for: run) == nil)
  }

  @Test func algorithmOneIsSilentWithoutNormSeparation() throws {
    let run = run(seed: 1).observation
    let norm = try #require(run.squaredNormAtMemorization)
    let predictor = DelayPredictor(finalSquaredNorm: norm / 2, delay: 900)
    for gamma in Observation.Gamma.allCases {
      #expect(predictor.delay(.algorithm(gamma), for: run) == nil)
    }
  }

  @Test func firstPassageIsExactWhereGrokkingIsAPassage() throws {
    let runs = (1...5).map { run(seed: $0).observation }
    let predictor = try #require(DelayPredictor(calibratedOn: runs))
    #expect(relativeError(predictor.delay(.firstPassage, for: runs[0]), 1000) < 1e-9)
    #expect(relativeError(predictor.kappa, 0.7) < 1e-9)
  }

  @Test func heldOutRunsAreNotAmongTheirCalibration() {
    let runs = [1600, 1800, 2000].enumerated().map {
      run(seed: UInt64($0), grokking: $1).observation
    }
    // Delays 800, 1000, 1200; the means of the other two are 1100, 1000, 900.
    #expect(DelayPredictor.leavingOut(runs).map { $0?.delay } == [1100, 1000, 900])
  }

  @Test func aForecastUsesOtherSeedsOfTheSameKind() throws {
    var other = Preset.modularAddition.spec
    other.seed = 9
    let calibration = [run(seed: 1), run(seed: 2), SyntheticRun(other)].map(\.recorded)
    let forecast = try DelayForecast(of: run(seed: 1).recorded, calibratedOn: calibration)
    #expect(forecast.calibrationCount == 1)
    #expect(forecast.actualDelay == 1000)
    let published = try DelayForecast(of: run(seed: 1).recorded, calibratedOn: nil)
    #expect(published.predictor.finalSquaredNorm == 307)
  }

  @Test func aRunThatGoesOnHasAForecastAtMemorisation() throws {
    let run = run(seed: 1)
    let rows = run.trace.metrics
    let row = try #require(rows.first { $0.step == 800 })
    let forecast = try #require(DelayForecast(at: row, of: run.spec))
    let form = DelayPredictor.Form.algorithm(.double)
    let expected = log(run.norm(at: 800) / 307) / 2e-3
    #expect(relativeError(forecast.lines.first { $0.form == form }?.delay, expected) < 1e-12)
    #expect(DelayForecast(at: rows[0], of: run.spec) == nil)
    #expect(DelayForecast(at: row, of: Preset.tiny.spec) == nil)
  }

  /// The law is about a run whose settings stay as they are.
  @Test func nothingIsPredictedOfARunThatIsChangedAfterMemorisation() throws {
    func changed(at step: Int) throws -> SyntheticRun {
      var run = run(seed: 1)
      run.spec = try RunSpec(
        yaml: """
          task: {name: modular-addition}
          seed: 1
          log_interval: 10
          max_steps: 6000
          at: [{step: \(step), scale: {tensors: all, by: 1}}]
          """)
      return run
    }
    _ = try DelayForecast(of: changed(at: 800).recorded, calibratedOn: nil)
    let error = #expect(throws: AnalysisError.self) {
      try DelayForecast(of: changed(at: 801).recorded, calibratedOn: nil)
    }
    #expect(
      error?.description
        == "synthetic: it is changed at step 801, after it has memorised")
    let later = try changed(at: 801)
    let row = try #require(later.trace.metrics.first { $0.step == 800 })
    #expect(DelayForecast(at: row, of: later.spec) == nil)
    // A changed run is not of the same kind as an unchanged one, or as one changed in another way.
    let observations = try [run(seed: 1), changed(at: 700), changed(at: 710)].map(\.observation)
    for (index, one) in observations.enumerated() {
      for other in observations[(index + 1)...] { #expect(!one.isSameKind(as: other)) }
    }
  }

  @Test func nothingIsPredictedBeforeMemorisation() {
    var early = run(seed: 1)
    early.lastStep = 700
    #expect(throws: AnalysisError.self) {
      try DelayForecast(of: early.recorded, calibratedOn: nil)
    }
  }
}
