import Bundles
import RunRecords
import Testing

@testable import Replay

@Suite struct ReplayDivisionTests {
  @Test func halvesTheEnginesDownToOne() {
    func candidates(_ jobs: Int, _ segments: Int) -> [[Int]] {
      ReplayDivision.candidates(jobs: jobs, segments: segments).map { [$0.engines, $0.threads] }
    }
    #expect(candidates(1, 5) == [[1, 1]])
    #expect(candidates(8, 1) == [[1, 8]])
    #expect(candidates(2, 5) == [[2, 1], [1, 2]])
    #expect(candidates(64, 20) == [[20, 3], [10, 6], [5, 12], [2, 32], [1, 64]])
  }

  /// Two threads take a quarter of the time of one, so segments one after the other beat two at once.
  @Test func aLongReplayIsDividedAsIsFastest() throws {
    let run = try FakeTraining().record()
    let slow = FakeTraining(secondsPerStep: 0.02)
    var estimates: [ReplayEstimate] = []
    let report = try Replay(run, with: slow, jobs: 2).perform(begins: { estimates.append($0) })
    #expect(report.verdict == .identical)
    #expect(report.division == ReplayDivision(engines: 1, threads: 2))
    #expect(estimates.map(\.division) == [report.division])
  }

  /// Of no use where all is done in less time than the timing takes.
  @Test func aShortReplayTakesSegmentsAtOnce() throws {
    let run = try FakeTraining().record()
    let report = try Replay(run, with: FakeTraining(secondsPerStep: 1e-5), jobs: 2).perform()
    #expect(report.division == ReplayDivision(engines: 2, threads: 1))
  }
}
