import Digests
import Files
import Foundation
import RunRecords
import Testing

@testable import Programs

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct ProgramRunTests {
  /// A run of a shell script, with files of the folder as inputs.
  private static func run(
    _ script: String, in folder: TemporaryDirectory, inputs paths: [String] = [],
    name: String = "run", change: (inout ProgramRequest) -> Void = { _ in }, isHere: Bool = false
  ) throws -> ProgramRun {
    _ = hearsInterrupts
    var request = ProgramRequest()
    request.run = ["sh", "-c", script, "sh", "{out}"]
    request.inputs = paths
    change(&request)
    var secrets = SecretCheck(allowed: [])
    let inputs = try ProgramInputs.find(
      paths, in: folder.path, runDirectory: folder.path + "/" + name, secrets: &secrets)
    let base = try #require(FileTree.resolved(folder.path))
    var run = ProgramRun(
      spec: request.spec(inputs, ranHere: isHere), inputs: inputs,
      directory: ProgramRunDirectory(name, in: base), base: base)
    run.limits = request.limits
    run.isDeclared = request.isDeclared
    run.named = request.named
    run.graceSeconds = 0.4
    return run
  }

  @Test func theDirectoryOfAFinishedRunHasWhatItIsToHave() throws {
    let folder = TemporaryDirectory()
    folder.write("seed", to: "data/seed.txt")
    let run = try Self.run(
      """
      test "$(cat data/seed.txt)" = seed || exit 1
      test "$(ls -A)" = data || exit 2
      test -z "$(ls -A $1)" || exit 3
      test "$1" = "$RUN_OUTPUT" || exit 4
      test "$(cat $RUN_CONFIG)" = '{"lr":0.5}' || exit 5
      printf 'step,loss,seconds\\n0,1,5\\n1,0.5,6\\n' > metrics.csv
      echo '{"acc": 1, "minutes": 3}' > "$1/outcome.json"
      mkdir checkpoints; echo c > checkpoints/step-1.safetensors; echo o > "$1/o"; echo w > w
      echo to-stdout; echo to-stderr >&2
      """, in: folder, inputs: ["data"],
      change: {
        $0.config = ["lr": 0.5]
        $0.compare =
          ComparePolicy(columns: ["seconds": .ignore], outcome: ["minutes": .ignore]) ?? .bits
      })
    let observer = QuietObserver()
    let record = try run.perform(observer)
    #expect(record.attempt.outcome.ending == ProgramOutcome.Ending(status: 0))
    #expect(observer.attempts == [1])
    #expect(
      folder.files(in: "run") == [
        "checkpoints/step-00000001.safetensors", "environment.json", "inputs-sha256.txt",
        "inputs/data/seed.txt", "lock", "log.txt", "outcome.json", "program.json", "repeats.json",
        "results/out/o", "results/work/w", "run.json", "trace/metrics.csv", "trace/observed.csv",
      ])
    #expect(
      folder.text("run/outcome.json")
        == #"{"found":{"acc":1},"program":{"interrupted":false,"signal":null,"#
        + #""status":0,"timeout":false}}"#
    )
    #expect(folder.text("run/trace/metrics.csv") == "step,loss\n0,1.0\n1,0.5\n")
    #expect(folder.text("run/trace/observed.csv") == "step,seconds\n0,5\n1,6\n")
    let files = try record.attempt.files()
    #expect(
      files.map(\.file.path) == [
        "results/out/o", "results/work/w", "checkpoints/step-00000001.safetensors",
      ])
    #expect(files.map(\.file.size) == [2, 2, 2])
    #expect(files[0].digest == Digest(of: Array("o\n".utf8)))
    #expect(try record.attempt.bytes(of: "results/work/w", 1..<2) == Array("\n".utf8))
    #expect(folder.text("run/repeats.json") == #"{"measured":false}"#)
    let log = Set(folder.text("run/log.txt").split(separator: "\n"))
    #expect(log == ["to-stdout", "to-stderr"])
    #expect(try ProgramSpec(bytes: folder.read("run/program.json")) == run.spec)
    #expect(try InputList(bytes: folder.read("run/inputs-sha256.txt")) == run.inputs.list)
    let environment = try CanonicalJSON(canonical: folder.read("run/environment.json"))
    #expect(environment["observed_outcome"] == ["minutes": 3])
    #expect(environment["isolated"] == true)
  }

  @Test func nothingOfAMachineIsInTheIdentity() throws {
    let (a, b) = (TemporaryDirectory(), TemporaryDirectory())
    var specs: [ProgramSpec] = []
    for folder in [a, b] {
      folder.write("x", to: "x.py")
      specs.append(try Self.run("true", in: folder, inputs: ["x.py"]).spec)
    }
    #expect(specs[0] == specs[1])
    #expect(!specs[0].json.text.contains(a.path))
  }

  @Test func aProgramThatFailsIsRecordedToo() throws {
    let folder = TemporaryDirectory()
    let record = try Self.run(
      "echo a > kept; printf 'step,a\\n0,1\\n1,' > metrics.csv; exit 3", in: folder
    )
    .perform(QuietObserver())
    #expect(record.attempt.outcome.ending == ProgramOutcome.Ending(status: 3))
    #expect(record.attempt.outcome.ending.isFailure)
    #expect(folder.has("run/results/work/kept"))
    #expect(record.attempt.metrics.steps == [0])
    #expect(record.attempt.remarks.contains { $0.contains("torn") }, "\(record.attempt.remarks)")
  }

  @Test func aTimeLimitIsKept() throws {
    let folder = TemporaryDirectory()
    let record = try Self.run(
      "echo a > kept; sleep 60", in: folder, change: { $0.limits.seconds = 0.3 }
    ).perform(QuietObserver())
    #expect(
      record.attempt.outcome.ending
        == ProgramOutcome.Ending(status: nil, signal: "SIGTERM", timedOut: true))
    #expect(folder.has("run/results/work/kept"))
  }

  @Test func aProgramThatWritesTooMuchIsEnded() throws {
    for change in [
      { (request: inout ProgramRequest) in request.limits.bytes = 50_000 },
      { (request: inout ProgramRequest) in request.limits.files = 20 },
    ] {
      let folder = TemporaryDirectory()
      let record = try Self.run(
        "n=0; while [ $n -lt 600 ]; do head -c 5000 /dev/zero > f$n; n=$((n+1)); sleep 0.05; done",
        in: folder, change: change
      ).perform(QuietObserver())
      #expect(record.attempt.outcome.ending.interrupted)
      #expect(record.attempt.remarks.contains { $0.contains("it wrote more than") })
      #expect(!record.attempt.results.isEmpty)
    }
  }

  /// A program may have ended before anybody looks at what it has written.
  @Test func aShortProgramThatWritesTooMuchHasFailed() throws {
    for (reason, change) in [
      ("50000 bytes", { (request: inout ProgramRequest) in request.limits.bytes = 50_000 }),
      ("20 files", { (request: inout ProgramRequest) in request.limits.files = 20 }),
    ] {
      let folder = TemporaryDirectory()
      let record = try Self.run(
        "head -c 60000 /dev/zero > $1/large; "
          + "n=0; while [ $n -lt 30 ]; do echo > f$n; n=$((n+1)); done", in: folder, change: change
      ).perform(QuietObserver())
      #expect(record.attempt.outcome.ending.interrupted)
      #expect(record.attempt.outcome.ending.isFailure)
      #expect(record.attempt.remarks == ["ended because it wrote more than \(reason)"])
      #expect(folder.has("run/results/out/large"))
    }
  }

  @Test func aProgramThatKeepsItsLimitsHasNotFailed() throws {
    let folder = TemporaryDirectory()
    let record = try Self.run(
      "head -c 5000 /dev/zero > a; echo > b", in: folder,
      change: {
        $0.limits.bytes = 5001
        $0.limits.files = 2
      }
    ).perform(QuietObserver())
    #expect(record.attempt.outcome.ending == ProgramOutcome.Ending(status: 0))
    #expect(record.attempt.remarks.isEmpty)
  }

  @Test func namesThatMeanNothingAreSaidAndNoError() throws {
    let folder = TemporaryDirectory()
    let tolerance = ComparePolicy.Rule.tolerance(try #require(Tolerance(absolute: 1)))
    var files: [PathPattern: ComparePolicy.Rule] = [:]
    for text in ["*.xyz", "*.txt", "step-*.safetensors"] {
      let pattern = try #require(PathPattern(text))
      files[pattern] = .ignore
    }
    let compare = try #require(
      ComparePolicy(
        columns: ["lss": tolerance, "loss": tolerance, "seconds": .ignore], files: files,
        outcome: ["acc": tolerance, "nokey": .ignore]))
    let script =
      "printf 'step,loss,seconds\\n0,1,2\\n' > metrics.csv; echo a > a.txt; mkdir checkpoints; "
      + "echo c > checkpoints/step-1.safetensors; echo '{\"acc\": 1}' > outcome.json"
    let record = try Self.run(
      script, in: folder,
      change: {
        $0.compare = compare
        $0.outcome = "found.json"
        $0.namesOutcome = true
      }
    ).perform(QuietObserver())
    #expect(record.attempt.outcome.ending == ProgramOutcome.Ending(status: 0))
    let idle = [
      "compare.columns.lss applies to nothing: no column has this name; did you mean loss?",
      "compare.files.*.xyz applies to nothing: it matches no file",
    ]
    let noKey = "compare.outcome.nokey applies to nothing: the outcome has no such key"
    var expected = ["found.json was asked for, but was not written"] + idle
    expected.append("compare.outcome.acc applies to nothing: the outcome has no such key")
    expected.append(noKey)
    #expect(record.attempt.remarks == expected)
    let found = try Self.run(
      script, in: folder, name: "found", change: { $0.compare = compare }
    ).perform(QuietObserver())
    #expect(found.attempt.remarks == idle + [noKey])
    let failed = try Self.run(
      "exit 3", in: folder, name: "failed", change: { $0.compare = compare }
    ).perform(QuietObserver())
    #expect(failed.attempt.remarks.isEmpty)
  }

  /// They would make `environment.json` larger than anybody reads.
  @Test func manyRemarksAreCut() throws {
    let folder = TemporaryDirectory()
    let columns = (0..<30).map { (CanonicalJSON.Key("c\($0)"), ComparePolicy.Rule.ignore) }
    let compare = try #require(
      ComparePolicy(columns: Dictionary(uniqueKeysWithValues: columns)))
    let record = try Self.run(
      "n=0; while [ $n -lt 200 ]; do echo > a:$n; n=$((n+1)); done", in: folder,
      change: { $0.compare = compare }
    ).perform(QuietObserver())
    #expect(record.attempt.remarks.count == 21)
    #expect(record.attempt.remarks.last == "10 more rules of compare apply to nothing")
    #expect(record.attempt.unsealable.count == 200)
    let environment = try CanonicalJSON(canonical: folder.read("run/environment.json"))
    guard case .array(let remarks)? = environment["remarks"] else {
      Issue.record("no remarks: \(environment)")
      return
    }
    #expect(remarks.count == 101)
    #expect(remarks.last == "and 121 more")
  }

  @Test func whatCannotBeSealedIsKeptAndIsNoResult() throws {
    let folder = TemporaryDirectory()
    let run = try Self.run("echo 1 > é.txt; echo 2 > a.txt; echo 3 > A.txt", in: folder)
    let record = try run.perform(QuietObserver())
    #expect(folder.text("run/results/work/é.txt") == "1\n")
    #expect(record.attempt.results.count == 3)
    #expect(
      record.attempt.unsealable.map(\.path) == ["results/work/é.txt", "results/work/a.txt"])
    #expect(try record.attempt.files().map(\.file.path) == ["results/work/A.txt"])
    let environment = try CanonicalJSON(canonical: folder.read("run/environment.json"))
    #expect(
      environment["remarks"] == [
        "not to be sealed: results/work/é.txt: it is not printable ASCII alone",
        "not to be sealed: results/work/a.txt: it cannot lie beside results/work/A.txt",
      ])
  }

  @Test func aSignalEndsItAndWhatItWroteIsKept() throws {
    let folder = TemporaryDirectory()
    let observer = QuietObserver()
    observer.ending = (folder.path + "/run/work/kept", .signal(SIGINT))
    var run = try Self.run(
      "trap 'echo saved > saved; exit 0' INT; echo a > kept; n=0; while [ $n -lt 600 ]; do "
        + "sleep 0.1; n=$((n+1)); done", in: folder)
    run.graceSeconds = 60
    let record = try run.perform(observer)
    #expect(record.attempt.outcome.ending == ProgramOutcome.Ending(status: 0, interrupted: true))
    #expect(folder.has("run/results/work/saved"))
  }

  @Test func nothingIsLeftOfAProgramThatIsNotThere() throws {
    let folder = TemporaryDirectory()
    let run = try Self.run("", in: folder, change: { $0.run = ["no-such-program-here"] })
    #expect(throws: ProgramError.self) { try run.perform(QuietObserver()) }
    #expect(!folder.has("run"))
  }

  @Test func brokenCurvesThatWereAskedForAreAnErrorAndNothingIsLost() throws {
    let folder = TemporaryDirectory()
    let run = try Self.run(
      "printf 'step,a\\n1,1\\n0,1\\n' > metrics.csv; echo a > kept", in: folder,
      change: { $0.namesMetrics = true })
    let error = try #require(throws: ProgramError.self) { try run.perform(QuietObserver()) }
    #expect("\(error)".contains("work/metrics.csv:3:"), "\(error)")
    #expect(folder.has("run/work/kept"))
    #expect(!folder.has("run/outcome.json"))
    let again = try #require(throws: ProgramError.self) { try run.perform(QuietObserver()) }
    #expect("\(again)".contains("an earlier record of it was ended before its end"), "\(again)")
    #expect(folder.has("run/work/kept"))
  }

  @Test func aDirectoryIsNeverOverwritten() throws {
    let folder = TemporaryDirectory()
    let run = try Self.run("true", in: folder)
    _ = try run.perform(QuietObserver())
    let finished = try #require(throws: ProgramError.self) { try run.perform(QuietObserver()) }
    #expect("\(finished)".contains("a run is recorded there already"), "\(finished)")
    folder.write("x", to: "other/precious")
    let other = try #require(throws: ProgramError.self) {
      try Self.run("true", in: folder, name: "other").perform(QuietObserver())
    }
    #expect("\(other)".contains("it has precious"), "\(other)")
    #expect(folder.files(in: "other") == ["precious"])
  }

  @Test func aSecondRecordIntoOneDirectoryIsRefusedWhileTheFirstRuns() throws {
    let folder = TemporaryDirectory()
    let run = try Self.run("true", in: folder)
    let record = try run.perform(QuietObserver())
    try FileManager.default.removeItem(atPath: folder.path + "/run/outcome.json")
    let error = try #require(throws: ProgramError.self) { try run.perform(QuietObserver()) }
    #expect("\(error)".hasSuffix("another process is recording there"), "\(error)")
    withExtendedLifetime(record) {}
  }

  @Test func hereTheProgramHasThePresentDirectory() throws {
    let folder = TemporaryDirectory()
    folder.write("1", to: "old.txt")
    folder.write("2", to: "changed.txt")
    let record = try Self.run(
      "test -e old.txt || exit 1; echo new > new.txt; echo 3 > changed.txt; echo o > $1/o",
      in: folder, inputs: ["old.txt", "changed.txt"], isHere: true
    ).perform(QuietObserver())
    #expect(record.attempt.outcome.ending.status == 0)
    #expect(
      record.attempt.results.map(\.path) == [
        "results/out/o", "results/work/changed.txt", "results/work/new.txt",
      ])
    #expect(
      record.attempt.remarks.contains(
        "the program changed its input changed.txt, which is now a result as well"))
    #expect(folder.text("run/inputs/changed.txt") == "2")
    #expect(folder.text("new.txt") == "new\n")
    #expect(folder.text("run/results/work/new.txt") == "new\n")
    let environment = try CanonicalJSON(canonical: folder.read("run/environment.json"))
    #expect(environment["isolated"] == false)
  }

  @Test func aProgramBesideTheInputsIsFoundWhereItIs() throws {
    let folder = TemporaryDirectory()
    folder.write("#!/bin/sh\necho ran > ran; pwd > where\n", to: "bin/tool")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.path + "/bin/tool")
    let record = try Self.run("", in: folder, change: { $0.run = ["bin/tool"] })
      .perform(QuietObserver())
    #expect(record.attempt.outcome.ending.status == 0)
    #expect(folder.text("run/results/work/where").hasSuffix("/run/work\n"))
  }

  @Test func whatCannotBeTakenStaysBesideTheRecord() throws {
    let folder = TemporaryDirectory()
    // The path is longer than the system accepts.
    let record = try Self.run(
      "echo a > kept; d=$(printf '%0200d' 0); n=0; "
        + "while [ $n -lt 25 ]; do mkdir $d && cd -P $d || exit 1; n=$((n+1)); done; "
        + "echo deep > deep", in: folder
    ).perform(QuietObserver())
    #expect(record.attempt.outcome.ending.status == 0)
    #expect(folder.has("run/results/work/kept"))
    #expect(record.attempt.remarks.contains("what could not be taken is in kept"))
    #expect(record.attempt.remarks.contains { $0.contains("File name too long") })
    #expect(!record.attempt.remarks.contains { $0.contains(folder.path) })
    #expect(folder.has("run/kept/work") && !folder.has("run/work"))
    try FileTree.remove(folder.path + "/run")
    #expect(!folder.has("run"))
  }

  @Test func aDirectoryThatWasTakenAwayGivesNothing() throws {
    let folder = TemporaryDirectory()
    folder.write("x", to: "precious/file")
    let record = try Self.run(
      "rm -rf $1; ln -s \(folder.path)/precious $1; echo a > kept", in: folder
    ).perform(QuietObserver())
    #expect(record.attempt.results.map(\.path) == ["results/work/kept"])
    #expect(record.attempt.remarks == ["out: the program has taken the directory away"])
    #expect(folder.text("precious/file") == "x")
  }

  // MARK: Repeats

  @Test func repeatsRunInTheSamePathsWithFreshInputs() throws {
    let folder = TemporaryDirectory()
    folder.write("0", to: "n")
    let run = try Self.run(
      "pwd > where; echo $1 >> where; cat n >> where; echo 1 > n; echo $LR >> where", in: folder,
      inputs: ["n"])
    let observer = QuietObserver()
    let record = try run.perform(observer)
    let repetition = ProgramRepetition(
      count: 3, variations: [.init(name: "LR", value: "7")], lastStep: nil)
    let (repeats, varied) = try repetition.perform(run, observer)
    #expect(observer.attempts == [1, 2, 3, 4])
    let first = folder.text("run/results/work/where")
    #expect(first.hasSuffix("\n0\n\n") || first.hasSuffix("0\n"))
    for attempt in repeats {
      #expect(attempt.results.map(\.path) == record.attempt.results.map(\.path))
      let path = attempt.folder + "/results/work/where"
      #expect(FileManager.default.contents(atPath: path) == Data(first.utf8))
    }
    #expect(varied.map(\.0) == repetition.variations)
    let other = try #require(
      FileManager.default.contents(atPath: varied[0].1.folder + "/results/work/where"))
    #expect(String(decoding: other, as: UTF8.self).hasSuffix("7\n"))
    try run.endRepeats()
    #expect(!folder.has("run/attempts"))
    #expect(!folder.has("run/work"))
    #expect(folder.text("run/results/work/where") == first)
  }

  @Test func aRepeatCanEndAtAStepAndVaryAKey() throws {
    let folder = TemporaryDirectory()
    let run = try Self.run(
      "echo step,lr > metrics.csv; n=0; while [ $n -lt $2 ]; do echo $n,$3 >> metrics.csv; "
        + "n=$((n+1)); sleep 0.05; done", in: folder,
      change: {
        $0.config = ["steps": 3, "lr": 1]
        $0.run += ["{config.steps}", "{config.lr}"]
      })
    let observer = QuietObserver()
    let record = try run.perform(observer)
    #expect(record.attempt.metrics.steps == [0, 1, 2])
    let (_, varied) = try ProgramRepetition(
      count: 1, variations: [.init(name: "config.steps", value: "1200")], lastStep: 4
    ).perform(run, observer)
    let steps = try #require(varied.first?.1.metrics.steps)
    #expect(steps.count > 4 && steps.count < 1200)
    #expect(try run.arguments(run.spec.config).suffix(2) == ["3", "1"])
    #expect(throws: ProgramError.self) {
      try ProgramRepetition(
        count: 1, variations: [.init(name: "config.no", value: "1")], lastStep: nil
      ).perform(run, observer)
    }
  }

  // MARK: Adoption

  @Test func resultsThatAreThereAreAdopted() throws {
    let folder = TemporaryDirectory()
    folder.write("step,a\n0,1\n5,2\n3,9\n5,3\n", to: "old/metrics.csv")
    folder.write("{\"x\": 1}", to: "old/outcome.json")
    folder.write("c", to: "old/checkpoints/step-5.safetensors")
    folder.write("p", to: "old/sub/plot.png")
    var request = ProgramRequest()
    request.run = ["python", "train.py"]
    let adoption = ProgramAdoption(
      spec: request.spec(.none, ranHere: false), inputs: .none, source: "old")
    let (record, spec) = try adoption.perform(output: nil, folder: "runs", base: folder.path)
    #expect(record.directory.path == folder.path + "/runs/" + spec.runID)
    #expect(record.attempt.outcome.ending == .unknown)
    #expect(record.attempt.metrics.steps == [0, 3, 5])
    #expect(
      folder.files(in: "runs/" + spec.runID).filter { $0.contains("/") } == [
        "checkpoints/step-00000005.safetensors", "results/out/sub/plot.png", "trace/metrics.csv",
        "trace/observed.csv",
      ])
    #expect(folder.files(in: "old").count == 4)
    // The digest in the identity, computed by hand.
    let lines = [
      "outcome.json": folder.read("runs/\(spec.runID)/outcome.json"),
      "trace/metrics.csv": Array("step,a\n0,1\n3,9\n5,3\n".utf8),
      "results/out/sub/plot.png": Array("p".utf8),
      "checkpoints/step-00000005.safetensors": Array("c".utf8),
    ]
    let order = [
      "outcome.json", "trace/metrics.csv", "results/out/sub/plot.png",
      "checkpoints/step-00000005.safetensors",
    ]
    let text = try order.map { "\(Digest(of: try #require(lines[$0])).hex)  \($0)\n" }.joined()
    #expect(spec.adopted == Digest(of: Array(text.utf8)))
    // Adopting the same again gives the same identity, and another directory.
    let (second, again) = try adoption.perform(output: nil, folder: "runs", base: folder.path)
    #expect(again == spec)
    #expect(second.directory.path.hasSuffix(spec.runID + "-2"))
  }

  /// What no list of results has is not in the digest of the results.
  @Test func whatCannotBeSealedIsInNoIdentityOfAnAdoptedRun() throws {
    let folder = TemporaryDirectory()
    folder.write("p", to: "old/plot.png")
    let adoption = ProgramAdoption(
      spec: ProgramRequest().spec(.none, ranHere: false), inputs: .none, source: "old")
    let (_, spec) = try adoption.perform(output: nil, folder: "runs", base: folder.path)
    folder.write("x", to: "old/é")
    let (record, again) = try adoption.perform(output: nil, folder: "runs", base: folder.path)
    #expect(again == spec)
    #expect(record.attempt.unsealable.map(\.path) == ["results/out/é"])
  }

  @Test func whatIsNoDirectoryIsNotAdopted() throws {
    let folder = TemporaryDirectory()
    folder.write("x", to: "file")
    for name in ["file", "missing"] {
      #expect(throws: ProgramError.self) {
        try ProgramAdoption(
          spec: ProgramRequest().spec(.none, ranHere: false), inputs: .none, source: name
        ).perform(output: nil, folder: "runs", base: folder.path)
      }
    }
    #expect(!folder.has("runs"))
  }
}
