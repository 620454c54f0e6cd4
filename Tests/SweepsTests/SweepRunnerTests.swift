import Archive
import Bundles
import Configs
import Files
import Foundation
import RunRecords
import Sweeps
import Synchronization
import Testing
import Training

@Suite(.serialized) struct SweepRunnerTests {
  /// The sweep in one piece, made once. Bundles hold the day of their run, so from here on it is always the same one.
  static let whole: (sweep: Sweep, directory: TemporaryDirectory, bundles: [String: [UInt8]]) = {
    fixedTime.withLock { $0 = 1_764_000_000 }
    let sweep = try! Sweep(SweepPlan(yaml: smallPlan))
    let directory = TemporaryDirectory()
    let events = try! perform(sweep, in: directory.path)
    precondition(events.count == 6 && events.allSatisfy { $0.failure == nil }, "\(events)")
    return (sweep, directory, try! bundles(directory.path))
  }()

  /// A direct run of the same config is the oracle.
  @Test(arguments: 0..<6)
  func aCellIsToTheByteWhatARunOfItsConfigRecords(index: Int) throws {
    let cell = Self.whole.sweep.trainerCells[index]
    let reader = try BundleReader(path: Self.whole.directory.path + "/" + cell.bundleName)
    #expect(try reader.verify().runID == cell.runID)
    let folder = TemporaryDirectory()
    let run = RunDirectory(folder.path + "/run")
    _ = try RunPerformer(spec: cell.spec, directory: run, threads: 1)
      .perform(resume: false, observer: Silence())
    for name in ["config.json", "outcome.json", "trace/metrics.csv", "trace/hashes.csv"] {
      #expect(try reader.read("data/" + name) == content(run.path(of: name)), "\(name)")
    }
    let packed = folder.path + "/direct.tar.zst"
    let identity = try BundleWriter.pack(runDirectory: run.path, to: packed, thin: true)
    #expect(identity.result == reader.identity.result)
  }

  /// Or the test above would say little.
  @Test func theViewsEndInDifferentWays() throws {
    let outcomes = try Self.whole.sweep.trainerCells.map {
      try BundleReader(path: Self.whole.directory.path + "/" + $0.bundleName).trainer().outcome
    }
    #expect(Set(outcomes.map(\.stopReason)) == [.grokked, .maxSteps])
    let grokked = outcomes.filter { $0.stopReason == .grokked }
    #expect(Set(grokked.map(\.lastStep)).count >= 2)
    #expect(grokked.allSatisfy { $0.grokkingStep! > 100 })
  }

  @Test func endedAndGoneOnWithItGivesTheSameBytes() throws {
    let directory = TemporaryDirectory()
    var endings = 0
    for steps in [3, 41, 100, 5, 160, 1000, 1000, 1000] {
      let left = Countdown(steps)
      let runner = runner(
        Self.whole.sweep, in: directory.path, jobs: 1, mustEnd: { left.isOver() })
      if case .finished = try runner.run(show: { _ in }) { break }
      endings += 1
    }
    #expect(endings >= 4)
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  @Test func withoutItsWorkFolderNothingIsComputedAgain() throws {
    let directory = TemporaryDirectory()
    try perform(Self.whole.sweep, in: directory.path)
    try FileManager.default.removeItem(atPath: directory.path + "/.work")
    #expect(try perform(Self.whole.sweep, in: directory.path).isEmpty)
    let work = try FileManager.default.contentsOfDirectory(atPath: directory.path + "/.work")
    #expect(work.allSatisfy { !$0.contains("every") })
  }

  @Test func twoAtOnceFinishEachCellOnce() throws {
    let directory = TemporaryDirectory()
    let sweep = Self.whole.sweep
    let runners = [runner(sweep, in: directory.path), runner(sweep, in: directory.path)]
    DispatchQueue.concurrentPerform(iterations: 2) { _ = try? runners[$0].run { _ in } }
    let events = runners.flatMap { $0.takeEvents() }
    #expect(events.compactMap { $0.failure.map { "\($0)" } } == [])
    #expect(events.map(\.cell.runID).sorted() == sweep.cells.map(\.runID).sorted())
    #expect(runners.allSatisfy { $0.progress.sealed.count == 6 })
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  @Test func shardsTogetherAreTheWhole() throws {
    let directory = TemporaryDirectory()
    for index in [2, 1] { try perform(Self.whole.sweep, in: directory.path, shard: (index, 2)) }
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  @Test func aFailedCellStopsNothingElse() throws {
    let directory = TemporaryDirectory()
    let sweep = Self.whole.sweep
    let bad = sweep.trainerCells[1]
    let path = directory.path + "/" + bad.bundleName
    precondition(FileManager.default.createFile(atPath: path, contents: Data("no".utf8)))
    let events = try perform(sweep, in: directory.path)
    let failures = events.filter { $0.failure != nil }
    #expect(failures.map(\.cell.runID) == [bad.runID])
    #expect("\(failures[0].failure!)".hasSuffix("; remove it to have the cell computed"))
    #expect(events.count == 6)
    #expect(content(path) == Array("no".utf8))
    var others = Self.whole.bundles
    others[bad.bundleName] = Array("no".utf8)
    #expect(try bundles(directory.path) == others)
  }

  /// A plan that asks for more of a trajectory goes on with it.
  @Test func aLaterPlanGoesOnWithATrajectory() throws {
    let directory = TemporaryDirectory()
    let text = smallPlan.replacing("max_steps: 450", with: "max_steps: 200")
    try perform(try Sweep(SweepPlan(yaml: text)), in: directory.path)
    try perform(Self.whole.sweep, in: directory.path)
    let all = try bundles(directory.path)
    for (name, bytes) in Self.whole.bundles { #expect(all[name] == bytes) }
  }

  /// At this rate the loss soon is not finite, at a step that no view need look at.
  @Test func viewsOfADivergingTrajectoryAreDirectRuns() throws {
    let text = """
      preset: tiny
      set: {checkpoint_interval: 0, optimizer.learning_rate: 1e30}
      experiments:
        - name: A
          grid: {log_interval: [2, 3, 50]}
      """
    let directory = TemporaryDirectory()
    let sweep = try Sweep(SweepPlan(yaml: text))
    let events = try perform(sweep, in: directory.path)
    #expect(events.count == 3 && events.allSatisfy { $0.failure == nil })
    for cell in sweep.trainerCells {
      let reader = try BundleReader(path: directory.path + "/" + cell.bundleName)
      #expect(try reader.trainer().outcome.stopReason == .diverged)
      let run = RunDirectory(directory.path + "/direct-" + cell.runID)
      _ = try RunPerformer(spec: cell.spec, directory: run, threads: 1)
        .perform(resume: false, observer: Silence())
      #expect(try reader.read("data/trace/hashes.csv") == content(run.path(of: "trace/hashes.csv")))
    }
  }
}

private struct Silence: RunObserver {
  func begins(_ start: RunStart) {}
  func logged(_ row: MetricsRow) {}
  func took(step: Int) -> Bool { false }
}

/// Over after it has been asked so many times.
private final class Countdown: Sendable {
  private let left: Mutex<Int>

  init(_ count: Int) { left = Mutex(count) }

  func isOver() -> Bool {
    left.withLock { left in
      left -= 1
      return left < 0
    }
  }
}
