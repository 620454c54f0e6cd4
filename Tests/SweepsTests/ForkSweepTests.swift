import Bundles
import Catalogue
import Configs
import Files
import Foundation
import RunRecords
import Synchronization
import Testing
import Training

@testable import Sweeps

/// Runs that are changed on the way and share their beginnings.
@Suite(.serialized) struct ForkSweepTests {
  /// With this threshold, runs memorise before step 30, after some rows.
  private static let plan = """
    preset: tiny
    set: {checkpoint_interval: 0, log_interval: 10, max_steps: 61, stop.memorized: 0.25}
    experiments:
      - name: base
        seeds: 42..43
      - name: forks
        seeds: 42..43
        cases:
          - {at: [{step: 21, scale: {tensors: all, by: 0.5}}]}
          - {at: [{step: 21, scale: {tensors: all, by: 0.5}}, {step: 45, set: {batch: 20}}], \
    log_interval: 5}
          - {at: [{step: 21, scale: {tensors: all, by: 0.5}}, {step: 45, set: {batch: 8}}], \
    log_interval: 15}
          - {at: [{step: 50, hold: {squared_norm: 200}, until: 55}]}
          - {at: [{step: 0, perturb: {tensor: head.weight, element: 3, ulps: 1}}]}
      - name: kept
        set: {checkpoint_interval: 20}
        at: [{step: 21, scale: {tensors: all, by: 0.5}}]
      - name: alone
        set: {task.modulus: 11}
        cases:
          - {at: [{step: 30, set: {optimizer.weight_decay: 3}}]}
          - {at: [{step: 30, set: {optimizer.weight_decay: 4}}], max_steps: 25}
          - {at: [{step: 31, set: {optimizer.weight_decay: 5}}]}
      - name: memorized
        seeds: 42..43
        at_memorization: [{set: {optimizer.learning_rate: 0.01}}]
      - name: noise
        perturbations: {count: 3, at: memorization, ulps: 5}
      - name: never
        set: {stop.memorized: 1}
        at_memorization: [{scale: {tensors: [tok.weight], by: 0}}]
    """
    .replacing("max_steps: 25}", with: "max_steps: 41}")

  private static func sweep(_ text: String = plan, in directory: String? = nil) throws -> Sweep {
    let plan = try SweepPlan(yaml: text)
    guard let directory else { return try Sweep(plan) }
    return try Sweep(plan, parent: SweepDirectory(directory).parent)
  }

  /// Both stages, without interruptions.
  private static let whole: (directory: TemporaryDirectory, bundles: [String: [UInt8]]) = {
    fixedTime.withLock { $0 = 1_764_000_000 }
    let directory = TemporaryDirectory()
    for _ in 0..<2 {
      let events = try! perform(sweep(in: directory.path), in: directory.path)
      precondition(events.allSatisfy { $0.failure == nil }, "\(events)")
    }
    return (directory, try! bundles(directory.path))
  }()

  /// Compares with a direct run of the same config, which shares its beginning with no other run.
  @Test func everyCellIsToTheByteWhatARunOfItsConfigRecords() throws {
    let sweep = try Self.sweep(in: Self.whole.directory.path)
    #expect(sweep.waiting.isEmpty)
    #expect(sweep.cells.count == Self.whole.bundles.count)
    for cell in sweep.trainerCells {
      let reader = try BundleReader(path: Self.whole.directory.path + "/" + cell.bundleName)
      #expect(try reader.verify().runID == cell.runID)
      let folder = TemporaryDirectory()
      let run = RunDirectory(folder.path + "/run")
      _ = try RunPerformer(spec: cell.spec, directory: run, threads: 1)
        .perform(resume: false, observer: SilentRun())
      for name in ["config.json", "outcome.json", "trace/metrics.csv", "trace/hashes.csv"] {
        #expect(try reader.read("data/" + name) == content(run.path(of: name)), "\(name)")
      }
    }
  }

  @Test func beginningsInCommonAreTrajectoriesOfTheirOwn() throws {
    let trajectories = try Self.sweep().tasks.trajectories
    let byKey = Dictionary(uniqueKeysWithValues: trajectories.map { ($0.key, $0) })
    // For seed 42: the base; four forks, of which two fork from the first one; and the run that is
    // changed at step 0. The same for 43.
    #expect(trajectories.filter { $0.cells.isEmpty }.count == 1)
    let forks = trajectories.filter(\.isFork)
    #expect(forks.count == 2 * 4 + 3)
    for fork in forks {
      let origin = try #require(fork.origin)
      let other = try #require(byKey[origin.key])
      #expect(origin.spec == other.spec)
      #expect(fork.base.interventions.count > other.base.interventions.count)
      #expect(
        other.forks.contains {
          $0.step == origin.step && $0.runIDs.isSuperset(of: fork.views.map(\.runID))
        })
      #expect(fork.interval % other.interval == 0)
      // The trajectory that comes first is done first, or together with the fork.
      #expect(other.order <= fork.order)
    }
    let base = try #require(
      trajectories.first { $0.cells.first?.cell.uses.first?.label == "seed=42" })
    #expect(base.interval == 5)
    #expect(base.forks.map(\.step) == [20, 49])
    #expect(base.forks[0].runIDs.count == 3)
    let trunk = try #require(trajectories.first { $0.cells.isEmpty })
    #expect(trunk.forks.map(\.step) == [29, 30])
    #expect(SweepEstimate.expectedSteps(trunk) == 31)
    #expect(
      forks.filter { $0.origin?.key == trunk.key }.map(SweepEstimate.expectedSteps).sorted()
        == [11, 31, 30].sorted())
  }

  /// With states kept in memory, and with directories from the first step.
  @Test(arguments: [15.0, 0]) func endedAndGoneOnWithItGivesTheSameBytes(patience: Double) throws {
    let directory = TemporaryDirectory()
    var endings = 0
    for steps in [3, 24, 40, 5, 33, 60, 21, 100, 200, 1, 400] + [Int](repeating: 3000, count: 4) {
      let left = Countdown(steps)
      let runner = runner(
        try Self.sweep(in: directory.path), in: directory.path, jobs: 1, patience: patience,
        mustEnd: { left.isOver() })
      if case .finished = try runner.run(show: { _ in }) { continue }
      endings += 1
    }
    #expect(endings >= 8)
    #expect(try bundles(directory.path) == Self.whole.bundles)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: directory.path + "/.work/forks") == [])
  }

  @Test func twoAtOnceFinishEachCellOnce() throws {
    let directory = TemporaryDirectory()
    var sealed: [String] = []
    for _ in 0..<2 {
      let sweep = try Self.sweep(in: directory.path)
      let runners = [runner(sweep, in: directory.path), runner(sweep, in: directory.path)]
      DispatchQueue.concurrentPerform(iterations: 2) { _ = try? runners[$0].run { _ in } }
      let events = runners.flatMap { $0.takeEvents() }
      #expect(events.compactMap { $0.failure.map { "\($0)" } } == [])
      sealed += events.map(\.cell.runID)
    }
    #expect(sealed.count == Set(sealed).count)
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  /// Trajectories that fork from each other are in one shard.
  @Test func shardsTogetherAreTheWhole() throws {
    let directory = TemporaryDirectory()
    for _ in 0..<2 {
      let sweep = try Self.sweep(in: directory.path)
      for index in [3, 1, 2] { try perform(sweep, in: directory.path, shard: (index, 3)) }
    }
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  /// Everything is sealed except runs that fork later, and no other files are left.
  @Test func theBeginningIsPerformedAgainWhereItsStateIsGone() throws {
    let directory = TemporaryDirectory()
    for (name, bytes) in Self.whole.bundles { directory.write(bytes, to: name) }
    let sweep = try Self.sweep(in: directory.path)
    let lost = sweep.cells.filter { cell in
      cell.uses.contains { sweep.plan.experiments[$0.experiment].name == "noise" }
    }
    #expect(lost.count == 3)
    for cell in lost {
      try FileManager.default.removeItem(atPath: "\(directory.path)/\(cell.runID).tar.zst")
    }
    try perform(sweep, in: directory.path)
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  /// An earlier sweep has already passed the steps at which another plan's runs fork.
  @Test func aPlanThatGrowsGoesOffFromStepsThatHaveBeenTaken() throws {
    let directory = TemporaryDirectory()
    let plan = Self.plan.components(separatedBy: "  - name: forks")[0]
    let left = Countdown(55)
    let first = runner(
      try Self.sweep(plan), in: directory.path, jobs: 1, patience: 0,
      mustEnd: { left.isOver() })
    #expect(try first.run { _ in } == .interrupted)
    for _ in 0..<2 { try perform(Self.sweep(in: directory.path), in: directory.path) }
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  /// A damaged state is ignored; its runs are performed from their beginnings.
  @Test func aStateThatIsDamagedIsNotUsed() throws {
    let directory = TemporaryDirectory()
    let sweep = try Self.sweep()
    let steps = Mutex(0)
    let first = runner(
      sweep, in: directory.path, jobs: 1,
      mustEnd: {
        let forks = directory.path + "/.work/forks"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: forks)) ?? []
        return steps.withLock {
          $0 += 1
          return $0 > 1
        } && names.contains { !$0.hasPrefix(".") }
      })
    _ = try first.run { _ in }
    let forks = directory.path + "/.work/forks"
    var damaged = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: forks) {
      let folder = "\(forks)/\(name)/resume"
      for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
        var bytes = try #require(content(folder + "/" + file))
        bytes[bytes.count - 1] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + file))
        damaged += 1
      }
    }
    #expect(damaged > 0)
    for _ in 0..<2 { try perform(Self.sweep(in: directory.path), in: directory.path) }
    #expect(try bundles(directory.path) == Self.whole.bundles)
  }

  @Test func whatHasDivergedBeforeIsPerformedFromItsBeginning() throws {
    let plan = """
      preset: tiny
      set: {checkpoint_interval: 0, max_steps: 100, optimizer.name: sgd, \
      optimizer.learning_rate: 1e5,
            optimizer.decay_convention: lambda}
      experiments:
        - {name: base}
        - name: forks
          cases:
            - {at: [{step: 90, set: {batch: 3}}]}
            - {at: [{step: 80, set: {batch: 3}}]}
      """
    let directory = TemporaryDirectory()
    let events = try perform(Self.sweep(plan), in: directory.path)
    #expect(events.count == 3 && events.allSatisfy { $0.failure == nil })
    for name in try bundles(directory.path).keys {
      let reader = try BundleReader(path: directory.path + "/" + name)
      #expect(try reader.trainer().outcome.stopReason == .diverged)
    }
  }

  @Test func aSecondStageIsPlannedWhenItsParentsAreThere() throws {
    let directory = TemporaryDirectory()
    let first = try Self.sweep(in: directory.path)
    #expect(first.waiting.count == 2 + 3 + 1)
    #expect(first.notApplicable.isEmpty)
    let status = try SweepStatus(
      first.tasks, later: first.waiting.count, in: SweepDirectory(directory.path))
    #expect(status.cellCount == first.cells.count + 6)
    #expect(status.waiting == 6 + 11)
    #expect(status.missing == status.cellCount)

    let second = try Self.sweep(in: Self.whole.directory.path)
    #expect(second.waiting.isEmpty)
    #expect(second.notApplicable.map(\.reason) == ["the run without the change has not memorised"])
    let specs = second.trainerCells.filter { cell in
      cell.cell.uses.contains { second.plan.experiments[$0.experiment].name == "memorized" }
    }.map(\.spec)
    #expect(specs.count == 2)
    for spec in specs {
      var parent = spec
      parent.interventions = []
      guard case .memorized(let step) = SweepDirectory(Self.whole.directory.path).parent(parent)
      else {
        Issue.record("the parent is not there")
        continue
      }
      #expect(step > 0)
      #expect(spec.interventions.map(\.step) == [step + 1])
    }
  }

  @Test func aRunThatMemorisesWithItsLastStepHasNoSecondStage() throws {
    let plan = """
      preset: tiny
      set: {checkpoint_interval: 0, log_interval: 10, max_steps: 1, stop.memorized: 0.01}
      experiments:
        - {name: base}
        - {name: later, at_memorization: [{set: {batch: 3}}]}
        - {name: held, set: {max_steps: 21}, at_memorization: [{hold: {squared_norm: 3}, until: 1}]}
      """
    let directory = TemporaryDirectory()
    try perform(Self.sweep(plan), in: directory.path)
    let second = try Self.sweep(plan, in: directory.path)
    #expect(
      second.notApplicable.map(\.reason) == [
        "at[0].step: must be below max_steps, 1, not 1",
        "at[0].until: must be an integer from 2 to 2147483648, not 1",
      ])
  }

  @Test func whatIsSealedInAnotherFolderIsDone() throws {
    let directory = TemporaryDirectory()
    var sweeps = SweepDirectory(directory.path)
    sweeps.also = [Self.whole.directory.path]
    let sweep = try Sweep(SweepPlan(yaml: Self.plan), parent: sweeps.parent)
    #expect(sweep.waiting.isEmpty)
    #expect(try SweepStatus(sweep.tasks, in: sweeps).done == sweep.cells.count)
    let runner = SweepRunner(
      sweep, tasks: sweep.tasks, directory: sweeps, jobs: 1, command: [], mustEnd: { false })
    #expect(try runner.run { _ in } == .finished)
    #expect(try bundles(directory.path).isEmpty)
    sweeps.also = [directory.path + "/nothing"]
    #expect(throws: FileError.self) { try sweeps.names() }
  }
}
