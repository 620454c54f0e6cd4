import Configs
import Foundation
import RunRecords
import Testing

/// `regrok sweep` from outside.
@Suite(.serialized) struct SweepCommandTests {
  static let plan = """
    preset: tiny
    set: {checkpoint_interval: 0, max_steps: 160}
    experiments:
      - name: one
        grid: {log_interval: [10, 25]}
        seeds: 1..3
      - name: two
        set: {log_interval: 10}
        seeds: [3, 4]
    """

  static func folder() -> TemporaryFolder {
    let folder = TemporaryFolder()
    folder.put(plan, "plan.yaml")
    return folder
  }

  /// The digests of all bundles of an undisturbed sweep.
  static let expected: String = {
    let folder = SweepCommandTests.folder()
    _ = try! Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path)
    return try! digests(in: folder)
  }()

  static func digests(in folder: TemporaryFolder) throws -> String {
    try Program.shell("cd out && sha256sum *.tar.zst", in: folder.path).output
  }

  @Test func aDryRunSaysWhatThereIsAndMakesNothing() throws {
    let folder = Self.folder()
    let answer = try Program.run(
      "sweep", "plan.yaml", "-o", "out", "--dry-run", "--rate", "100", "--jobs", "2",
      in: folder.path)
    #expect(answer.status == 0)
    #expect(
      answer.output == """
        one           6 runs
        two           2 runs  1 also in an experiment above

        runs          8
        configs       7 distinct, each a bundle
        trajectories  4 distinct, each computed once
        finished      0 of 7 configs
        steps         604 expected, 604 at most
        time          4 s on 2 workers, at 100 steps/s of the first trajectory
        disk          31 KiB of bundles, 144 KiB in .work, which \
        `regrok sweep --clean` removes

        """)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
  }

  @Test func thePapersPlanInNumbers() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
    let answer = try Program.run(
      "sweep", "bundles/paper/plan.yaml", "-o", "/nonexistent", "--dry-run", "--rate", "100",
      "--json", in: root)
    #expect(answer.status == 0)
    let json = try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
    #expect(json["runs"]?.intValue == 293)
    #expect(json["extra_runs"]?.intValue == 49)
    #expect(json["configs"]?.intValue == 300)
    #expect(json["trajectories"]?.intValue == 216)
    #expect(json["sealed"]?.intValue == 0)
  }

  @Test func bundlesVerifyAndAnotherSweepComputesNothing() throws {
    let folder = Self.folder()
    let first = try Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path)
    #expect(first.status == 0)
    #expect(first.output == "7 of 7 configs sealed\n")
    #expect(first.error.split(separator: "\n").count == 7)
    #expect(try Program.shell("\"$R\" verify out/*.tar.zst", in: folder.path).status == 0)
    let second = try Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path)
    #expect(second.error == "")
    #expect(
      second.output == "7 of 7 configs sealed; 7 were there already and have been verified\n")
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  @Test(arguments: 1...3)
  func killedAtAnyMomentItGoesOn(seed: Int) throws {
    let folder = Self.folder()
    var kills = 0
    while true {
      let running = try Program.start(
        "sweep", "plan.yaml", "-o", "out", "--jobs", String(seed), in: folder.path)
      // After 30 kills the process is left alone, so the test ends on slow machines too.
      if kills < 30 {
        Thread.sleep(forTimeInterval: Double((seed * 37 + kills * 61) % 200) / 1000 * Double(kills))
        if running.isRunning { running.send(SIGKILL) }
      }
      let answer = running.wait()
      if answer.status == 0 { break }
      try #require(answer.status == 128 + SIGKILL && kills < 30, "\(answer.error)")
      kills += 1
    }
    #expect(kills > 0)
    #expect(try Self.digests(in: folder) == Self.expected, "after \(kills) kills")
  }

  @Test func aSignalEndsItAndTheSameCommandGoesOn() throws {
    let folder = Self.folder()
    let running = try Program.start("sweep", "plan.yaml", "-o", "out", in: folder.path)
    while try running.isRunning
      && Program.shell("ls out/.work/claims/????????????????.1", in: folder.path).status != 0
    {
      Thread.sleep(forTimeInterval: 0.005)
    }
    running.send(SIGTERM)
    let answer = running.wait()
    #expect(answer.status == 143)
    #expect(answer.error.contains("regrok: interrupted; "))
    #expect(try Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path).status == 0)
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  @Test func twoProcessesShareTheWork() throws {
    let folder = Self.folder()
    let both = try (1...2).map { _ in
      try Program.start("sweep", "plan.yaml", "-o", "out", "--json", in: folder.path)
    }
    let answers = both.map { $0.wait() }
    #expect(answers.map(\.status) == [0, 0])
    let lines = answers.flatMap { $0.output.split(separator: "\n") }
    #expect(lines.count { $0.contains("\"event\":\"sealed\"") } == 7)
    #expect(
      lines.count { $0.contains("\"sealed\":7,\"sealed_twice\":0,\"status\":\"finished\"") } == 2)
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  @Test func aFailedCellIsReportedAndTheRestIsDone() throws {
    let folder = Self.folder()
    let spec = try RunSpec(
      yaml: nil, preset: .tiny,
      overrides: ["checkpoint_interval=0", "max_steps=160", "log_interval=10", "seed=3"])
    try FileManager.default.createDirectory(
      atPath: folder.path + "/out", withIntermediateDirectories: true)
    folder.put("no bundle", "out/\(spec.runID).tar.zst")
    let answer = try Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path)
    #expect(answer.status == 2)
    #expect(answer.output == "6 of 7 configs sealed, 1 failed\n")
    #expect(
      answer.error.contains(
        "regrok: \(spec.runID) (one log_interval=10 seed=3, two seed=3) failed: "))
  }

  /// The run id of one of the plan's cells.
  private static func cell() throws -> String {
    try RunSpec(
      yaml: nil, preset: .tiny,
      overrides: ["checkpoint_interval=0", "max_steps=160", "log_interval=10", "seed=3"]
    ).runID
  }

  /// Four bytes in the middle of a sealed cell are overwritten; its beginning and end are sound.
  @Test func aRottenCellIsFoundAndStays() throws {
    let folder = Self.folder()
    let path = "out/\(try Self.cell()).tar.zst"
    let script = """
      "$R" sweep plan.yaml -o out 2> /dev/null || exit 9
      size=$(stat -c %s \(path)); at=$((size / 2))
      printf '\\377\\377\\377\\377' | dd of=\(path) bs=1 seek=$at conv=notrunc 2> /dev/null
      "$R" sweep plan.yaml -o out
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 2)
    #expect(
      answer.output.hasSuffix(
        "6 of 7 configs sealed, 1 failed; 6 were there already and have been verified\n"))
    #expect(answer.error.contains("remove it, and the run is computed again"))
  }

  /// git-annex keeps files so. Nothing is known of the cell, so the user is not told to remove it.
  @Test func aCellBehindALinkIsUnreadable() throws {
    let folder = Self.folder()
    let name = "\(try Self.cell()).tar.zst"
    let script = """
      "$R" sweep plan.yaml -o out 2> /dev/null || exit 9
      mv out/\(name) annexed; ln -s ../annexed out/\(name)
      "$R" sweep plan.yaml -o out
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 74)
    #expect(
      answer.error.hasSuffix(
        " failed: out/\(name): it is a symbolic link, and links are not followed\n"))
    let dry = try Program.run("sweep", "plan.yaml", "-o", "out", "--dry-run", in: folder.path)
    #expect(dry.status == 0)
    #expect(
      dry.output.contains(
        "\nnot usable    1 file: out/\(name): it is a symbolic link, and links are not followed\n"))
    #expect(dry.output.contains("\nfinished      6 of 7 configs"))
  }

  @Test func aDryRunOfATrajectoryThatDivergesEndsWell() throws {
    let folder = TemporaryFolder()
    folder.put(
      """
      preset: tiny
      set: {checkpoint_interval: 0, max_steps: 50}
      experiments:
        - name: wild
          set: {optimizer.name: sgd, optimizer.decay_convention: lambda}
          grid: {optimizer.learning_rate: [1e10, 1e39]}
        - name: other
          set: {batch: 32}
      """, "plan.yaml")
    let answer = try Program.run("sweep", "plan.yaml", "--dry-run", in: folder.path)
    #expect(answer.status == 0)
    #expect(answer.output.contains("\nother         1 run\n"))
    #expect(answer.output.contains(", measured for 2 kinds of run\n"))
    #expect(
      answer.error
        == "regrok: warning: optimizer.learning_rate is 1e+39, and infinite in binary32\n")
  }

  /// Runs that fork from others when these have memorised are a second stage of the same command.
  @Test func whatGoesOffAtMemorisationIsDoneInOneCommand() throws {
    let folder = TemporaryFolder()
    folder.put(
      """
      preset: tiny
      set: {checkpoint_interval: 0, max_steps: 101, log_interval: 10, stop.memorized: 0.3}
      experiments:
        - name: base
          seeds: 1..2
        - name: decay
          seeds: 1..2
          at_memorization: [{set: {optimizer.weight_decay: 4}}]
        - name: never
          set: {stop.memorized: 1}
          at_memorization: [{set: {optimizer.weight_decay: 4}}]
      """, "plan.yaml")
    let dry = try Program.run(
      "sweep", "plan.yaml", "-o", "out", "--dry-run", "--rate", "100", in: folder.path)
    #expect(dry.output.contains("\nwaiting       3 runs: planned and estimated when"))
    let status = try Program.run("sweep", "plan.yaml", "-o", "out", "--status", in: folder.path)
    #expect(status.output.contains("\nmissing   6, 3 of them waiting for a parent\n"))
    let answer = try Program.run("sweep", "plan.yaml", "-o", "out", "--worker", in: folder.path)
    #expect(answer.status == 0)
    // What this process has made in its first stage was not there already.
    #expect(answer.output == "5 of 5 configs sealed\n")
    #expect(answer.error.contains("2 runs that waited for another run to memorise can start\n"))
    #expect(
      answer.error.hasSuffix(
        "regrok: left out never: the run without the change has not memorised\n"))
    let again = try Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path)
    #expect(
      again.output == "5 of 5 configs sealed; 5 were there already and have been verified\n")
    let left = try Program.run("sweep", "plan.yaml", "-o", "out", "--status", in: folder.path)
    #expect(
      left.output == """
        done      5 of 5 configs
        running   0
        missing   0
        failed    0
        left out  1, which cannot start
          never: the run without the change has not memorised

        """)
    let bundles = try Program.shell("ls out/*.tar.zst", in: folder.path).output
      .split(separator: "\n").map(String.init)
    #expect(bundles.count == 5)
    for bundle in bundles {
      #expect(try Program.run("replay", bundle, in: folder.path).status == 0)
    }
  }

  @Test func stagesOfAFreshFolderAreNotCalledVerified() throws {
    let folder = TemporaryFolder()
    folder.put(
      """
      preset: tiny
      set: {checkpoint_interval: 0, max_steps: 101, log_interval: 10, stop.memorized: 0.3}
      experiments:
        - {name: base, seeds: 1..2}
        - {name: decay, seeds: 1..2, at_memorization: [{set: {optimizer.weight_decay: 4}}]}
      """, "plan.yaml")
    let first = try Program.run("sweep", "plan.yaml", "-o", "out", "--json", in: folder.path)
    #expect(first.status == 0)
    let end = try CanonicalJSON(
      canonical: Array(try #require(first.output.split(separator: "\n").last).utf8))
    #expect(end["sealed"] == 4 && end["verified"] == 0)
    // One of the parents is there already when the second sweep begins.
    let script = """
      mkdir some; cp out/$("$R" run --preset tiny --set seed=1 --set checkpoint_interval=0 \
      --set max_steps=101 --set log_interval=10 --set stop.memorized=0.3 -o r --json \
      | sed -n 's/.*"run":"\\([0-9a-f]*\\)".*/\\1/p' | head -n 1).tar.zst some
      "$R" sweep plan.yaml -o some
      """
    let second = try Program.shell(script, in: folder.path)
    #expect(second.status == 0, "\(second.error)")
    #expect(second.output == "4 of 4 configs sealed; 1 were there already and have been verified\n")
  }

  /// A change after the last step that is taken.
  @Test func aChangeThatNeverActsIsWarnedOf() throws {
    let folder = TemporaryFolder()
    folder.put(
      """
      preset: tiny
      set: {checkpoint_interval: 0, max_steps: 40, log_interval: 20}
      experiments:
        - {name: late, at: [{step: 39, set: {batch: 3}}]}
      """, "plan.yaml")
    let answer = try Program.run(
      "sweep", "plan.yaml", "--dry-run", "--rate", "1", in: folder.path)
    #expect(answer.status == 0)
    #expect(
      answer.error
        == "regrok: warning: at[0].step is 39, and the run ends with step 20, the last one logged "
        + "below max_steps: this change never acts\n")
  }

  /// The plan and the config in the help are valid.
  @Test func theHelpOnForksShowsWhatIsOne() throws {
    let folder = TemporaryFolder()
    let help = try Program.run("help", "forks", in: folder.path).output
      .split(separator: "\n", omittingEmptySubsequences: false)
    func example(from first: String) throws -> String {
      let start = try #require(help.firstIndex { $0 == first })
      return help[start...].prefix { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }
    folder.put(try example(from: "  preset: modular-addition"), "plan.yaml")
    let dry = try Program.run(
      "sweep", "plan.yaml", "-o", "out", "--dry-run", "--rate", "100", in: folder.path)
    #expect(dry.status == 0)
    #expect(dry.output.contains("\nruns          240\n"))
    #expect(dry.output.contains("\nwaiting       220 runs: "))
    let config = try RunSpec(
      yaml: try example(from: "  task: {name: modular-addition}"), file: "help")
    #expect(config.changes.map(\.step) == [0, 801, 801, 900])
  }

  @Test func anEmptyShardSaysSo() throws {
    let folder = Self.folder()
    for flag in ["--dry-run", ""] {
      let answer = try Program.shell(
        "\"$R\" sweep plan.yaml -o out --shard 9/9 \(flag)", in: folder.path)
      #expect(answer.status == 0 && answer.output.contains("this shard"), "\(answer.output)")
    }
  }

  @Test(
    arguments: [
      ("sweep plan.yaml --shard 3/2", 64), ("sweep plan.yaml --shard 0/2", 64),
      ("sweep plan.yaml --jobs 0", 64), ("sweep plan.yaml --dry-run --rate 0", 64),
      ("sweep none.yaml", 74), ("sweep bad.yaml", 64), ("sweep .", 64), ("sweep /dev/null", 64),
      ("sweep - < bad.yaml", 64), ("sweep /dev/zero", 64),
    ] as [(String, Int32)])
  func badUseIsOneLine(arguments: String, status: Int32) throws {
    let folder = Self.folder()
    folder.put("experiments:\n  - name: A\n    seeds: x\n", "bad.yaml")
    let answer = try Program.shell("\"$R\" " + arguments, in: folder.path)
    #expect(answer.status == status)
    #expect(answer.output == "")
    #expect(answer.error.split(separator: "\n").count == 1)
    if arguments.contains("bad") {
      let name = arguments.contains(" - ") ? "stdin" : "bad.yaml"
      #expect(answer.error.hasPrefix("regrok: \(name):3: experiments.seeds: must be a seed"))
    }
    #expect(try Program.shell("ls", in: folder.path).output == "bad.yaml\nplan.yaml\n")
  }
}
