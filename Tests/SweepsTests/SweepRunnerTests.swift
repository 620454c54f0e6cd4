import Archive
import Bundles
import Configs
import Digests
import Files
import Foundation
import RunRecords
import Synchronization
import Testing
import Training

@testable import Sweeps

@Suite(.serialized) struct SweepRunnerTests {
  /// The whole sweep, performed once. Bundles hold the day of their run, so the time is fixed here.
  static let whole: (sweep: Sweep, directory: TemporaryDirectory, bundles: [String: [UInt8]]) = {
    fixedTime.withLock { $0 = 1_764_000_000 }
    let sweep = try! Sweep(SweepPlan(yaml: smallPlan))
    let directory = TemporaryDirectory()
    let events = try! perform(sweep, in: directory.path)
    precondition(events.count == 6 && events.allSatisfy { $0.failure == nil }, "\(events)")
    return (sweep, directory, try! bundles(directory.path))
  }()

  /// Compares with a direct run of the same config.
  @Test(arguments: 0..<6)
  func aCellIsToTheByteWhatARunOfItsConfigRecords(index: Int) throws {
    let cell = Self.whole.sweep.trainerCells[index]
    let reader = try BundleReader(path: Self.whole.directory.path + "/" + cell.bundleName)
    #expect(try reader.verify().runID == cell.runID)
    let folder = TemporaryDirectory()
    let run = RunDirectory(folder.path + "/run")
    _ = try RunPerformer(spec: cell.spec, directory: run, threads: 1)
      .perform(resume: false, observer: SilentRun())
    for name in ["config.json", "outcome.json", "trace/metrics.csv", "trace/hashes.csv"] {
      #expect(try reader.read("data/" + name) == content(run.path(of: name)), "\(name)")
    }
    let packed = folder.path + "/direct.tar.zst"
    let identity = try BundleWriter.pack(runDirectory: run.path, to: packed, thin: true)
    #expect(identity.result == reader.identity.result)
  }

  /// Otherwise the test above would say little.
  @Test func theViewsEndInDifferentWays() throws {
    let outcomes = try Self.whole.sweep.trainerCells.map {
      try BundleReader(path: Self.whole.directory.path + "/" + $0.bundleName).trainer().outcome
    }
    #expect(Set(outcomes.map(\.stopReason)) == [.grokked, .maxSteps])
    let grokked = outcomes.filter { $0.stopReason == .grokked }
    #expect(Set(grokked.map(\.lastStep)).count >= 2)
    #expect(grokked.allSatisfy { $0.grokkingStep! > 100 })
  }

  /// With states kept in memory, and with directories from the first step.
  @Test(arguments: [15.0, 0]) func endedAndGoneOnWithItGivesTheSameBytes(patience: Double) throws {
    let directory = TemporaryDirectory()
    var endings = 0
    for steps in [3, 41, 100, 5, 160, 1000, 1000, 1000] {
      let left = Countdown(steps)
      let runner = runner(
        Self.whole.sweep, in: directory.path, jobs: 1, patience: patience,
        mustEnd: { left.isOver() })
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

  /// Another worker seals a cell that this one is computing.
  @Test(arguments: [true, false]) func anotherMayFinishTheSameCell(isForged: Bool) throws {
    let directory = TemporaryDirectory()
    let sweep = Self.whole.sweep
    let cell = try #require(sweep.trainerCells.first { $0.spec.checkpointInterval == 0 })
    let bytes =
      try isForged
      ? Self.forged(cell) : #require(Self.whole.bundles[cell.bundleName])
    let name = cell.bundleName
    let isPut = Mutex(false)
    let runner = runner(
      sweep, in: directory.path, jobs: 1,
      mustEnd: {
        // While the first cell is computed.
        if FileManager.default.fileExists(atPath: directory.path + "/.work/claims"),
          !isPut.withLock({ $0 }),
          let claims = try? FileManager.default.contentsOfDirectory(
            atPath: directory.path + "/.work/claims"),
          claims.contains(where: { $0.hasSuffix(".1") })
        {
          isPut.withLock { $0 = true }
          directory.write(bytes, to: name)
        }
        return false
      })
    guard isForged else {
      #expect(try runner.run { _ in } == .finished)
      #expect(runner.progress.sealedTwice == 1)
      #expect(try bundles(directory.path) == Self.whole.bundles)
      return
    }
    let first = directory.path + "/" + name
    let result = try BundleReader(
      path: Self.whole.directory.path + "/" + name
    ).identity.result.hex.prefix(8)
    let second = "\(directory.path)/\(cell.runID)-\(result).tar.zst"
    let contradiction = SweepError.contradiction(paths: [second, first])
    #expect(throws: contradiction) { _ = try runner.run { _ in } }
    #expect(content(first) == bytes)
    #expect(content(second) == Self.whole.bundles[name])
    // Other workers stop, too. Nothing starts until one of the two files is gone.
    #expect(content(directory.path + "/.work/stop") != nil)
    let before = try bundles(directory.path).count
    #expect(throws: contradiction) { try perform(sweep, in: directory.path) }
    #expect(try bundles(directory.path).count == before)
    try FileManager.default.removeItem(atPath: first)
    try FileManager.default.moveItem(atPath: second, toPath: first)
    try perform(sweep, in: directory.path)
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  /// A sound bundle of the cell's config, with other losses.
  private static func forged(_ cell: TrainerCell) throws -> [UInt8] {
    let folder = TemporaryDirectory()
    let reader = try BundleReader(path: whole.directory.path + "/" + cell.bundleName)
    var trace = try Trace(
      metricsCSV: try reader.read("data/trace/metrics.csv"),
      hashesCSV: try reader.read("data/trace/hashes.csv"))
    trace.metrics[1].trainLoss = trace.metrics[1].trainLoss.nextUp
    let performed = PerformedRun(
      spec: cell.spec, trace: trace, outcome: try reader.trainer().outcome, checkpoints: [],
      environment: try CanonicalJSON(canonical: try reader.read("data/environment.json")),
      started: "2025-11-24T00:00:00.000+00:00", ended: "2025-11-24T00:00:00.000+00:00",
      command: ["regrok", "sweep", "plan.yaml"])
    let path = folder.path + "/" + cell.bundleName
    let prepared = BundleWriter.prepare(performed, thin: true)
    #expect(try BundleWriter.write(prepared, through: path + ".new", to: path))
    return try #require(content(path))
  }

  /// Another host holds a trajectory. It keeps the trajectory while it is alive; afterwards this
  /// worker continues it.
  @Test func aWorkerLeavesToOthersWhatTheyHave() throws {
    let directory = TemporaryDirectory()
    let sweep = Self.whole.sweep
    let key = sweep.tasks.trajectories[0].key
    let time = Mutex(0.0)
    let clock: @Sendable () -> Double = { time.withLock { $0 } }
    let file = ".work/claims/\(key).1"
    try FileManager.default.createDirectory(
      atPath: directory.path + "/.work/claims", withIntermediateDirectories: true)
    var note = ClaimNote(id: "00000000000000ff", isLocked: false)
    note.boot = "another"
    directory.write(note.bytes, to: file)
    let worker = runner(
      sweep, in: directory.path, jobs: 1, isOneOfMany: true, clock: clock)
    let ending = try worker.run { _ in
      note.beats += 1
      directory.write(note.bytes, to: file)
    }
    #expect(ending == .leftToOthers)
    #expect(try bundles(directory.path).count == 1)
    var status = try SweepStatus(sweep.tasks, in: SweepDirectory(directory.path))
    #expect(status.done == 1 && status.running.count == 1 && status.missing == 0)
    #expect(status.running[0].cells.count == 5 && status.running[0].age < 600)
    // The other host has become silent.
    let successor = runner(sweep, in: directory.path, jobs: 1, clock: clock)
    let end = try successor.run { _ in time.withLock { $0 += 100 } }
    #expect(end == .finished)
    #expect(try bundles(directory.path) == Self.whole.bundles)
    status = try SweepStatus(sweep.tasks, in: SweepDirectory(directory.path))
    #expect(status.done == 6 && status.running.isEmpty && status.secondsLeft == 0)
  }

  /// A process stands still for ten minutes, so another one takes over its work.
  @Test func whoHasLostItsWorkLeavesIt() throws {
    let directory = TemporaryDirectory()
    let sweep = Self.whole.sweep
    let time = Mutex(0.0)
    let isTaken = Mutex(false)
    let sleeper = runner(
      sweep, in: directory.path, jobs: 1, patience: 0, clock: { time.withLock { $0 } },
      mustEnd: {
        let claims =
          (try? FileManager.default.contentsOfDirectory(
            atPath: directory.path + "/.work/claims")) ?? []
        guard let claim = claims.first(where: { $0.hasSuffix(".1") }),
          !isTaken.withLock({ $0 })
        else { return false }
        isTaken.withLock { $0 = true }
        // Another process has taken it over and ended at once.
        var note = ClaimNote(id: "00000000000000ff", isLocked: false)
        note.state = .released
        directory.write(note.bytes, to: ".work/claims/\(claim.dropLast(2)).2")
        time.withLock { $0 += 31 }
        return false
      })
    #expect(try sleeper.run { _ in } == .finished)
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  @Test func whatIsAtWorkIsNotCleaned() throws {
    let directory = TemporaryDirectory()
    let sweep = Self.whole.sweep
    try perform(sweep, in: directory.path, patience: 0)
    let sweeps = SweepDirectory(directory.path)
    let claims = Claims(sweeps.claims, clock: { 0 })
    guard case .mine(let claim) = try claims.claim("work") else {
      Issue.record("nobody else has it")
      return
    }
    #expect(throws: SweepError.self) { try sweeps.clean() }
    claims.finish(claim)
    #expect(try sweeps.clean() > 10_000)
    #expect(try sweeps.clean() == 0)
    #expect(try perform(sweep, in: directory.path).isEmpty)
  }

  @Test func theLongestOfAnOrderComesFirst() throws {
    let sweep = try Sweep(
      SweepPlan(
        yaml: """
          preset: tiny
          set: {checkpoint_interval: 0}
          experiments:
            - {name: short, set: {max_steps: 10}}
            - {name: long, set: {max_steps: 99}, seeds: 1..2}
            - {name: later, set: {max_steps: 100}, order: 1, seeds: 3}
            - {name: expected, set: {max_steps: 1000}, expect: 20, seeds: 4}
          """))
    #expect(
      sweep.trainerCells.map { [$0.spec.maxSteps, Int($0.spec.seed)] }
        == [[99, 1], [99, 2], [1000, 4], [10, 42], [100, 3]])
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
    #expect("\(failures[0].failure!)".hasSuffix("; remove it, and the run is computed again"))
    #expect(events.count == 6)
    #expect(content(path) == Array("no".utf8))
    var others = Self.whole.bundles
    others[bad.bundleName] = Array("no".utf8)
    #expect(try bundles(directory.path) == others)
  }

  @Test func whatTakesAMomentLeavesNoDirectory() throws {
    let work = try FileManager.default.contentsOfDirectory(
      atPath: Self.whole.directory.path + "/.work")
    #expect(work.sorted() == [".gitignore", "claims", "failed", "forks", "logs", "sealing"])
    for folder in work.dropFirst(0) where folder != ".gitignore" {
      let path = Self.whole.directory.path + "/.work/" + folder
      #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty, "\(folder)")
    }
  }

  @Test func inDirectoriesItIsTheSame() throws {
    let directory = TemporaryDirectory()
    try perform(Self.whole.sweep, in: directory.path, patience: 0)
    #expect(try bundles(directory.path) == Self.whole.bundles)
    // The trajectory is kept for later plans, by its only holder; a cell's own directory is not.
    let key = Self.whole.sweep.tasks.trajectories[0].key
    let work = directory.path + "/.work/" + key
    let holders = try FileManager.default.contentsOfDirectory(atPath: work)
    #expect(holders.count == 1)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: work + "/" + holders[0]) == ["every-10"])
  }

  /// A plan that asks for more of a trajectory continues it.
  @Test func aLaterPlanGoesOnWithATrajectory() throws {
    let directory = TemporaryDirectory()
    let text = smallPlan.replacing("max_steps: 450", with: "max_steps: 200")
    try perform(try Sweep(SweepPlan(yaml: text)), in: directory.path, patience: 0)
    let first = Mutex<Int?>(nil)
    let runner = runner(Self.whole.sweep, in: directory.path, jobs: 1, patience: 0)
    _ = try runner.run { runner in
      if let running = runner.progress.running.first, running.task.cells.count > 1 {
        first.withLock { $0 = $0 ?? running.firstStep }
      }
    }
    if let step = first.withLock({ $0 }) { #expect(step == 181) }
    let all = try bundles(directory.path)
    for (name, bytes) in Self.whole.bundles { #expect(all[name] == bytes) }
  }

  /// At this rate the loss soon becomes infinite, at a step that a view may not look at.
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
        .perform(resume: false, observer: SilentRun())
      #expect(try reader.read("data/trace/hashes.csv") == content(run.path(of: "trace/hashes.csv")))
    }
  }
}

struct SilentRun: RunObserver {
  func begins(_ start: RunStart) {}
  func logged(_ row: MetricsRow) {}
  func took(step: Int) -> Bool { false }
}

/// Over after it has been asked `count` times.
final class Countdown: Sendable {
  private let left: Mutex<Int>

  init(_ count: Int) { left = Mutex(count) }

  func isOver() -> Bool {
    left.withLock { left in
      left -= 1
      return left < 0
    }
  }
}
