import Bundles
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `regrok sweep` of a program, from outside.
@Suite(.serialized) struct SweepProgramTests {
  private static let plan = """
    program: p.yaml
    experiments:
      - name: rates
        grid: {optimizer.lr: [0.1, 0.2]}
        seeds: 1..2
    """

  /// - Parameter script: What the program does after its curves; the rate and the seed are `$1`
  ///   and `$2`.
  private static func folder(_ script: String = "") -> TemporaryFolder {
    let folder = TemporaryFolder()
    fill(folder, script)
    return folder
  }

  private static func fill(_ folder: TemporaryFolder, _ script: String) {
    folder.write(Array(plan.utf8), to: "lab/plan.yaml")
    folder.write(Array("optimizer: {lr: 1}\nseed: 0\n".utf8), to: "lab/conf.yaml")
    folder.write(
      Array(
        """
        run: [sh, train.sh, "{config.optimizer.lr}", "{config.seed}"]
        config: conf.yaml
        inputs: [train.sh]
        limits: {output: 1 MB}
        """.utf8), to: "lab/p.yaml")
    folder.write(
      Array(
        """
        echo "$1 $2" >> '\(folder.path)/executions'
        echo step,loss > metrics.csv
        for n in 0 1 2; do echo $n,$1$2$n >> metrics.csv; done
        echo said
        \(script)

        """.utf8), to: "lab/train.sh")
  }

  private static func executions(_ folder: TemporaryFolder) -> Int {
    String(decoding: folder.content("executions") ?? Data(), as: UTF8.self)
      .split(separator: "\n").count
  }

  private static func names(in folder: TemporaryFolder) throws -> String {
    try Program.shell("cd out && ls *.tar.zst", in: folder.path).output
  }

  @Test func theCellsOfAProgramAreRecordedSealedAndDrawn() throws {
    let folder = Self.folder()
    let dry = try Program.run("sweep", "lab/plan.yaml", "-o", "out", "--dry-run", in: folder.path)
    #expect(dry.status == 0, "\(dry.error)")
    #expect(
      dry.output == """
        rates         4 runs

        runs          4
        configs       4 distinct, each a bundle
        programs      4, each performed once
        finished      0 of 4 configs
        programs      their time is estimated when the first has ended; each may write at \
        most 1 MB

        """)
    #expect(Self.executions(folder) == 0 && folder.content("out") == nil)

    let first = try Program.run("sweep", "lab/plan.yaml", "-o", "out", in: folder.path)
    #expect(first.status == 0)
    #expect(first.output == "4 of 4 configs sealed\n")
    let lines = first.error.split(separator: "\n")
    #expect(lines.count == 4 && lines.allSatisfy { $0.hasPrefix("sealed ") })
    #expect(lines.contains { $0.hasSuffix("  rates lr=0.2 seed=1") })
    // The plan's folder is where its files are, whatever the working directory.
    let second = try Program.run(
      "sweep", "plan.yaml", "-o", "../out", in: folder.path + "/lab")
    #expect(
      second.output == "4 of 4 configs sealed; 4 were there already and have been verified\n")
    #expect(Self.executions(folder) == 4)
    #expect(try Program.shell("\"$R\" verify out/*.tar.zst", in: folder.path).status == 0)
    let report = try Program.run("report", "out", "-o", "r.html", in: folder.path)
    #expect(report.status == 0)
    #expect(report.output.contains("4 runs. Their configs differ in optimizer.lr, seed."))
  }

  @Test func aSealedCellIsTheRunThatRecordMakes() throws {
    let folder = Self.folder()
    let script = """
      "$R" sweep lab/plan.yaml -o out 2> errors || exit 9
      cd lab; "$R" record -f p.yaml --set optimizer.lr=0.2 --set seed=2 -o ../run || exit 8
      "$R" diff ../run ../out/$(sha256sum ../run/program.json | cut -c 1-16)-*.tar.zst
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains("identical"))
  }

  @Test func failuresEndWithSixAndAreTriedAgain() throws {
    let folder = Self.folder("[ $1 = 0.1 ] || exit 3")
    for count in [4, 6] {
      let answer = try Program.run("sweep", "lab/plan.yaml", "-o", "out", in: folder.path)
      #expect(answer.status == 6)
      #expect(answer.output.hasPrefix("2 of 4 configs sealed, 2 failed"))
      #expect(answer.error.contains("(rates lr=0.2 seed=1) failed: the program ended with 3; "))
      #expect(Self.executions(folder) == count)
    }
    let kept = try Program.run(
      "sweep", "lab/plan.yaml", "-o", "out", "--keep-failed", "--json", in: folder.path)
    #expect(kept.status == 6)
    let lines = kept.output.split(separator: "\n")
    let failures = lines.filter { $0.contains("\"event\":\"failed\"") }
    #expect(failures.count == 2)
    #expect(
      failures.allSatisfy {
        $0.contains("the program ended with 3; its run is sealed as it is, in ")
      })
    #expect(lines.last?.contains("\"failed\":2") == true)
    #expect(lines.last?.contains("\"sealed\":4") == true)
    #expect(Self.executions(folder) == 6)
    #expect(try Program.shell("\"$R\" verify out/*.tar.zst", in: folder.path).status == 0)
    // They stay runs that failed.
    let again = try Program.run("sweep", "lab/plan.yaml", "-o", "out", in: folder.path)
    #expect(again.status == 6)
    #expect(
      again.output
        == "4 of 4 configs sealed, 2 failed; 4 were there already and have been verified\n")
    let status = try Program.run(
      "sweep", "lab/plan.yaml", "-o", "out", "--status", in: folder.path)
    #expect(status.output.contains("\nfailed    2\n"))
    #expect(Self.executions(folder) == 6)
  }

  @Test func aProgramThatDiffersFromItselfStopsNoSweep() throws {
    let folder = Self.folder("date +%N > n")
    let first = try Program.run("sweep", "lab/plan.yaml", "-o", "out", in: folder.path)
    #expect(first.status == 0, "\(first.error)")
    let again = try Program.run(
      "sweep", "lab/plan.yaml", "-o", "out", "--again", in: folder.path)
    #expect(again.status == 0, "\(again.error)")
    #expect(again.error.contains(" differs from itself: "))
    #expect(try Self.names(in: folder).split(separator: "\n").count == 8)
  }

  @Test(arguments: 1...2)
  func killedAtAnyMomentItGoesOn(seed: Int) throws {
    let whole = Self.folder()
    _ = try Program.run("sweep", "lab/plan.yaml", "-o", "out", in: whole.path)
    let folder = Self.folder("sleep 0.05")
    var kills = 0
    while true {
      let before = try Self.sealed(in: folder)
      let running = try Program.start(
        "sweep", "lab/plan.yaml", "-o", "out", "--jobs", String(seed), in: folder.path)
      // After 20 kills the process is left alone, so the test ends on slow machines too.
      if kills < 20 {
        Thread.sleep(
          forTimeInterval: Double((seed * 37 + kills * 61) % 100) / 1000 * Double(kills))
        if running.isRunning { running.send(SIGKILL) }
      }
      let answer = running.wait()
      #expect(try Set(before).isSubset(of: Self.sealed(in: folder)))
      if answer.status == 0 { break }
      try #require(answer.status == 128 + SIGKILL && kills < 20, "\(answer.error)")
      kills += 1
    }
    #expect(kills > 0)
    #expect(try Self.sealed(in: folder).count == 4)
    #expect(try Program.shell("\"$R\" verify out/*.tar.zst", in: folder.path).status == 0)
    #expect(try Self.metrics(in: folder) == Self.metrics(in: whole), "after \(kills) kills")
  }

  private static func sealed(in folder: TemporaryFolder) throws -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")
    return (names ?? []).filter { $0.hasSuffix(".tar.zst") && !$0.hasPrefix(".") }
  }

  private static func metrics(in folder: TemporaryFolder) throws -> [[UInt8]] {
    try sealed(in: folder).map { name in
      try BundleReader(path: folder.path + "/out/" + name).read("data/trace/metrics.csv")
    }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  @Test func aSignalIsPassedOnAndTheSameCommandGoesOn() throws {
    let folder = TemporaryFolder()
    Self.fill(
      folder,
      """
      place='\(folder.path)'
      trap 'touch "$place/caught"; exit 4' INT
      [ -e "$place/goes" ] || { touch "$place/waits"; for n in $(seq 1200); do sleep 0.05; done; }
      """)
    let running = try Program.start("sweep", "lab/plan.yaml", "-o", "out", in: folder.path)
    while running.isRunning && folder.content("waits") == nil {
      Thread.sleep(forTimeInterval: 0.005)
    }
    running.send(SIGINT)
    let answer = running.wait()
    #expect(answer.status == 130)
    #expect(
      answer.error
        == "regrok: interrupted; 0 of 4 configs sealed; the same command continues it\n")
    #expect(folder.content("caught") != nil)
    folder.put("", "goes")
    let next = try Program.run("sweep", "lab/plan.yaml", "-o", "out", in: folder.path)
    #expect(next.output == "4 of 4 configs sealed\n", "\(next.error)")
    #expect(Self.executions(folder) == 5)
  }

  /// A plan grows and its bundles are committed, but the runs stay the same.
  @Test func thePlanAndItsBundlesAreNoInputs() throws {
    let folder = Self.folder()
    folder.put(
      """
      run: [sh, train.sh, "{config.optimizer.lr}", "{config.seed}"]
      config: conf.yaml
      """, "lab/p.yaml")
    let script = """
      cd lab; git init -q . && git add . || exit 9
      "$R" sweep plan.yaml || exit 8
      sed -i 's/1..2/1..3/' plan.yaml; git add . || exit 7
      "$R" sweep plan.yaml
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(
      answer.output.hasSuffix(
        "6 of 6 configs sealed; 4 were there already and have been verified\n"))
    #expect(
      answer.error.contains(
        "regrok: p.yaml: no inputs: the plan and its claims, what the sweep keeps\n"))
    #expect(Self.executions(folder) == 6)
  }

  @Test(
    arguments: [
      (
        "program: none.yaml\nexperiments: [{name: A}]\n", "",
        "plan.yaml:1: program: none.yaml: No such file or directory"
      ),
      (
        "program: /dev/zero\nexperiments: [{name: A}]\n", "",
        "plan.yaml:1: program: /dev/zero: a program file has at most 1048576 bytes"
      ),
      (
        "program: plan.yaml\nexperiments: [{name: A}]\n", "",
        "plan.yaml:1: program: plan.yaml:1: program: unknown key; known: run, config, inputs, "
          + "metrics, outcome, compare, env, limits"
      ),
      (
        "program: '-'\nexperiments: [{name: A}]\n", "",
        "plan.yaml:1: program: -: a file that a plan names cannot be standard input"
      ),
      (
        "preset: tiny\nexperiments: [{name: A}]\n", "--again",
        "--keep-failed and --again are only for programs, and the plan has none"
      ),
      (
        "program: p.yaml\nset: {optimizer.lr: hf_abcdefghijklmnopqrstuvwxyz}\n"
          + "experiments: [{name: A}]\n", "",
        "these look like secrets, and would be published: config.optimizer.lr; leave them out, or "
          + "name each with --not-secret"
      ),
      (
        "program: gone.yaml\nexperiments: [{name: A}]\n", "",
        "gone.txt: no such file or directory"
      ),
    ])
  func badUseIsOneLine(plan: String, option: String, message: String) throws {
    let folder = Self.folder()
    folder.write(Array(plan.utf8), to: "lab/plan.yaml")
    folder.write(Array("run: [sh]\ninputs: [gone.txt]\n".utf8), to: "lab/gone.yaml")
    let answer = try Program.shell(
      "cd lab && \"$R\" sweep plan.yaml -o out \(option)", in: folder.path)
    #expect(answer.status == 64)
    #expect(answer.output == "")
    #expect(answer.error.hasPrefix("regrok: \(message)"), "\(answer.error)")
    #expect(answer.error.split(separator: "\n").count == 1)
    #expect(folder.content("lab/out") == nil && Self.executions(folder) == 0)
  }
}
