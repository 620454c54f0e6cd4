import RunRecords
import Testing

@Suite struct ScheduleTests {
  private static func schedule(
    max: Int, log: Int, checkpoints: Int = 0, after: Int = 5
  ) -> Schedule {
    var spec = Preset.tiny.spec
    spec.maxSteps = max
    spec.logInterval = log
    spec.checkpointInterval = checkpoints
    spec.stop.stepsAfterGrokking = after
    return Schedule(spec)
  }

  @Test(arguments: [
    (1, 1, 0), (1, 100, 0), (100, 100, 0), (101, 100, 100), (50_000, 200, 49_800), (7, 3, 6),
  ])
  func theLastStepIsTheLastLoggedOneBelowTheMaximum(max: Int, log: Int, last: Int) {
    let schedule = Self.schedule(max: max, log: log)
    #expect(schedule.lastStep == last)
    #expect(schedule.reasonToStop(after: last, grokkingStep: nil) == .maxSteps)
    if last > 0 { #expect(schedule.reasonToStop(after: last - log, grokkingStep: nil) == nil) }
  }

  /// "once step > T_grok + 2000", on logged steps (arXiv 2603.13331's authors' scripts).
  @Test(arguments: [(200, 2000, 1800, 4000), (200, 1999, 1800, 3800), (500, 0, 1000, 1500)])
  func theRunEndsAfterTheFirstLoggedStepBeyond(log: Int, after: Int, grokked: Int, end: Int) {
    let schedule = Self.schedule(max: 50_000, log: log, after: after)
    #expect(schedule.expectedEnd(grokkingStep: grokked) == end)
    for step in stride(from: 0, through: end, by: schedule.logInterval) where step >= grokked {
      #expect(
        schedule.reasonToStop(after: step, grokkingStep: grokked) == (step == end ? .grokked : nil))
    }
  }

  @Test func grokkingWinsOverTheMaximum() {
    let schedule = Self.schedule(max: 21, log: 10, after: 5)
    #expect(schedule.reasonToStop(after: 20, grokkingStep: 10) == .grokked)
    #expect(schedule.reasonToStop(after: 20, grokkingStep: 20) == .maxSteps)
    #expect(schedule.expectedEnd(grokkingStep: 20) == 20)
  }

  @Test func checkpointsAreThoseOfTheIntervalAndTheLast() {
    let schedule = Self.schedule(max: 100, log: 5, checkpoints: 20)
    #expect(schedule.checkpointSteps(lastStep: 45, stopReason: .grokked) == [0, 20, 40, 45])
    #expect(schedule.checkpointSteps(lastStep: 40, stopReason: .maxSteps) == [0, 20, 40])
    #expect(schedule.checkpointSteps(lastStep: 45, stopReason: .diverged) == [0, 20, 40])
    #expect(schedule.checkpointSteps(lastStep: -1, stopReason: .diverged) == [])
    let none = Self.schedule(max: 100, log: 5)
    #expect(none.checkpointSteps(lastStep: 45, stopReason: .grokked) == [])
  }
}
