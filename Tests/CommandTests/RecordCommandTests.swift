import Foundation
import RunRecords
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct RecordCommandTests {
  private static let script = """
    echo step,loss > metrics.csv
    for n in 0 1 2; do echo $n,0.$n >> metrics.csv; done
    echo "$1" > argument
    echo said
    echo '{"best": 2}' > "$RUN_OUTPUT/outcome.json"

    """

  private static func folder() -> TemporaryFolder {
    let folder = TemporaryFolder()
    folder.put(script, "train.sh")
    return folder
  }

  @Test func aProgramIsRecordedWithItsOutput() throws {
    let folder = Self.folder()
    let answer = try Program.run(
      "record", "-o", "run", "--input", "train.sh", "--", "sh", "train.sh", "{out}",
      in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    let lines = answer.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "said")
    #expect(lines.contains { $0.hasPrefix("end       ended with 0 after ") })
    #expect(lines.contains("curves    3 rows up to step 2, 1 column compared"))
    #expect(lines.contains("kept in   run"))
    #expect(lines.last == "next      regrok pack run")
    #expect(answer.error == "regrok: recording in run\n")
    #expect(
      folder.content("run/trace/metrics.csv") == Data("step,loss\n0,0.0\n1,0.1\n2,0.2\n".utf8))
    #expect(folder.content("run/log.txt") == Data("said\n".utf8))
  }

  @Test func withJSONStandardOutputHasNothingElse() throws {
    let folder = Self.folder()
    let answer = try Program.run(
      "record", "-o", "run", "--input", "train.sh", "--json", "--", "sh", "train.sh",
      in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    let objects = try answer.output.split(separator: "\n").map {
      try #require(
        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
    }
    #expect(objects.first?["event"] as? String == "start")
    let end = try #require(objects.last)
    #expect(end["event"] as? String == "end")
    #expect(end["rows"] as? Int == 3)
    #expect(end["directory"] as? String == "run")
    #expect(answer.error.contains("said"))
  }

  @Test func theSameProgramCanBeRecordedAgainAndAgain() throws {
    let folder = Self.folder()
    var directories: [String] = []
    for _ in 0..<2 {
      let answer = try Program.run(
        "record", "--quiet", "--input", "train.sh", "--", "sh", "train.sh", in: folder.path)
      #expect(answer.status == 0, "\(answer.error)")
      let line = answer.output.split(separator: "\n").first { $0.hasPrefix("kept in") }
      directories.append(String(line?.dropFirst(10) ?? ""))
    }
    #expect(directories[1] == directories[0] + "-2")
    let specs = directories.map { folder.content($0 + "/program.json") }
    #expect(specs[0] != nil && specs[0] == specs[1])
  }

  @Test func manyAtOnceEachHaveADirectory() throws {
    let folder = Self.folder()
    let all = try (0..<5).map { _ in
      try Program.start(
        "record", "--quiet", "--input", "train.sh", "--", "sh", "train.sh", in: folder.path)
    }
    for running in all {
      let answer = running.wait()
      #expect(answer.status == 0, "\(answer.error)")
    }
    let runs = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/runs")
    #expect(runs.count == 5)
    for name in runs { #expect(folder.content("runs/\(name)/outcome.json") != nil) }
  }

  @Test func aProgramFileIsReadAndTheCommandLineGoesBeforeIt() throws {
    let folder = Self.folder()
    folder.put("lr: 0.5\nname: x\n", "conf.yaml")
    folder.put(
      """
      run: [sh, train.sh, "{config.lr}"]
      config: conf.yaml
      inputs: [train.sh]
      compare: {columns: {loss: ignore}}
      """, "p.yaml")
    let answer = try Program.run(
      "record", "-f", "p.yaml", "--set", "lr=0.25", "-o", "run", in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(folder.content("run/results/work/argument") == Data("0.25\n".utf8))
    #expect(
      folder.content("run/trace/observed.csv") == Data("step,loss\n0,0.0\n1,0.1\n2,0.2\n".utf8))
    let spec = try ProgramSpec(bytes: Array(try #require(folder.content("run/program.json"))))
    #expect(spec.config == ["lr": 0.25, "name": "x"])
    #expect(spec.run == ["sh", "train.sh", "{config.lr}"])
  }

  @Test(arguments: [
    ("exit 3", 6), ("kill -KILL $$", 6), ("exit 0", 0),
  ])
  func theExitStatusTellsWhetherTheProgramFailed(script: String, status: Int32) throws {
    let folder = TemporaryFolder()
    let answer = try Program.run(
      "record", "--no-input", "-o", "run", "--", "sh", "-c", "echo a > kept; \(script)",
      in: folder.path)
    #expect(answer.status == status, "\(answer.error)")
    #expect(folder.content("run/results/work/kept") == Data("a\n".utf8))
    #expect(folder.content("run/outcome.json") != nil)
  }

  @Test(arguments: [
    ("record", "no program"), ("record --no-input -- no-such-program-here", "cannot start"),
    ("record --no-input --input x -- true", "cannot be used together"),
    ("record --no-input --repeat 0 -- true", "--repeat has to be"),
    ("record --no-input --steps 3 -- true", "--steps N shortens"),
    ("record --no-input --time-limit soon -- true", "--time-limit is a time"),
    ("record --no-input --set x -- true", "--set takes KEY=VALUE"),
    ("record --no-input --env 2X -- true", "2X is no name of a variable"),
    ("record --input .env -- true", "these look like secrets, and would be published: .env"),
    ("record --no-input -- tool --token=ghp_0123456789abcdefghij", "--token"),
    ("record --no-input -- sh -c '{config}'", "there is no config"),
    ("record -- true", "--input PATH"),
    ("record --no-input --dry-run -- sh '{config.rate}'", "{config.rate}"),
    ("record -f missing.yaml", "missing.yaml"),
    ("record --adopt missing", "there is no such directory"),
  ])
  func whatCannotBeDoneIsSaidInOneLineAndMakesNothing(words: String, reason: String) throws {
    let folder = TemporaryFolder()
    folder.put("SECRET=1", ".env")
    let answer = try Program.shell("\"$R\" \(words)", in: folder.path)
    #expect([4, 64, 74].contains(answer.status), "\(answer.status): \(answer.error)")
    #expect(answer.error.contains(reason), "\(answer.error)")
    #expect(
      answer.error.split(separator: "\n").count { !$0.contains("recording in") } == 1,
      "\(answer.error)")
    let left = try Program.shell(
      "find . -type f | grep -v '^./.env$' | grep -v .process", in: folder.path)
    #expect(left.output.isEmpty, "\(left.output)")
  }

  @Test func aDryRunSaysWhatWouldBePublishedAndDoesNothing() throws {
    let folder = Self.folder()
    let answer = try Program.run(
      "record", "--dry-run", "--input", "train.sh", "--env", "MY_FLAG", "--", "sh", "train.sh",
      "a b", in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains("runs      sh train.sh 'a b'\n"))
    #expect(answer.output.contains("train.sh  \(Self.script.utf8.count) bytes\n"))
    #expect(answer.output.contains("MY_FLAG"))
    #expect(folder.content("runs") == nil && folder.content("argument") == nil)
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/runs"))
  }

  @Test func resultsAreAdoptedWithoutBeingExecuted() throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell(
      "mkdir old; printf 'step,a\\n1,2\\n0,1\\n' > old/metrics.csv; echo p > old/plot; "
        + "\"$R\" record --adopt old -o run -- sh -c 'echo ran > ran'", in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains("end       adopted\n"))
    #expect(folder.content("ran") == nil)
    #expect(folder.content("run/trace/metrics.csv") == Data("step,a\n0,1\n1,2\n".utf8))
    #expect(folder.content("run/results/out/plot") == Data("p\n".utf8))
  }

  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)] as [(Int32, Int32)])
  func aSignalReachesTheProgramAndWhatItWroteIsRecorded(signal: Int32, status: Int32) throws {
    let folder = TemporaryFolder()
    let running = try Program.start(
      "record", "--no-input", "-o", "run", "--", "sh", "-c",
      "trap 'echo saved > saved; exit 5' INT TERM HUP; echo > ready; n=0; "
        + "while [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done", in: folder.path)
    while running.isRunning && folder.content("run/work/ready") == nil { usleep(10_000) }
    running.send(signal)
    let answer = running.wait()
    #expect(answer.status == status, "\(answer.error)")
    #expect(folder.content("run/results/work/saved") == Data("saved\n".utf8))
    #expect(folder.content("run/outcome.json") != nil)
  }

  @Test func ofARecordThatWasKilledAllIsThereAndTheNextSaysSo() throws {
    let folder = TemporaryFolder()
    let running = try Program.start(
      "record", "--no-input", "-o", "run", "--", "sh", "-c",
      "echo a > kept; echo b > $RUN_OUTPUT/kept; n=0; while [ $n -lt 600 ] && [ ! -e go ]; do "
        + "sleep 0.1; n=$((n+1)); done", in: folder.path)
    while running.isRunning && folder.content("run/out/kept") == nil { usleep(10_000) }
    running.send(SIGKILL)
    _ = running.wait()
    #expect(folder.content("run/work/kept") == Data("a\n".utf8))
    #if canImport(Glibc)
      let early = try Program.run(
        "record", "--no-input", "-o", "run", "--", "true", in: folder.path)
      #expect(early.error.contains("its program still runs"), "\(early.error)")
    #endif
    folder.put("", "run/work/go")
    // Until the program has seen the file; the program ends by itself in any case.
    var again = try Program.run(
      "record", "--no-input", "-o", "run", "--", "true", in: folder.path)
    while again.error.contains("its program still runs") {
      again = try Program.run(
        "record", "--no-input", "-o", "run", "--", "true", in: folder.path)
    }
    #expect(again.status == 64)
    #expect(again.error.contains("an earlier record of it was ended before its end"))
    #expect(folder.content("run/work/kept") == Data("a\n".utf8))
    let adopted = try Program.run(
      "record", "--adopt", "run/work", "-o", "whole", in: folder.path)
    #expect(adopted.status == 0, "\(adopted.error)")
    #expect(folder.content("whole/results/out/kept") == Data("a\n".utf8))
  }

  @Test func theProgramHasNoOpenFilesButItsStreams() throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell(
      """
      exec 7< /etc/passwd; "$R" record --no-input -o run -- sh -c \
      'for n in 3 4 5 6 7 8 9; do (true <&$n) 2>/dev/null && echo $n; done; echo end' | head -1
      """,
      in: folder.path)
    #expect(answer.output == "end\n", "\(answer.error)")
  }

  @Test func noHostNoUserAndNoFolderGoesIntoWhatIsSealed() throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell(
      """
      mkdir -p alice/proj; cd alice/proj; echo 'echo hello' > a.sh
      OMP_NUM_THREADS=1 XLA_FLAGS="--dump=$PWD/x" HOME="$PWD" SECRET_THING=zebra \
        "$R" record --input a.sh -o run -- sh a.sh > /dev/null || exit 1
      mv run/run.json ..; mv run/lock ..
      grep -rlF -e alice -e zebra -e '\(folder.path)' run; grep -c OMP_NUM run/environment.json
      grep -rlwF -e "$(hostname)" run
      """, in: folder.path)
    #expect(answer.output == "1\n", "\(answer.error)")
  }

  /// One odd name must not make a run useless.
  @Test func aResultWithAnOddNameIsKeptAndTheOthersAreSealed() throws {
    let folder = TemporaryFolder()
    let answer = try Program.run(
      "record", "--no-input", "-o", "run", "--", "sh", "-c",
      "echo 1 > é.txt; echo 2 > \"$(printf 'a\\nb')\"; echo 3 > \"$(printf 'c\\377')\"; "
        + "echo 4 > d.txt", in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains("it is not printable ASCII alone; pack --exclude"))
    let exclusions =
      "--exclude 'results/work/a?b' --exclude results/work/c%FF --exclude 'results/work/??.txt'"
    let lines = answer.output.split(separator: "\n").map(String.init)
    #expect(lines.last == "next      regrok pack run " + exclusions, "\(answer.output)")
    let refused = try Program.run("pack", "run", in: folder.path)
    #expect(refused.status == 64)
    #expect(refused.error.contains("(and 2 more) cannot be sealed"), "\(refused.error)")
    for (command, words) in [
      ("pack run --exclude 'results/work/*%*' --exclude '*' -o none.tar.zst", "result  "),
      ("pack run \(exclusions)", "publishes"), ("verify run.tar.zst", "sound"),
      ("show run", "not to be sealed"), ("show run.tar.zst", "1 file"),
      ("diff run.tar.zst run", "it cannot be sealed: it is not printable ASCII alone"),
      ("diff run run", "identical: the ending, 1 file by digest"),
      ("replay run --execute", "identical: the ending, 1 file by digest"),
      ("replay run.tar.zst --execute", "identical: the ending, 1 file by digest"),
    ] {
      let answer = try Program.shell("\"$R\" \(command)", in: folder.path)
      #expect(answer.status == 0, "\(command): \(answer.error)")
      #expect(answer.output.contains(words), "\(command): \(answer.output)")
    }
  }

  @Test(arguments: [
    ("--file-limit 5", "5 files"), ("--output-limit 5B", "5 bytes"),
  ])
  func aLimitIsKeptForAShortProgramToo(option: String, reason: String) throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell(
      "\"$R\" record --no-input -o run \(option) -- "
        + "sh -c 'for n in 1 2 3 4 5 6; do echo > $n; done'", in: folder.path)
    #expect(answer.status == 6, "\(answer.error)")
    #expect(answer.output.contains("note      ended because it wrote more than \(reason)\n"))
    #expect(folder.content("run/results/work/6") != nil)
  }

  @Test func namesOfFilesThatWereNotWrittenAreSaid() throws {
    let folder = Self.folder()
    let answer = try Program.run(
      "record", "-o", "run", "--input", "train.sh", "--metrics", "nofile.csv", "--outcome",
      "nofile.json", "--", "sh", "train.sh", in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    for name in ["nofile.csv", "nofile.json"] {
      #expect(answer.output.contains("note      \(name) was asked for, but was not written\n"))
    }
    let usual = try Program.run(
      "record", "-o", "usual", "--input", "train.sh", "--", "sh", "train.sh", in: folder.path)
    #expect(!usual.output.contains("note "), "\(usual.output)")
  }

  // MARK: Repeats

  private static let noisy =
    "echo step,loss > metrics.csv; for n in 0 1 2 3 4 5; do echo $n,0.${NOISE:-0}$n; done "
    + ">> metrics.csv"

  /// Of a beginning, the ending is not compared.
  @Test func aBeginningThatIsRepeatedIsIdenticalInWhatWasCompared() throws {
    let folder = TemporaryFolder()
    let answer = try Program.run(
      "record", "--no-input", "-o", "run", "--repeat", "2", "--steps", "3", "--", "sh", "-c",
      Self.noisy, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains("repeats   2 runs up to step 3: identical\n"))
    let shown = try Program.run("show", "run", in: folder.path)
    #expect(shown.output.contains("2 runs up to step 3, identical"), "\(shown.output)")
    let nothing = try Program.run(
      "record", "--no-input", "-o", "nothing", "--repeat", "2", "--steps", "3", "--", "true",
      in: folder.path)
    #expect(nothing.output.contains("repeats   2 runs up to step 3: nothing was compared\n"))
  }

  @Test func oneRunAloneIsComparedWithNothing() throws {
    let folder = TemporaryFolder()
    let answer = try Program.run(
      "record", "--no-input", "-o", "run", "--vary", "NOISE=0,1", "--", "sh", "-c", Self.noisy,
      in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(
      answer.output.contains(
        "repeats   not measured with its own settings; with NOISE=0 identical; "
          + "with NOISE=1 different: loss from step 0\n"), "\(answer.output)")
    let shown = try Program.run("show", "run", in: folder.path)
    #expect(shown.output.contains("not measured with its own settings"), "\(shown.output)")
  }

  // MARK: What is not finished

  @Test func whatIsNotFinishedIsSaidToBeSo() throws {
    let folder = Self.folder()
    let answer = try Program.shell(
      "\"$R\" record -o run --input train.sh -- sh train.sh && rm run/outcome.json",
      in: folder.path)
    try #require(answer.status == 0, "\(answer.error)")
    for command in ["show", "pack"] {
      let refused = try Program.run(command, "run", in: folder.path)
      #expect(refused.status == 64)
      #expect(
        refused.error
          == "regrok: run: the run is not finished: there is no outcome.json. The run of a program "
          + "can be read once it is finished; what it has written is in the directory\n")
    }
  }

  @Test func aFullDiskIsToldAndNothingIsLost() throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell(
      "\"$R\" record --no-input -o run -- sh -c 'echo a > kept' > /dev/full", in: folder.path)
    #expect(folder.content("run/results/work/kept") == Data("a\n".utf8))
    #expect(answer.status == 74, "\(answer.error)")
  }
}
