import Bundles
import Replay
import RunRecords
import Testing

/// Distances between runs of the fake trainer, whose 160 steps end with a logged one.
@Suite struct ParameterDistanceTests {
  /// A run with another batch differs from the others from this step on.
  private struct Forking: Reexecutor {
    var step: Int

    func training(_ spec: RunSpec) -> FakeTraining {
      FakeTraining(disturbedStep: spec.batch == FakeTraining.spec.batch ? nil : step)
    }

    func supports(numerics: Int) -> Bool { true }

    func start(
      _ spec: RunSpec, from checkpoint: Checkpoint?, threads: Int
    ) throws -> any Reexecution {
      try training(spec).start(spec, from: checkpoint, threads: threads)
    }
  }

  private func record(
    _ training: Forking, path: String, _ change: (inout RunSpec) -> Void = { _ in }
  ) throws -> RecordedRun {
    var spec = FakeTraining.spec
    change(&spec)
    return try training.training(spec).record(spec, path: path)
  }

  private func forked(_ training: Forking) throws -> RecordedRun {
    try record(training, path: "forked") { $0.batch += 1 }
  }

  /// The last step that both have is measured, whatever the interval is. Before it, nothing of the
  /// fork is seen.
  @Test(arguments: [1, 3], [60, 1000])
  func theLastCommonStepIsMeasured(jobs: Int, interval: Int) throws {
    let training = Forking(step: 150)
    let distance = try ParameterDistance.measure(
      record(training, path: "base"), forked(training), interval: interval, with: training,
      jobs: jobs
    ).get()
    #expect(distance.points.map(\.step) == (interval == 60 ? [0, 60, 120, 160] : [0, 160]))
    for point in distance.points {
      #expect(point.isEqual == (point.step < 150))
      #expect((point.distance > 0) == (point.step >= 150))
    }
    #expect(distance.firstApart?.step == 160)
    #expect(distance.farthest?.step == 160)
    #expect(distance.json["farthest_step"] == 160)
  }

  @Test func whatOnlyOneOfTheRunsHasIsNotMeasured() throws {
    let training = Forking(step: 10)
    let short = try record(training, path: "short") {
      $0.batch += 1
      $0.maxSteps = 100
    }
    let long = try record(training, path: "long")
    for (a, b) in [(long, short), (short, long)] {
      let distance = try ParameterDistance.measure(
        a, b, interval: 30, with: training, jobs: 1
      ).get()
      #expect(distance.points.map(\.step) == [0, 30, 60, 80])
      #expect(distance.firstApart?.step == 30)
    }
  }

  @Test func equalRunsAreFarthestApartNowhere() throws {
    let training = Forking(step: 150)
    let base = try record(training, path: "base")
    let distance = try ParameterDistance.measure(
      base, base, interval: 40, with: training, jobs: 1
    ).get()
    #expect(distance.points.count == 5 && distance.points.allSatisfy(\.isEqual))
    #expect(distance.farthest?.step == nil && distance.firstApart?.step == nil)
    #expect(distance.json["farthest_step"] == .null)
    #expect(distance.json["first_step_1_percent_apart"] == .null)
  }

  /// Which of the two runs is not what its record says.
  @Test func theRunThatDiffersFromItsRecordIsNamed() throws {
    let training = Forking(step: 150)
    let base = try record(training, path: "base")
    var forged = try record(training, path: "forged")
    forged.trace.metrics[3].trainLoss = 7
    for (a, b) in [(base, forged), (forged, base)] {
      let result = try ParameterDistance.measure(a, b, interval: 40, with: training, jobs: 1)
      guard case .failure(let failure) = result else {
        Issue.record("\(result)")
        continue
      }
      #expect(failure.path == "forged")
      #expect(failure.report.rowsCompared == 3)
    }
  }
}
