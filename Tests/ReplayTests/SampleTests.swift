import Archive
import Bundles
import Digests
import RunRecords
import Synchronization
import Testing

@testable import Replay

/// Replays of some of the segments.
@Suite struct SampleTests {
  private static let bundle = Digest(of: Array("a bundle".utf8))

  private func sealed(_ training: FakeTraining = FakeTraining()) throws -> RecordedRun {
    var run = try training.record()
    run.identities = .init(bundle: Self.bundle, result: Self.bundle)
    return run
  }

  /// Computed from SPEC.md alone, in Python.
  @Test func theOrderIsTheSpecifications() {
    #expect(ReplaySample.order(of: 6, bundle: Self.bundle, seed: 0) == [1, 4, 5, 0, 2, 3])
    #expect(
      ReplaySample.order(of: 6, bundle: Self.bundle, seed: 0x0102_0304_0506_0708) == [
        1, 2, 0, 5, 4, 3,
      ])
  }

  /// One segment of five is forged, the one from 40 to 80.
  @Test(arguments: [1, 2, 4, 5], [1, 2])
  func aForgedSegmentIsFoundExactlyWhereItIsReplayed(count: Int, jobs: Int) throws {
    let run = try sealed(FakeTraining(disturbedStep: 50))
    var found = 0
    for seed in 0..<UInt64(200) {
      let report = try Replay(
        run, with: FakeTraining(), jobs: jobs, extent: .sample(count: count, seed: seed)
      ).perform()
      let chosen = ReplaySample.order(of: 5, bundle: Self.bundle, seed: seed).prefix(count)
      #expect((report.verdict != .identical) == chosen.contains(2))
      #expect(report.sample?.segments == count)
      #expect(report.sample?.of == 5)
      #expect(report.sample?.missChance == Double(5 - count) / 5)
      found += report.verdict == .identical ? 0 : 1
    }
    // Binomial with 200 trials: five standard deviations are at most 35.
    #expect(abs(found - 40 * count) <= 35)
  }

  @Test func theShareIsThatOfTheSteps() throws {
    let report = try Replay(
      try sealed(), with: FakeTraining(), jobs: 1, extent: .sample(count: 5, seed: 1)
    ).perform()
    #expect(report.sample?.stepShare == 1)
    #expect(report.rowsCompared == 9)
    let one = try Replay(
      try sealed(), with: FakeTraining(), jobs: 1, extent: .sample(count: 1, seed: 1)
    ).perform()
    #expect(one.stepsExecuted < 161)
    #expect(one.sample?.stepShare == Double(one.stepsExecuted) / 161)
    #expect(one.rowsCompared <= 2 && one.checkpointsCompared == 1)
  }

  /// A part of the run is not said to be the whole, even if the beginning is in it.
  @Test(arguments: 1...5) func onlyTheWholeIsIdentical(count: Int) throws {
    let verdict: CanonicalJSON = count == 5 ? "identical" : "identical as far as replayed"
    for seed in 0..<UInt64(20) {
      let report = try Replay(
        try sealed(), with: FakeTraining(), jobs: 1, extent: .sample(count: count, seed: seed)
      ).perform()
      #expect(report.verdict == .identical)
      #expect(report.isWhole == (count == 5))
      #expect(report.isOutcomeCompared == (count == 5))
      #expect(report.json["outcome_compared"] == .bool(count == 5))
      #expect(report.json["verdict"] == verdict)
    }
  }

  @Test func aBudgetTakesWhatFits() {
    let seconds = [3.0, 1, 2, 5]
    let expected: [(Double, Int)] = [(0.1, 1), (3, 1), (4, 2), (5.9, 2), (6, 3), (11, 4), (99, 4)]
    for (budget, count) in expected {
      #expect(ReplayExtent.budget(seconds: budget, seed: 0).count(of: seconds) == count)
    }
    #expect(ReplayExtent.sample(count: 9, seed: 0).count(of: seconds) == 4)
  }

  @Test func aRunWithoutIdentityHasNoSample() throws {
    let run = try FakeTraining().record()
    #expect(throws: ReplayError.self) {
      try Replay(run, with: FakeTraining(), jobs: 1, extent: .sample(count: 1, seed: 0)).perform()
    }
  }

  @Test(arguments: [1, 2]) func everyCheckpointThatAgreesIsKept(jobs: Int) throws {
    let kept = Mutex<[Int: [UInt8]]>([:])
    let run = try sealed()
    _ = try Replay(run, with: FakeTraining(), jobs: jobs) { step, bytes in
      kept.withLock { $0[step] = bytes }
    }.perform()
    let found = kept.withLock { $0 }
    #expect(found.keys.sorted() == [0, 40, 80, 120, 160])
    for (step, bytes) in found { #expect(try run.checkpointBytes(step: step) == bytes) }
  }

  @Test func anEstimateComesFirst() throws {
    var estimates: [ReplayEstimate] = []
    _ = try Replay(try sealed(), with: FakeTraining(), jobs: 2).perform(begins: {
      estimates.append($0)
    })
    #expect(estimates.map(\.steps) == [161])
    #expect(estimates.map(\.segments) == [5])
    #expect(estimates.map(\.division) == [ReplayDivision(engines: 2, threads: 1)])
  }
}
