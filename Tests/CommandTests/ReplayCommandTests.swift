import Foundation
import RunRecords
import Testing

@Suite struct ReplayCommandTests {
  @Test(arguments: ["a.tar.zst", "thin.tar.zst", "a"], [1, 2])
  func anHonestRunIsIdentical(path: String, jobs: Int) throws {
    let answer = try SealedRuns.ask("replay \(path) --jobs \(jobs)")
    #expect(answer.status == 0)
    let first = "identical: 10 rows of metrics and hashes, 4 checkpoints, the outcome\n"
    #expect(answer.output.hasPrefix(first))
    // It says what it will do, and about how long that takes.
    #expect(answer.error.contains(" steps") && answer.error.contains(": about "))
    #expect(answer.error.split(separator: "\n").count == 1)
  }

  /// The forgery's manifests are right, so only a replay reveals it.
  @Test(arguments: [1, 2])
  func aForgeryPassesVerifyAndFailsReplay(jobs: Int) throws {
    #expect(try SealedRuns.ask("verify forged.tar.zst").status == 0)
    let answer = try SealedRuns.ask("replay forged.tar.zst --jobs \(jobs)")
    #expect(answer.status == 1)
    #expect(answer.output.hasPrefix("different at step 16: validation_loss\n"))
    #expect(answer.output.contains("only what was recorded of it differs"))
    #expect(answer.output.contains("4 rows and 2 checkpoints are identical"))
  }

  @Test func jsonNamesTheFirstDifference() throws {
    let answer = try SealedRuns.ask("replay forged.tar.zst --json")
    #expect(answer.status == 1)
    let json = try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
    #expect(json["verdict"] == "different")
    #expect(json["first_difference"]?["step"] == 16)
    #expect(json["first_difference"]?["state"] == "same")
    #expect(json["rows_compared"] == 4)
  }

  @Test func whatCannotBeReplayedIsSaidInOneLine() throws {
    let script = "cp a.tar.zst cut.tar.zst; truncate -s -1 cut.tar.zst; \"$R\" replay cut.tar.zst"
    let cut = try Program.shell(script, in: SealedRuns.shared.path)
    #expect(cut.status == 2)
    #expect(cut.error.hasPrefix("regrok: cut.tar.zst: "))
    let refused: [(String, Int32)] = [
      ("replay absent", 74), ("replay a.tar.zst --jobs 0", 64), ("replay", 64),
      ("replay a.tar.zst --sample 0", 64), ("replay a.tar.zst --budget 0", 64),
      ("replay a.tar.zst --seed 1", 64), ("replay a.tar.zst --sample 1 --budget 1", 64),
      ("replay a.tar.zst --sample 1 --fill d", 64), ("replay a --sample 1", 64),
      ("replay a --fill d", 64), ("replay a.tar.zst --fill a", 74),
    ]
    for (arguments, status) in refused {
      let answer = try SealedRuns.ask(arguments)
      #expect(answer.status == status)
      #expect(answer.error.hasPrefix("regrok: "))
      #expect(answer.error.split(separator: "\n").count == 1)
      #expect(answer.output.isEmpty)
    }
  }

  @Test(arguments: ["thin.tar.zst", "a.tar.zst"])
  func fillingGivesAllThatTheListNames(path: String) throws {
    let script = """
      "$R" replay \(path) --fill filled-\(path) && cd filled-\(path) &&
      sha256sum --strict -c expected-sha256.txt && "$R" pack . -o ../again-\(path) &&
      cmp ../again-\(path) ../a.tar.zst && find . -type f | wc -l
      """
    let answer = try Program.shell(script, in: SealedRuns.shared.path)
    #expect(answer.status == 0)
    #expect(answer.output.components(separatedBy: ": OK\n").count == 9)
    // The eight and their list, and two files on what performed the run and when.
    #expect(answer.output.hasSuffix("\n11\n"), "\(answer.error)")
  }

  @Test func aForgeryFillsNothing() throws {
    let script = "\"$R\" replay forged.tar.zst --fill none; ls -A | grep -c none"
    #expect(try Program.shell(script, in: SealedRuns.shared.path).output.hasSuffix("\n0\n"))
  }

  @Test func aSampleSaysWhatItIsWorth() throws {
    let answer = try SealedRuns.ask("replay a.tar.zst --sample 1 --seed 7")
    #expect(answer.status == 0)
    #expect(answer.output.hasPrefix("identical as far as replayed: "))
    #expect(answer.output.contains("1 of 4 segments"))
    #expect(answer.output.contains("unnoticed with a chance of 75 %"))
    #expect(answer.output.contains("seed 7"))
    let again = try SealedRuns.ask("replay a.tar.zst --sample 1 --seed 7 --json")
    let json = try CanonicalJSON(canonical: Array(again.output.utf8.dropLast()))
    #expect(json["sample"]?["miss_chance"] == 0.75)
    // JSON claims no more than the text.
    #expect(json["verdict"] == "identical as far as replayed")
    #expect(json["outcome_compared"] == false)
    let whole = try SealedRuns.ask("replay a.tar.zst --sample 9")
    #expect(whole.output.hasPrefix("identical: "))
    #expect(whole.output.contains("none: every segment was replayed"))
    let all = try SealedRuns.ask("replay a.tar.zst --sample 9 --json")
    let allJSON = try CanonicalJSON(canonical: Array(all.output.utf8.dropLast()))
    #expect(allJSON["verdict"] == "identical" && allJSON["outcome_compared"] == true)
    let budget = try SealedRuns.ask("replay a.tar.zst --budget 1e-9 --seed 7")
    #expect(budget.output.contains("1 of 4 segments"))
  }

  @Test func unknownNumericsIsStatus4() throws {
    let script = """
      cp -r a future; sed -i 's/"numerics":1/"numerics":9/' future/config.json
      "$R" replay future
      """
    let answer = try Program.shell(script, in: SealedRuns.shared.path)
    #expect(answer.status == 4)
    #expect(answer.error.contains("numerics 9"))
    #expect(answer.error.split(separator: "\n").count == 1)
  }
}
