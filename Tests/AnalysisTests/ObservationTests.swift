import Bundles
import Foundation
import RunRecords
import Testing

@testable import Analysis

@Suite struct ObservationTests {
  /// S1's view: logged every 200 steps, 2000 steps after grokking.
  private func view(_ run: SyntheticRun) -> Observation? {
    var view = Preset.modularAddition.spec
    view.seed = run.spec.seed
    return Observation(of: run.spec, trace: run.trace, viewedAs: view, source: "a")
  }

  @Test func aViewHasTheRowsThatACoarserRunWouldHaveLogged() throws {
    var run = SyntheticRun(fineSpec())
    (run.memorization, run.grokking) = (750, 1650)
    let found = try #require(view(run))
    // The events' steps are the first logged ones at or after them. The last row is the first
    // logged step greater than 1800 + 2000.
    #expect(found.memorizationStep == 800)
    #expect(found.grokkingStep == 1800)
    #expect(found.rows.map(\.step) == Array(stride(from: 0, through: 4000, by: 200)))
    #expect(found.squaredNormAtMemorization == run.norm(at: 800))
    #expect(found.finalSquaredNorm == run.norm(at: 4000))
    #expect(found.delay == 1000)
  }

  @Test func aRunThatEndsBeforeTheViewDoesNotGiveIt() {
    var run = SyntheticRun(fineSpec())
    run.lastStep = 3999
    #expect(view(run) == nil)
    run.lastStep = 4000
    #expect(view(run) != nil)
    // Never grokked: the view goes on to 49 800.
    run.grokking = .max
    #expect(view(run) == nil)
  }

  @Test func aRunLoggedAtOtherStepsDoesNotGiveTheView() {
    var spec = fineSpec()
    spec.logInterval = 300
    #expect(view(SyntheticRun(spec)) == nil)
  }

  @Test func theViewOfARunsOwnConfigIsItsOutcome() throws {
    let run = SyntheticRun(fineSpec())
    let outcome = Outcome(
      trace: run.trace, stop: run.spec.stop, initialSquaredNorm: 0, lastStep: run.lastStep,
      stopReason: .maxSteps)
    #expect(run.observation.memorizationStep == outcome.memorizationStep)
    #expect(run.observation.grokkingStep == outcome.grokkingStep)
    #expect(run.observation.squaredNormAtMemorization == outcome.squaredNormAtMemorization)
  }

  @Test func gammaHasThreeMeanings() throws {
    let run = try #require(view(SyntheticRun(fineSpec())))
    #expect(relativeError(run.gamma(.single), 1e-3) < 1e-12)
    #expect(relativeError(run.gamma(.double), 2e-3) < 1e-12)
    // V falls at 2 · 0.7 · ηλ exactly.
    #expect(relativeError(run.gamma(.fitted), 1 - exp(-1.4e-3)) < 1e-8)
  }
}
