import Bundles
import Foundation
import Replay
import Testing

/// Replays bundles/golden: the bits of a version never change, in any build, on any number of
/// threads.
@Suite struct GoldenTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "bundles/golden")

  @Test(arguments: [
    "addition-adamw", "addition-sgd", "multiplication-adamw", "multiplication-sgd", "parity-adamw",
    "parity-sgd",
  ])
  func tinyRunsReplayToTheSameBits(name: String) throws {
    let bundle = Self.folder.appending(path: "tiny-\(name).tar.zst").path
    let run = try RecordedRun(opening: bundle)
    try run.verify()
    for jobs in [1, 3] {
      let report = try Replay(run, with: TrainerReexecutor(), jobs: jobs).perform()
      #expect(report.verdict == .identical, "\(name), \(jobs) jobs: \(report)")
    }
  }
}
