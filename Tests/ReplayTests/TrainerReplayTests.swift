import Archive
import Bundles
import Catalogue
import Comparison
import Foundation
import Replay
import RunRecords
import Testing

/// Replays of real runs by the real trainer.
@Suite struct TrainerReplayTests {
  static func replay(_ path: String, jobs: Int) throws -> ReplayReport {
    let run = try RecordedRun(opening: path)
    try run.verify()
    return try Replay(run, with: TrainerReexecutor(), jobs: jobs).perform()
  }

  @Test func directoryFullAndThinBundleAreIdenticalToTheirReplays() throws {
    let runs = try TinyRuns()
    let directory = try runs.perform()
    let full = runs.folder + "/full.tar.zst"
    let thin = runs.folder + "/thin.tar.zst"
    try BundleWriter.pack(runDirectory: directory, to: full)
    try BundleWriter.pack(runDirectory: directory, to: thin, thin: true)
    for path in [directory, full, thin] {
      for jobs in [1, 2] {
        let report = try Self.replay(path, jobs: jobs)
        #expect(report.verdict == .identical)
        #expect(report.checkpointsCompared == 4)
        #expect(report.segments == (jobs == 1 || path == thin ? 1 : 4))
      }
    }
    let identities = try [full, thin].map { try RecordedRun(opening: $0).identities }
    #expect(identities[0]?.result == identities[1]?.result)
    #expect(identities[0]?.bundle != identities[1]?.bundle)
    #expect(try RunDiff(RecordedRun(opening: full), RecordedRun(opening: thin)).isIdentical)
    #expect(try RunDiff(RecordedRun(opening: full), RecordedRun(opening: directory)).isIdentical)
  }

  @Test(arguments: [1, 2])
  func sealedForgeryPassesVerifyAndFailsReplay(jobs: Int) throws {
    let runs = try TinyRuns()
    let directory = try runs.perform()
    let trace = try RecordedRun(opening: directory).trace
    let row = trace.metrics[4]
    var forged = row
    forged.validationLoss = row.validationLoss.nextUp
    try runs.edit(directory + "/trace/metrics.csv", row.csvLine, forged.csvLine)
    let bundle = runs.folder + "/forged.tar.zst"
    try BundleWriter.pack(runDirectory: directory, to: bundle)
    let report = try Self.replay(bundle, jobs: jobs)
    guard case .different(.row(let step, let cells, .same)) = report.verdict else {
      Issue.record("\(report.verdict)")
      return
    }
    #expect(step == row.step)
    #expect(cells.map(\.column) == ["validation_loss"])
    #expect(cells.map(\.ulps) == [1])
  }

  /// The config claims a seed that did not give these results.
  @Test func anotherSeedIsFoundAtStepZero() throws {
    let runs = try TinyRuns()
    let directory = try runs.perform { $0.checkpointInterval = 0 }
    try runs.edit(directory + "/config.json", "\"seed\":\"42\"", "\"seed\":\"43\"")
    for jobs in [1, 2] {
      let report = try Self.replay(directory, jobs: jobs)
      guard case .different(let finding) = report.verdict else {
        Issue.record("\(report.verdict)")
        continue
      }
      #expect(finding.step == 0)
    }
  }

  @Test func divergedRunIsReplayed() throws {
    let runs = try TinyRuns()
    let directory = try runs.perform {
      // The decay multiplies each weight by 1 − 10 at each step.
      $0.optimizer = .sgd(.init(learningRate: 0.001, weightDecay: 10_000, decayConvention: .lambda))
      $0.logInterval = 1
      $0.checkpointInterval = 10
    }
    let run = try RecordedRun(opening: directory)
    #expect(run.outcome["stop_reason"] == "diverged")
    // The state of the last row is lost.
    #expect(run.outcome["last_step"] == 8)
    #expect(run.checkpoints.map(\.step) == [0])
    for jobs in [1, 2] {
      #expect(try Self.replay(directory, jobs: jobs).verdict == .identical)
    }
    let bundle = runs.folder + "/diverged.tar.zst"
    try BundleWriter.pack(runDirectory: directory, to: bundle)
    #expect(try Self.replay(bundle, jobs: 2).verdict == .identical)
  }

  @Test func unfinishedAndAbsentRunsAreRefused() throws {
    let runs = try TinyRuns()
    let directory = try runs.perform()
    try FileManager.default.removeItem(atPath: directory + "/outcome.json")
    #expect(
      throws: BundleError.notARun(
        path: directory, detail: "the run is not finished: there is no outcome.json")
    ) { try RecordedRun(opening: directory) }
    // As if it were read while the last row is being written.
    var hashes = try RecordedRun(opening: directory, unfinished: true).trace.hashesCSV
    hashes.removeLast(70)
    let file = directory + "/trace/hashes.csv"
    _ = FileManager.default.createFile(atPath: file, contents: Data(hashes))
    let run = try RecordedRun(opening: directory, unfinished: true)
    #expect(run.trace.metrics.map(\.step) == [0, 20, 40, 60, 80])
    #expect(run.outcome["stop_reason"] == .null)
    #expect(run.outcome["v_post"]?.doubleValue == run.trace.metrics.last?.squaredNorm)
    #expect(throws: BundleError.self) { try RecordedRun(opening: runs.folder + "/absent") }
  }
}
