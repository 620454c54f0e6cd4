import Bundles
import RunRecords
import Synchronization
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

  /// Replays a run in which a step takes `secondsPerStep` on one thread, and twice as many threads
  /// take a quarter of the time.
  ///
  /// - Returns: The report, and the divisions whose speed was asked for.
  private func replay(secondsPerStep: Double) throws -> (ReplayReport, tried: [ReplayDivision]) {
    let tried = Mutex<[ReplayDivision]>([])
    var replay = Replay(try FakeTraining().record(), with: FakeTraining(), jobs: 2)
    replay.pace = { _, _, division in
      tried.withLock { $0.append(division) }
      let threads = Double(division.threads)
      return Pace(of: division, step: secondsPerStep / (threads * threads), row: 0)
    }
    var estimates: [ReplayEstimate] = []
    let report = try replay.perform(begins: { estimates.append($0) })
    #expect(report.verdict == .identical)
    #expect(estimates.map(\.division) == [report.division])
    return (report, tried.withLock { $0 })
  }

  /// Two threads need a quarter of the time of one, so segments one after another beat two at once.
  @Test func aLongReplayIsDividedAsIsFastest() throws {
    let (report, tried) = try replay(secondsPerStep: 0.02)
    #expect(tried == [.init(engines: 2, threads: 1), .init(engines: 1, threads: 2)])
    #expect(report.division == .init(engines: 1, threads: 2))
  }

  /// Timing is useless where it takes longer than the whole replay.
  @Test func aShortReplayTakesSegmentsAtOnce() throws {
    let (report, tried) = try replay(secondsPerStep: 1e-5)
    #expect(tried == [.init(engines: 2, threads: 1)])
    #expect(report.division == .init(engines: 2, threads: 1))
  }
}
