import RunRecords
import Testing

@testable import Bundles

@Suite struct RunConsistencyTests {
  private func reason(_ run: SampleRun) -> BundleError.Reason? {
    do throws(BundleError) {
      let outcome = try RunConsistency.outcome(
        of: run.trace, spec: run.spec, initialSquaredNorm: run.outcome.initialSquaredNorm)
      #expect(outcome == run.outcome)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: [
    SampleRun(), SampleRun(rows: 1), SampleRun(rows: 0, diverged: true),
    SampleRun(rows: 3, diverged: true), SampleRun(rows: 5, grokked: true),
    SampleRun(rows: 9, grokked: true),
  ]) func theTraceOfAFinishedRunGivesItsOutcome(run: SampleRun) {
    #expect(reason(run) == nil)
  }

  @Test func everyRowHasTheStepOfItsPlace() {
    var run = SampleRun()
    run.trace.metrics[1].step = 11
    #expect(reason(run) == .trace)
    run = SampleRun()
    run.trace.metrics.removeFirst()
    #expect(reason(run) == .trace)
  }

  @Test func noRowIsPastTheLastStep() {
    var run = SampleRun()
    run.spec.maxSteps = 40
    #expect(reason(run) == .trace)
  }

  @Test func noRowIsPastTheEndOfTheStopRule() {
    var run = SampleRun(rows: 9, grokked: true)
    run.spec.stop.stepsAfterGrokking -= 10
    #expect(reason(run) == .trace)
  }

  @Test func aRunThatKeepsNoCheckpointsHasNone() {
    let run = SampleRun(checkpointInterval: 0)
    #expect(RunConsistency.checkpointSteps(spec: run.spec, trace: run.trace) == [])
  }
}
