import Archive
import Bundles
import Digests
import Files
import Foundation
import Programs
import RunRecords
import Sweeps
import Synchronization
import Testing

/// Sweeps whose cells are recordings of a program.
@Suite(.serialized) struct ProgramSweepTests {
  private static let allExecutions = ["0.1 1", "0.1 2", "0.2 1", "0.2 2"]

  @Test func eachCellIsPerformedOnceAndSealedWhole() throws {
    let plan = ProgramPlan()
    let sweep = try plan.sweep()
    #expect(sweep.cells.count == 4 && sweep.tasks.programs.count == 4)
    let events = try perform(sweep, in: plan.out)
    #expect(events.compactMap { $0.failure.map { "\($0)" } } == [])
    #expect(plan.executions == Self.allExecutions)
    let names = try plan.bundleNames()
    #expect(names.count == 4)
    for (cell, rate) in zip(sweep.cells, ["0.1", "0.1", "0.2", "0.2"]) {
      let name = try #require(names.first { $0.hasPrefix(cell.runID + "-") })
      let reader = try BundleReader(path: plan.out + "/" + name)
      #expect(try reader.verify().runID == cell.runID)
      #expect(name == "\(cell.runID)-\(reader.identity.result.hex.prefix(8)).tar.zst")
      #expect(!reader.isThin)
      #expect(try reader.read("data/results/out/rate.txt") == Array("\(rate)\n".utf8))
      let run = "\(plan.out)/.work/\(cell.runID)"
      #expect(!FileManager.default.fileExists(atPath: run))
    }
  }

  @Test func whatStandsBeforeTheRunsIsSealedWithThem() throws {
    let plan = ProgramPlan()
    let sweep = try plan.sweep()
    let digest = Digest(of: Array("a plan".utf8))
    let runner = SweepRunner(
      sweep, tasks: sweep.tasks, directory: SweepDirectory(plan.out), jobs: 1,
      command: ["regrok", "sweep", "plan.yaml"], before: ["plan": digest], mustEnd: { false })
    _ = try runner.run { _ in }
    for name in try plan.bundleNames() {
      let bytes = try BundleReader(path: plan.out + "/" + name).read("data/environment.json")
      #expect(try CanonicalJSON(canonical: bytes)["plan"]?.stringValue == digest.hex)
    }
  }

  @Test func anotherSweepPerformsNothing() throws {
    let plan = ProgramPlan()
    try perform(plan.sweep(), in: plan.out)
    try FileManager.default.removeItem(atPath: plan.out + "/.work")
    let runner = runner(try plan.sweep(), in: plan.out)
    #expect(try runner.run { _ in } == .finished)
    #expect(runner.takeEvents().isEmpty)
    #expect(runner.progress.foundSealed == 4 && runner.progress.sealed.count == 4)
    #expect(plan.executions == Self.allExecutions)
  }

  @Test func whatFailsStopsNothingAndIsTriedAgain() throws {
    let plan = ProgramPlan("[ $1 = 0.1 ] || [ -e \"$place/works\" ] || exit 7")
    let sweep = try plan.sweep()
    let events = try perform(sweep, in: plan.out)
    let failures = events.filter { $0.failure != nil }
    #expect(events.count == 4 && failures.count == 2)
    for failure in failures {
      guard case SweepError.programFailed(let path, let ending)? = failure.failure else {
        Issue.record("\(failure)")
        continue
      }
      #expect(ending.status == 7)
      #expect(content(path + "/results/out/rate.txt") == Array("0.2\n".utf8))
    }
    #expect(try plan.bundleNames().count == 2)
    // The same failures again; once the program works, its runs are sealed.
    #expect(try perform(sweep, in: plan.out).count { $0.failure != nil } == 2)
    plan.directory.write([], to: "works")
    #expect(try perform(sweep, in: plan.out).count { $0.failure == nil } == 2)
    #expect(try plan.bundleNames().count == 4)
    #expect(plan.executions.count { $0.hasPrefix("0.1") } == 2)
    #expect(plan.executions.count { $0.hasPrefix("0.2") } == 6)
  }

  @Test func whatFailedIsSealedWhereThatIsAsked() throws {
    let plan = ProgramPlan("[ $1 = 0.1 ] || kill -9 $$")
    let sweep = try plan.sweep()
    try perform(sweep, in: plan.out)
    var options = ProgramOptions()
    options.keepsFailed = true
    let events = try perform(sweep, in: plan.out, programs: options)
    #expect(events.count == 2)
    let names = try plan.bundleNames()
    for event in events {
      guard case SweepError.failureSealed(let bundle, let others, let ending)? = event.failure
      else {
        Issue.record("\(event)")
        continue
      }
      #expect(ending.signal == "SIGKILL" && names.contains(bundle) && others.isEmpty)
    }
    // The runs that were there have been sealed; nothing was performed for them.
    #expect(plan.executions == Self.allExecutions)
    let signals = try plan.bundleNames().map { name in
      let bytes = try BundleReader(path: plan.out + "/" + name).read("data/outcome.json")
      return try ProgramOutcome(bytes: bytes).ending.signal
    }
    #expect(signals.count { $0 == "SIGKILL" } == 2)
    #expect(signals.count { $0 == nil } == 2)
    // Another sweep performs nothing, and still says that they have failed.
    let next = runner(sweep, in: plan.out)
    #expect(try next.run { _ in } == .finished)
    #expect(next.takeEvents().isEmpty)
    #expect(next.progress.sealed.count == 4 && next.progress.sealedFailures.count == 2)
    #expect(next.progress.failed == next.progress.sealedFailures)
    let status = try SweepStatus(sweep.tasks, in: SweepDirectory(plan.out))
    #expect(status.done == 4 && status.failed.count == 2)
    #expect(plan.executions == Self.allExecutions)
  }

  @Test func aProgramThatCannotStartFailsByItself() throws {
    let plan = ProgramPlan(
      plan: """
        experiments:
          - {name: none, program: none.yaml}
          - {name: some, program: p.yaml}
        """)
    plan.directory.write(Array("run: [no-such-program-here]\ninputs: []\n".utf8), to: "none.yaml")
    let events = try perform(plan.sweep(), in: plan.out)
    #expect(events.count { $0.failure == nil } == 1)
    let failure = try #require(events.compactMap(\.failure).first)
    #expect("\(failure)".hasPrefix("cannot start no-such-program-here: "))
  }

  @Test func endedAndGoneOnWithNothingIsLostOrDoneTwice() throws {
    let plan = ProgramPlan("[ $1$2 != 0.12 ] || [ -e \"$place/goes\" ] || sleep 60")
    let sweep = try plan.sweep()
    let asked = Mutex(false)
    var options = ProgramOptions()
    options.demand = { asked.withLock { $0 } ? .signal(SIGINT) : nil }
    let runner = runner(
      sweep, in: plan.out, programs: options, mustEnd: { asked.withLock { $0 } })
    let ending = try runner.run { _ in
      if plan.executions.count == 2 { asked.withLock { $0 = true } }
    }
    #expect(ending == .interrupted)
    #expect(try plan.bundleNames().count == 1)
    plan.directory.write([], to: "goes")
    let events = try perform(sweep, in: plan.out)
    #expect(events.count == 3 && events.allSatisfy { $0.failure == nil })
    #expect(plan.executions == ["0.1 1", "0.1 2", "0.1 2", "0.2 1", "0.2 2"])
    #expect(try plan.bundleNames().count == 4)
  }

  /// Files as a killed process leaves them: before its first file, while its program ran, while it
  /// removed files.
  @Test func whatAKilledSweepLeftIsPerformedAnew() throws {
    let plan = ProgramPlan()
    let sweep = try plan.sweep()
    let left = [
      ["run/lock", "run/.run.json.partial"], ["run/run.json", "run/work/half", "run/out/half"],
      ["discarded/work/half"], ["run/lock"],
    ]
    for (cell, names) in zip(sweep.cells, left) {
      for name in names {
        let path = "out/.work/\(cell.runID)/\(ProgramPlan.earlier)/\(name)"
        try FileManager.default.createDirectory(
          atPath: PathParts.split(plan.directory.path + "/" + path).folder,
          withIntermediateDirectories: true)
        plan.directory.write(Array("half".utf8), to: path)
      }
    }
    let events = try perform(sweep, in: plan.out)
    #expect(events.compactMap { $0.failure.map { "\($0)" } } == [])
    #expect(plan.executions == Self.allExecutions)
    for name in try plan.bundleNames() {
      let members = try BundleReader(path: plan.out + "/" + name).members
      #expect(members.contains("data/results/out/rate.txt"))
      #expect(!members.contains { $0.hasSuffix("half") })
    }
  }

  @Test func whatHadEndedWhenASweepWasKilledIsSealedAsItIs() throws {
    let plan = ProgramPlan()
    let sweep = try plan.sweep()
    let cell = sweep.tasks.programs[0]
    let run = plan.runDirectory(cell.runID)
    let recording = try ProgramRun(
      spec: cell.program.spec, inputs: cell.program.inputs, directory: run,
      base: plan.directory.path
    ).perform(Silence())
    #expect(!recording.attempt.outcome.ending.isFailure)
    try perform(sweep, in: plan.out)
    #expect(plan.executions == Self.allExecutions)
    #expect(try plan.bundleNames().count == 4)
    #expect(content(run.path + "/outcome.json") == nil)
  }

  /// A program outlives the process that started it, when that process is killed.
  @Test func aProgramThatStillRunsIsEndedFirst() throws {
    let plan = ProgramPlan()
    let sweep = try plan.sweep()
    let run = plan.runDirectory(sweep.cells[0].runID)
    try FileManager.default.createDirectory(
      atPath: run.path + "/out", withIntermediateDirectories: true)
    _ = FileManager.default.createFile(atPath: run.path + "/run.json", contents: Data())
    let resolved = try #require(FileTree.resolved(run.path))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sleep")
    process.arguments = ["60"]
    process.environment = ["RUN_OUTPUT": resolved + "/out"]
    try process.run()
    try perform(sweep, in: plan.out)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    #expect(try plan.bundleNames().count == 4)
  }

  @Test func aProgramThatDiffersFromItselfKeepsBothResults() throws {
    let plan = ProgramPlan("wc -l < \"$place/executions\" > \"$RUN_OUTPUT/count.txt\"")
    let sweep = try plan.sweep()
    try perform(sweep, in: plan.out, jobs: 1)
    let first = try bundles(plan.out)
    var options = ProgramOptions()
    options.performsAgain = true
    let events = try perform(sweep, in: plan.out, jobs: 1, programs: options)
    #expect(events.count == 4)
    for event in events {
      guard case .success(let sealing) = event.result else {
        Issue.record("\(event)")
        continue
      }
      #expect(sealing.isNew && sealing.others.count == 1)
      #expect(first[sealing.others.first ?? ""] != nil && first[sealing.name] == nil)
    }
    let both = try bundles(plan.out)
    #expect(both.count == 8)
    #expect(both.filter { first[$0.key] != nil } == first)
    // A cell with two results is finished.
    #expect(try perform(sweep, in: plan.out).isEmpty)
  }

  @Test func theSameAgainIsSaidAndNotKept() throws {
    let plan = ProgramPlan()
    let sweep = try plan.sweep()
    try perform(sweep, in: plan.out)
    let first = try bundles(plan.out)
    var options = ProgramOptions()
    options.performsAgain = true
    let events = try perform(sweep, in: plan.out, programs: options)
    let sealings = events.compactMap { try? $0.result.get() }
    #expect(sealings.count == 4 && sealings.allSatisfy { !$0.isNew && $0.others.isEmpty })
    #expect(plan.executions.count == 8)
    #expect(try bundles(plan.out) == first)
  }

  /// Each program waits for another one; if they ran one after another, they would fail.
  @Test func programsRunSideBySideWhereThatIsAsked() throws {
    let plan = ProgramPlan(
      """
      touch "$place/$1-$2"
      for n in $(seq 600); do
        [ -e "$place/$1-1" ] && [ -e "$place/$1-2" ] && exit 0
        sleep 0.05
      done
      exit 5
      """, extra: "limits: {output: 1 kB}")
    var options = ProgramOptions()
    options.jobs = 2
    let events = try perform(plan.sweep(), in: plan.out, programs: options)
    #expect(events.count == 4 && events.allSatisfy { $0.failure == nil })
  }

  /// Each program fails if another one runs at the same time.
  @Test(arguments: [("1 kB", 1), ("1000 TB", 4)])
  func programsRunAloneUnlessAskedOrWithoutRoom(limit: String, jobs: Int) throws {
    let plan = ProgramPlan(
      "mkdir \"$place/busy\" || exit 5; sleep 0.05; rmdir \"$place/busy\"",
      extra: "limits: {output: \(limit)}")
    var options = ProgramOptions()
    options.jobs = jobs
    let events = try perform(plan.sweep(), in: plan.out, jobs: 4, programs: options)
    #expect(events.count == 4 && events.allSatisfy { $0.failure == nil })
  }

  @Test func twoAtOncePerformEachCellOnce() throws {
    let plan = ProgramPlan("sleep 0.1")
    let sweep = try plan.sweep()
    let runners = [runner(sweep, in: plan.out), runner(sweep, in: plan.out)]
    DispatchQueue.concurrentPerform(iterations: 2) { _ = try? runners[$0].run { _ in } }
    #expect(runners.flatMap { $0.takeEvents() }.count == 4)
    #expect(runners.allSatisfy { $0.progress.sealed.count == 4 })
    #expect(plan.executions.sorted() == Self.allExecutions)
    #expect(try plan.bundleNames().count == 4)
  }

  @Test func aDamagedBundleIsACellThatFailed() throws {
    let plan = ProgramPlan()
    let sweep = try plan.sweep()
    let name = sweep.cells[2].runID + "-00000000.tar.zst"
    try FileManager.default.createDirectory(
      atPath: plan.out, withIntermediateDirectories: true)
    plan.directory.write(Array("no".utf8), to: "out/" + name)
    let events = try perform(sweep, in: plan.out)
    let failures = events.filter { $0.failure != nil }
    #expect(failures.map(\.cell.runID) == [sweep.cells[2].runID])
    #expect("\(failures[0].failure!)".hasSuffix("; remove it, and the run is computed again"))
    #expect(plan.executions == ["0.1 1", "0.1 2", "0.2 2"])
  }

  @Test func filesOfTwoNamesMayBeOneProgram() throws {
    let plan = ProgramPlan(
      plan: """
        experiments:
          - {name: one, program: p.yaml, seeds: [1, 2]}
          - {name: two, program: ./p.yaml, seeds: [2, 3], order: 7}
          - name: three
            preset: tiny
            set: {max_steps: 3, log_interval: 1, checkpoint_interval: 0}
        """)
    let sweep = try plan.sweep()
    #expect(sweep.cells.map(\.uses.count) == [1, 2, 1, 1])
    #expect(sweep.runIDs.map(\.count) == [2, 2, 1])
    #expect(sweep.runIDs[0][1] == sweep.runIDs[1][0])
    #expect(sweep.tasks.trajectories.count == 1)
    let runIDs = sweep.tasks.flatMap(\.cells).map(\.runID)
    #expect(runIDs.last == sweep.runIDs[1][1])
    let events = try perform(sweep, in: plan.out)
    #expect(events.count == 4 && events.allSatisfy { $0.failure == nil })
    #expect(plan.executions.sorted() == ["1 1", "1 2", "1 3"])
  }

  @Test(arguments: [
    ("grid: {lr: [~]}", "p.yaml: lr=~: {config.lr} in the program's arguments: its value is null"),
    ("set: {seed: 1}", "plan.yaml:4: experiments.set: the key seeds sets the seed, not this one"),
  ])
  func whatCannotBePerformedIsRefusedBefore(line: String, message: String) throws {
    let plan = ProgramPlan(
      plan: "program: p.yaml\nexperiments:\n  - name: A\n    \(line)\n")
    do {
      _ = try plan.sweep()
      Issue.record("it was read: \(message)")
    } catch {
      #expect("\(error)" == message)
    }
  }
}

private final class Silence: ProgramObserver {
  func began(attempt: Int) {}
  func logged(_ reader: MetricsReader) -> Bool { false }
  func demand() -> ChildProcess.Demand? { nil }
}
