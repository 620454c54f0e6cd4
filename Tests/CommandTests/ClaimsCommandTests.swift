import Bundles
import Digests
import Foundation
import RunRecords
import Testing

@Suite struct ClaimsCommandTests {
  private func ask(_ script: String) throws -> Program.Answer {
    try Program.shell(script, in: SealedRuns.shared.path)
  }

  private func json(_ answer: Program.Answer) throws -> CanonicalJSON {
    try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
  }

  // MARK: Answers

  @Test func everyClaimIsAnswered() throws {
    let folder = TemporaryFolder()
    let answer = try ask(
      "cp a.tar.zst b.tar.zst claims.yaml \(folder.path)/ && \"$R\" claims \(folder.path) --json")
    #expect(answer.status == 0)
    let json = try json(answer)
    guard case .array(let claims)? = json["claims"] else {
      Issue.record("no claims")
      return
    }
    #expect(claims.map { $0["verdict"] } == ["undetermined", "not testable"])
    #expect(json["runs"] == 2 && json["runs_after_claims"] == 0)
    let text = try ask(
      """
      "$R" claims \(folder.path) -o \(folder.path)/report.html -o \(folder.path)/t.md \
      -o \(folder.path)/h.svg
      """
    )
    #expect(text.status == 0)
    #expect(text.output.hasSuffix("0 reproduced, 1 undetermined, 1 not testable\n"))
    #expect(text.output.contains("undetermined; an interval takes 5 values"))
    let rows = String(decoding: folder.content("t.md") ?? .init(), as: UTF8.self).split(
      separator: "\n")
    #expect(rows.count == 8 && rows[3].hasPrefix("| 2 |"), "\(rows)")
    #expect(rows[6] == "- **1** bins: no value: none of 2 runs has spectra of its logits")
    let page = String(decoding: folder.content("report.html") ?? .init(), as: UTF8.self)
    #expect(page.contains("id=\"claim-2\"") && page.hasSuffix("</html>\n"))
    #expect(page.contains("a.tar.zst: "))
    #expect(folder.content("h.svg")?.count ?? 0 > 1000)
    let unwritable = try ask("\"$R\" claims \(folder.path) -o \(folder.path)/absent/report.html")
    #expect(unwritable.status == 74)
    #expect(try ask("\"$R\" claims \(folder.path) -o report.pdf").status == 64)
  }

  @Test func aVerdictIsExplained() throws {
    let answer = try ask("\"$R\" claims . --why 1")
    #expect(answer.status == 0)
    #expect(answer.output.hasPrefix("1. V falls, as ηλ says\nverdict: "))
    #expect(answer.output.split(separator: "\n").count <= 10)
    let none = try ask("\"$R\" claims . --why 3")
    #expect(
      none.status == 64 && none.error == "regrok: --why 3: there is no claim of this number\n")
  }

  @Test func anotherFileMayBeNamed() throws {
    let folder = TemporaryFolder()
    folder.put(SealedRuns.claims.replacing("where: true", with: "where: seed == 43"), "mine.yaml")
    let answer = try ask("\"$R\" claims . --claims \(folder.path)/mine.yaml --json")
    #expect(answer.status == 0)
    #expect(try json(answer)["runs"] == 1)
    let none = try ask("\"$R\" claims . --claims \(folder.path)/none.yaml")
    #expect(none.status == 74)
    #expect(
      none.error == "regrok: \(folder.path)/none.yaml: cannot open: No such file or directory\n")
  }

  @Test func runsOfOtherFoldersAreNotLookedAt() throws {
    let folder = TemporaryFolder()
    let script = """
      mkdir -p \(folder.path)/one \(folder.path)/two
      cp a.tar.zst \(folder.path)/one/; cp b.tar.zst \(folder.path)/two/; \
      cp claims.yaml \(folder.path)/one/
      sed 's/^experiments/runs: [., ..\\/two]\\n&/' claims.yaml > \(folder.path)/one/both.yaml
      """
    #expect(try ask(script).status == 0)
    #expect(try json(ask("\"$R\" claims \(folder.path)/one --json"))["runs"] == 1)
    let both = try ask(
      "\"$R\" claims \(folder.path)/one --claims \(folder.path)/one/both.yaml --json")
    #expect(try json(both)["runs"] == 2)
    // One of them may still be empty; all of them may not.
    #expect(try ask("rm \(folder.path)/two/*").status == 0)
    let words = "\"$R\" claims \(folder.path)/one --claims \(folder.path)/one/both.yaml --json"
    #expect(try json(ask(words))["runs"] == 1)
    #expect(try ask("rm \(folder.path)/one/a.tar.zst").status == 0)
    #expect(try ask(words).status == 74)
  }

  @Test func noneOfTheRunsIsSaidInALine() throws {
    let folder = TemporaryFolder()
    folder.put(SealedRuns.claims.replacing("where: true", with: "where: seed == 1"), "c.yaml")
    let answer = try ask("\"$R\" claims a.tar.zst --claims \(folder.path)/c.yaml")
    #expect(answer.status == 0)
    #expect(
      answer.output
        == "None of the runs that \(folder.path)/c.yaml looks at is among the 1 run found: "
        + "2 claims not tested.\n")
  }

  @Test(arguments: [
    "claims EMPTY", "claims absent", "claims . --published absent",
    "claims EMPTY --claims claims.yaml",
    "claims . --claims broken.yaml",
  ])
  func whatCannotBeAnsweredIsRefused(arguments: String) throws {
    let folder = TemporaryFolder()
    folder.put("title: [\n", "broken.yaml")
    let answer = try ask(
      "\"$R\" "
        + arguments.replacing("EMPTY", with: folder.path).replacing(
          "broken", with: folder.path + "/broken"))
    #expect([64, 74].contains(answer.status), "\(arguments): \(answer.status)")
    let last = answer.error.split(separator: "\n").last
    #expect(last?.hasPrefix("regrok: ") == true && answer.output.isEmpty)
  }

  @Test func noPredictionIsMadeWithoutAnythingToGoBy() throws {
    // The run does not memorise in its 40 steps.
    let answer = try ask("\"$R\" predict a.tar.zst")
    #expect(answer.status == 4)
    #expect(answer.error.contains("not memorised"))
  }
}

/// The digests of the plan and the claims that existed before a sweep's runs are sealed with them.
@Suite struct ClaimsBeforeRunsTests {
  private static let plan =
    "preset: tiny\nset: {checkpoint_interval: 0, max_steps: 100}\n"
    + "experiments: [{name: A, seeds: SEEDS}]\n"
  private static let claims =
    "title: t\nexperiments: {A: {where: true}}\nclaims: [{says: s, not_testable: r}]\n"

  /// The digests of plan and claims in the bundles of a folder, by seed.
  private func sealed(_ path: String) throws -> [Int: [String?]] {
    var found: [Int: [String?]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path)
    where name.hasSuffix(".tar.zst") {
      let run = try RecordedRun(opening: path + "/" + name)
      let seed = try #require(run.config["seed"]?.stringValue.flatMap { Int($0) })
      found[seed] = ["plan", "claims"].map { run.environment?[.init($0)]?.stringValue }
    }
    return found
  }

  private func digest(_ text: String) -> String { Digest(of: Array(text.utf8)).hex }

  @Test func theDigestsOfPlanAndClaimsAreSealed() throws {
    let folder = TemporaryFolder()
    let one = Self.plan.replacing("SEEDS", with: "1")
    folder.put(one, "plan.yaml")
    #expect(try Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path).status == 0)
    #expect(try sealed(folder.path + "/out") == [1: [digest(one), nil]])
    // The claims lie beside the plan.
    let two = Self.plan.replacing("SEEDS", with: "[1, 2]")
    folder.put(two, "plan.yaml")
    folder.put(Self.claims, "claims.yaml")
    #expect(try Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path).status == 0)
    // The claims are named.
    let three = Self.plan.replacing("SEEDS", with: "1..3")
    let other = "# mine\n" + Self.claims
    folder.put(three, "plan.yaml")
    folder.put(other, "other.yaml")
    let answer = try Program.run(
      "sweep", "plan.yaml", "-o", "out", "--claims", "other.yaml", in: folder.path)
    #expect(answer.status == 0)
    // Runs that were sealed before keep what they have.
    #expect(
      try sealed(folder.path + "/out") == [
        1: [digest(one), nil], 2: [digest(two), digest(Self.claims)],
        3: [digest(three), digest(other)],
      ])
  }

  @Test func aRunThatIsGoneOnWithKeepsWhatItBeganWith() throws {
    let folder = TemporaryFolder()
    let plan = Self.plan.replacing("max_steps: 100", with: "max_steps: 1500, log_interval: 100")
      .replacing("SEEDS", with: "1")
    folder.put(plan, "plan.yaml")
    folder.put(Self.claims, "claims.yaml")
    let running = try Program.start("sweep", "plan.yaml", "-o", "out", in: folder.path)
    while try running.isRunning
      && Program.shell("ls out/.work/claims/????????????????.1", in: folder.path).status != 0
    {
      Thread.sleep(forTimeInterval: 0.005)
    }
    running.send(SIGTERM)
    try #require(running.wait().status == 143)
    // Both files have changed since; the config is the same.
    folder.put("# changed\n" + plan, "plan.yaml")
    folder.put("# changed\n" + Self.claims, "claims.yaml")
    #expect(try Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path).status == 0)
    #expect(try sealed(folder.path + "/out") == [1: [digest(plan), digest(Self.claims)]])
  }

  @Test func claimsThatCannotBeReadStopASweepBeforeItBegins() throws {
    let folder = TemporaryFolder()
    folder.put(Self.plan.replacing("SEEDS", with: "1"), "plan.yaml")
    folder.put("title: t\n", "claims.yaml")
    let answer = try Program.run("sweep", "plan.yaml", "-o", "out", in: folder.path)
    #expect(
      answer.status == 64 && answer.error == "regrok: ./claims.yaml:1: experiments: is missing\n")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
    let none = try Program.run(
      "sweep", "plan.yaml", "-o", "out", "--claims", "none.yaml", in: folder.path)
    #expect(none.status == 74)
  }
}
