import Bundles
import Foundation
import Replay
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
    // First logged steps at or after the events, and the first logged step greater than 1800 + 2000.
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

  @Test func theThreeMeaningsOfGammaGiveThreeEscapeTimes() throws {
    let run = try #require(view(SyntheticRun(fineSpec())))
    let ratio = try #require(run.logRatio)
    #expect(relativeError(run.escapeTime(.single), ratio / 1e-3) < 1e-12)
    #expect(relativeError(run.escapeTime(.double), ratio / 2e-3) < 1e-12)
    // V falls at 2 · 0.7 · ηλ exactly.
    #expect(relativeError(run.escapeTime(.fitted), ratio / (1 - exp(-1.4e-3))) < 1e-8)
  }

  @Test func evidenceFindsCellsByConfigAndDerivesTheOthers() throws {
    let fine = SyntheticRun(fineSpec(seed: 43, steps: 50_000)).recorded
    let evidence = try Evidence(runs: [fine])
    // Seed 43 of the base cell, logged every 10 steps, is a run of each of these.
    for experiment in [
      Experiment.contraction, .decaySweep, .modulusSweep, .modulusSweepFine, .spectrum, .rateSweep,
      .jointSweep, .optimizers, .spectrumInFull, .spectrumAgain, .threeOptimizers, .baseFine,
    ] {
      let found = evidence[experiment]
      // S2 looks at 500, 1000, …: its runs end at the same rule.
      #expect(found.map(\.seed) == [43], "\(experiment)")
    }
    #expect(evidence[.multiplication].isEmpty && evidence[.undescribed].isEmpty)
    #expect(evidence[.decaySweep].first?.logInterval == 500)
    #expect(evidence[.decaySweep].first?.grokkingStep == 2000)
  }

  @Test func anExactRunComesBeforeADerivedView() throws {
    let fine = SyntheticRun(fineSpec(steps: 50_000))
    var exact = SyntheticRun(Preset.modularAddition.spec)
    exact.lastStep = 4000
    let evidence = try Evidence(runs: [fine.recorded, exact.recorded])
    #expect(
      evidence[.contraction].map(\.source) == [exact.recorded.identities?.bundle.hex])
  }

  @Test func theExperimentsHaveTheRunsOfThePaper() {
    let counts = Experiment.paper.map(\.cells.count)
    #expect(counts == [10, 80, 49, 5, 25, 45, 10, 5, 5, 15, 20, 15, 9])
    #expect(counts.reduce(0, +) == 293)
  }
}
