import Configs
import Foundation
import RunRecords
import Testing

/// `regrok run` from outside: interruptions, kills, and what it prints.
@Suite(.serialized) struct RunCommandTests {
  /// The tiny preset, shortened for a program that is built without optimisation.
  static let config = """
    task: {name: modular-addition, modulus: 7}
    model: {width: 16, heads: 2, feedforward: 32}
    batch: 16
    max_steps: 200
    log_interval: 4
    checkpoint_interval: 12
    """

  /// The digests of all results of an undisturbed run.
  static let expected: String = {
    let folder = TemporaryFolder()
    folder.put(config, "c.yaml")
    _ = try! Program.run("run", "c.yaml", "-o", "run", "--quiet", in: folder.path)
    return try! digests(in: folder)
  }()

  static func digests(in folder: TemporaryFolder) throws -> String {
    try Program.shell(
      "cd run && sha256sum config.json outcome.json trace/* checkpoints/* && ls -A . resume",
      in: folder.path
    ).output
  }

  @Test func theExpectedDigestsAreThoseOfAWholeRun() {
    #expect(Self.expected.split(separator: "\n").filter { $0.contains("safetensors") }.count == 18)
  }

  /// Each seed gives other moments. The run is killed again and again until it is done.
  @Test(arguments: 1...5)
  func killedAtAnyMomentItGoesOn(seed: UInt64) throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    var random = SplitMix64(state: seed)
    var kills = 0
    while true {
      let running = try Program.start(
        "run", "c.yaml", "-o", "run", "--resume", "--quiet", "--threads",
        String(1 + random.next() % 3), in: folder.path)
      // At first soon after the start, then later and later, so that the run reaches its end.
      let milliseconds = random.next() % UInt64(100 * (kills + 1))
      Thread.sleep(forTimeInterval: Double(milliseconds) / 1000)
      let wasRunning = running.isRunning
      if wasRunning { running.send(SIGKILL) }
      let answer = running.wait()
      if answer.status == 0 { break }
      #expect(answer.status == 128 + SIGKILL, "\(answer.error)")
      kills += 1
      #expect(kills < 100)
      if kills >= 100 { break }
    }
    #expect(try Self.digests(in: folder) == Self.expected, "after \(kills) kills")
  }

  @Test(
    arguments: [
      (SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129), (SIGUSR1, 143), (SIGUSR2, 143), (SIGXCPU, 143),
    ] as [(Int32, Int32)])
  func aSignalSavesTheStateFirst(signal: Int32, status: Int32) throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let running = try Program.start("run", "c.yaml", "-o", "run", in: folder.path)
    try waitForRow(4, of: running, in: folder)
    running.send(signal)
    let answer = running.wait()
    #expect(answer.status == status)
    let line = answer.error.split(separator: "\n").last ?? ""
    #expect(line.hasPrefix("regrok: interrupted after step "))
    #expect(line.hasSuffix("; go on with: regrok run --resume -o run"))
    let resumed = try Program.run("run", "--resume", "-o", "run", in: folder.path)
    #expect(resumed.status == 0)
    #expect(resumed.error.hasPrefix("continuing from step "))
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  /// While it is stopped, both signals are sent; it receives them together.
  @Test func aSecondSignalEndsAtOnce() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let running = try Program.start("run", "c.yaml", "-o", "run", in: folder.path)
    try waitForRow(4, of: running, in: folder)
    running.send(SIGSTOP)
    running.send(SIGINT)
    running.send(SIGTERM)
    running.send(SIGCONT)
    let answer = running.wait()
    #expect([130, 143].contains(answer.status))
    #expect(!answer.error.contains("interrupted after"))
    _ = try Program.run("run", "--resume", "-o", "run", in: folder.path)
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  @Test func oneWriterARunDirectory() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let first = try Program.start("run", "c.yaml", "-o", "run", in: folder.path)
    try waitForRow(0, of: first, in: folder)
    first.send(SIGSTOP)
    let second = try Program.run("run", "c.yaml", "-o", "run", "--resume", in: folder.path)
    #expect(second.status == 74)
    #expect(second.error == "regrok: run: another process is writing this run\n")
    first.send(SIGCONT)
    #expect(first.wait().status == 0)
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  @Test func aFinishedRunIsNotPerformedAgain() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let first = try Program.run("run", "c.yaml", in: folder.path)
    let name = "runs/" + (try RunSpec(yaml: Self.config).runID)
    #expect(first.status == 0)
    #expect(first.output.hasSuffix("next      regrok pack \(name)\n"))
    let again = try Program.run("run", "c.yaml", in: folder.path)
    #expect(again.status == 64)
    #expect(
      again.error
        == "regrok: \(name): this run is finished already; give another directory with -o\n")
    let resumed = try Program.run("run", "c.yaml", "--resume", in: folder.path)
    #expect(resumed.status == 0)
    #expect(resumed.output == "finished  already; nothing was computed\n" + first.output)
    let other = try Program.run(
      "run", "c.yaml", "--set", "seed=43", "-o", name, "--resume", in: folder.path)
    #expect(other.status == 64)
    #expect(other.error.contains(": it holds the run "))
    #expect(
      other.error.contains(": seed is 42 there and 43 here; --resume can only move the end"))
  }

  /// A run that ended early, by its steps or by its rule, is continued to a later end. The result
  /// is that of a run that had the later end from the beginning.
  @Test(arguments: [
    ["--set", "max_steps=100"], ["--set", "max_steps=90", "--set", "checkpoint_interval=0"],
    [
      "--set", "max_steps=160", "--set", "stop.grokked=0.01", "--set",
      "stop.steps_after_grokking=0",
    ],
  ])
  func aRunIsExtended(first: [String]) throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let begun = try Program.run(["run", "c.yaml", "-o", "run", "--quiet"] + first, in: folder.path)
    #expect(begun.status == 0, "\(begun.error)")
    let last = first.contains("checkpoint_interval=0") ? ["--set", "checkpoint_interval=0"] : []
    let whole = try Program.run(
      ["run", "c.yaml", "-o", "whole", "--quiet"] + last, in: folder.path)
    #expect(whole.status == 0)
    let extended = try Program.run(
      ["run", "--resume", "-o", "run", "--quiet", "--set", "max_steps=200"]
        + (first.contains("stop.grokked=0.01")
          ? ["--set", "stop.grokked=0.99", "--set", "stop.steps_after_grokking=2000"] : []),
      in: folder.path)
    #expect(extended.status == 0, "\(extended.error)")
    #expect(extended.error.contains(" there and "))
    let same = try Program.shell("diff -r -x run.json -x lock run whole", in: folder.path)
    #expect(same.status == 0, "\(same.output)")
  }

  @Test func killedWhileItIsExtendedItGoesOn() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    _ = try Program.run(
      "run", "c.yaml", "-o", "run", "--quiet", "--set", "max_steps=100", in: folder.path)
    var random = SplitMix64(state: 7)
    for _ in 0..<8 {
      let running = try Program.start(
        "run", "c.yaml", "-o", "run", "--resume", "--quiet", in: folder.path)
      Thread.sleep(forTimeInterval: Double(random.next() % 60) / 1000)
      running.send(SIGKILL)
      _ = running.wait()
    }
    let answer = try Program.run("run", "c.yaml", "-o", "run", "--resume", in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  @Test(arguments: [
    ("--set max_steps=60", "max_steps is 200 there and 60 here"),
    ("--set log_interval=2", "log_interval is 4 there and 2 here"),
    ("--set optimizer.weight_decay=3", "optimizer.weight_decay is 1 there and 3 here"),
  ])
  func whatIsNoExtensionIsRefusedByItsKey(options: String, reason: String) throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    _ = try Program.run("run", "c.yaml", "-o", "run", "--quiet", in: folder.path)
    let answer = try Program.shell("\"$R\" run --resume -o run \(options)", in: folder.path)
    #expect(answer.status == 64)
    #expect(answer.error.contains(": \(reason); --resume can only move the end of a run"))
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  /// What was unpacked, and what `replay --fill` has made, has lists of digests.
  @Test(arguments: ["bag/data", "filled"])
  func theFilesOfABundleAreNotExtended(directory: String) throws {
    let folder = TemporaryFolder()
    let make = """
      "$R" extract \(SealedRuns.shared.path)/a.tar.zst -o bag > /dev/null || exit 9
      "$R" replay \(SealedRuns.shared.path)/a.tar.zst --fill filled > /dev/null 2>&1 || exit 8
      find bag filled -type f | sort | xargs sha256sum > before
      """
    #expect(try Program.shell(make, in: folder.path).status == 0)
    for options in ["--set max_steps=80", ""] {
      let answer = try Program.shell(
        "\"$R\" run --resume -o \(directory) \(options)", in: folder.path)
      #expect(answer.status == 64)
      #expect(
        answer.error
          == "regrok: \(directory): its files are those of a bundle, whose digests are listed, so "
          + "no run changes them; continue a copy elsewhere, without expected-sha256.txt, or "
          + "perform the run anew with regrok run BUNDLE -o NEW\n")
    }
    let same = try Program.shell(
      "find bag filled -type f | sort | xargs sha256sum | cmp - before", in: folder.path)
    #expect(same.status == 0)
    // What the message says can be done.
    let copied = try Program.shell(
      """
      cp -r \(directory) copy && rm copy/expected-sha256.txt && \
      "$R" run --resume -o copy --set max_steps=80 --quiet
      """, in: folder.path)
    #expect(copied.status == 0, "\(copied.error)")
  }

  @Test func aChangeThatNeverActsIsWarnedOf() throws {
    let folder = TemporaryFolder()
    folder.put(
      Self.config.replacing("max_steps: 200", with: "max_steps: 8")
        + "\nat: [{step: 7, set: {batch: 3}}]\n", "c.yaml")
    let answer = try Program.run("run", "c.yaml", "-o", "run", "--quiet", in: folder.path)
    #expect(answer.status == 0)
    #expect(
      answer.error
        == "regrok: warning: at[0].step is 7, and the run ends with step 4, the last one logged "
        + "below max_steps: this change never acts\n")
    // Such a run is sealed and performed again as any other.
    let script = "\"$R\" pack run -o b > /dev/null && \"$R\" replay b"
    #expect(try Program.shell(script, in: folder.path).status == 0)
  }

  @Test(arguments: [
    ("rm run/trace/hashes.csv", "run/trace/hashes.csv: it is missing"),
    ("rm -r run/trace", "run/trace/metrics.csv: it is missing"),
    ("sed -i '$d' run/trace/metrics.csv", "run/trace: its rows are not those of the outcome"),
    ("rm run/run.json", "run/run.json: it is missing"),
    (
      "rm run/checkpoints/step-00000012.safetensors",
      "run/checkpoints/step-00000012.safetensors: it is missing"
    ),
  ])
  func aFinishedRunThatHasLostSomethingIsNotCalledFinished(loss: String, reason: String) throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let answer = try Program.shell(
      "\"$R\" run c.yaml -o run --quiet; \(loss); \"$R\" run c.yaml -o run --resume",
      in: folder.path)
    #expect(answer.status == 2)
    #expect(answer.error.hasPrefix("regrok: \(reason), though the run has an outcome.json; "))
  }

  /// Its rows agree with each other, but they are those of another config.
  @Test func aFinishedRunWithAnotherConfigIsNotCalledFinished() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let answer = try Program.shell(
      "\"$R\" run c.yaml -o run --quiet; sed -i 's/\"batch\":[0-9]*/\"batch\":9/' "
        + "run/config.json; \"$R\" run -o run --resume",
      in: folder.path)
    #expect(answer.status == 2)
    #expect(!answer.output.contains("finished"))
    #expect(answer.error.contains("it belongs to the run"), "\(answer.error)")
  }

  @Test func aReaderThatGoesAwayDoesNotEndTheRun() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    _ = try Program.shell("\"$R\" run c.yaml -o run --json | head -n 1", in: folder.path)
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  @Test func jsonIsOneEventALine() throws {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    let answer = try Program.run("run", "c.yaml", "-o", "run", "--json", in: folder.path)
    #expect(answer.error == "")
    let events = try answer.output.split(separator: "\n").map {
      try CanonicalJSON(canonical: Array($0.utf8))
    }
    #expect(events.first?["event"] == "start")
    #expect(events.first?["step"]?.intValue == -1)
    let metrics = String(decoding: folder.content("run/trace/metrics.csv")!, as: UTF8.self)
    let rows = metrics.split(separator: "\n").dropFirst().map { MetricsRow(csvLine: $0) }
    #expect(events.count == rows.count + 2)
    for (event, row) in zip(events.dropFirst(), rows) {
      #expect(event["event"] == "row")
      #expect(event["step"]?.intValue == row?.step)
      #expect(event["train_loss"]?.doubleValue == row?.trainLoss)
      #expect(event["squared_norm"]?.doubleValue == row?.squaredNorm)
    }
    let end = try #require(events.last)
    #expect(end["event"] == "end")
    #expect(end["status"] == "finished")
    #expect(
      end["outcome"] == (try CanonicalJSON(canonical: Array(folder.content("run/outcome.json")!))))
  }

  @Test func theRecordIsAConfigToo() throws {
    let folder = TemporaryFolder()
    folder.put(try RunSpec(yaml: Self.config).canonicalJSON.text, "config.json")
    #expect(
      try Program.run("run", "config.json", "-o", "run", "--quiet", in: folder.path).status == 0)
    #expect(try Self.digests(in: folder) == Self.expected)
  }

  /// Waits until the row of `step` is in the trace of hashes. It waits as long as the program runs,
  /// however slow the machine is.
  private func waitForRow(
    _ step: Int, of running: Program.Running, in folder: TemporaryFolder
  ) throws {
    while running.isRunning {
      let text = folder.content("run/trace/hashes.csv").map { String(decoding: $0, as: UTF8.self) }
      if text?.contains("\n\(step),") == true { return }
      Thread.sleep(forTimeInterval: 0.005)
    }
    Issue.record("the run ended before anybody saw the row of step \(step)")
  }
}
