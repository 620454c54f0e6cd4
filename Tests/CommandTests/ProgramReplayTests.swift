import Foundation
import Testing

/// A program's sealed run is executed again, compared, shown and reported. The programs are `sh`
/// scripts that read a number from a file outside, as others read a clock.
@Suite struct ProgramReplayTests {
  /// From step 2 on, its loss differs by the content of `$OUTSIDE/noise`.
  private static let script = """
    echo step,loss > metrics.csv
    noise=$(cat "$OUTSIDE/noise" 2>/dev/null || echo 0)
    for n in 0 1 2 3; do
      if [ $n -ge 2 ]; then echo $n,0.5$noise; else echo $n,0.$n; fi >> metrics.csv
    done
    echo here > where.txt

    """

  private static let rules = """
    run: [sh, train.sh]
    inputs: [train.sh]

    """

  /// A folder with the program recorded in `run` and sealed in `run.tar.zst`.
  private static func recorded(_ options: String = "", rules: String = "") throws -> TemporaryFolder
  {
    let folder = TemporaryFolder()
    folder.put(script, "train.sh")
    folder.put(Self.rules + rules, "p.yaml")
    let answer = try Program.shell(
      "export OUTSIDE=$PWD; \"$R\" record -f p.yaml -o run \(options) && \"$R\" pack run",
      in: folder.path)
    try #require(answer.status == 0, "\(answer.error)")
    return folder
  }

  private func replay(
    _ options: String, noise: String? = nil, in folder: TemporaryFolder
  ) throws -> Program.Answer {
    if let noise { folder.put(noise + "\n", "noise") }
    return try Program.shell(
      "export OUTSIDE=$PWD; \"$R\" replay run.tar.zst \(options)", in: folder.path)
  }

  @Test func nothingIsExecutedWithoutConsent() throws {
    let folder = TemporaryFolder()
    folder.put("touch \"$OUTSIDE/executed\"\n", "train.sh")
    folder.put(Self.rules, "p.yaml")
    let recorded = try Program.shell(
      "export OUTSIDE=$PWD; \"$R\" record -f p.yaml -o run && \"$R\" pack run && rm executed",
      in: folder.path)
    try #require(recorded.status == 0, "\(recorded.error)")
    for command in [
      "verify run.tar.zst", "show run.tar.zst", "diff run.tar.zst run", "extract run.tar.zst -o x",
      "report run.tar.zst -o r.html",
    ] {
      let answer = try Program.shell(
        "export OUTSIDE=$PWD; \"$R\" \(command)", in: folder.path)
      #expect(answer.status == 0, "\(command): \(answer.error)")
    }
    let answer = try replay("", in: folder)
    #expect(answer.status == 4)
    #expect(answer.output.contains("would execute  sh train.sh"))
    #expect(answer.error.contains("nothing was executed: that needs --execute"))
    #expect(folder.content("executed") == nil)
    #expect(try replay("--execute", in: folder).status == 0)
    #expect(folder.content("executed") != nil)
  }

  @Test func adoptedResultsWithoutAProgramCannotBePerformedAgain() throws {
    let folder = TemporaryFolder()
    let recorded = try Program.shell(
      "mkdir old; echo p > old/plot; \"$R\" record --adopt old -o run && \"$R\" pack run",
      in: folder.path)
    try #require(recorded.status == 0, "\(recorded.error)")
    for option in ["", "--execute", "--execute --bits"] {
      let answer = try replay(option, in: folder)
      #expect(answer.status == 4)
      #expect(answer.output.isEmpty, "\(answer.output)")
      #expect(
        answer.error == "regrok: run.tar.zst: its results were adopted without a program, so "
          + "nothing can be performed again; regrok verify checks its bundle, and regrok diff "
          + "compares it with another run\n")
    }
  }

  @Test func theSameAgainIsIdentical() throws {
    let folder = try Self.recorded("--repeat 2")
    let answer = try replay("--execute", in: folder)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(
      answer.output.hasPrefix("identical: 4 rows of 1 column, the ending, 1 file by digest\n"))
  }

  @Test func aDifferenceEndsItAndIsNamed() throws {
    let folder = try Self.recorded()
    let answer = try replay("--execute --keep kept", noise: "1", in: folder)
    #expect(answer.status == 1, "\(answer.error)")
    #expect(answer.output.hasPrefix("different: loss at step 2, 0.5 and 0.51"))
    let diff = try Program.run("diff", "run.tar.zst", "kept/run", in: folder.path)
    #expect(diff.status == 1)
    #expect(diff.output.hasPrefix("different: loss at step 2, 0.5 and 0.51"))
  }

  @Test func aToleranceThatWasSealedCoversADifferenceAndNoBitsDo() throws {
    let folder = try Self.recorded(rules: "compare: {columns: {loss: {absolute: 0.02}}}\n")
    #expect(try replay("--execute", noise: "1", in: folder).status == 5)
    #expect(try replay("--execute --bits", noise: "1", in: folder).status == 1)
    #expect(try replay("--execute", noise: "9", in: folder).status == 1)
  }

  @Test func itsOwnSpreadCoversADifferenceFromWhereItParted() throws {
    let folder = TemporaryFolder()
    // Each run reads one more line of the file.
    folder.put(
      Self.script.replacing(
        "noise=$(cat \"$OUTSIDE/noise\" 2>/dev/null || echo 0)",
        with: "echo x >> \"$OUTSIDE/runs\"; noise=$(wc -l < \"$OUTSIDE/runs\" | tr -d ' ')"),
      "train.sh")
    folder.put(Self.rules, "p.yaml")
    let answer = try Program.shell(
      """
      export OUTSIDE=$PWD
      "$R" record -f p.yaml -o run --repeat 3 && "$R" pack run && "$R" replay run.tar.zst --execute
      """, in: folder.path)
    #expect(answer.status == 5, "\(answer.error)")
    #expect(answer.output.contains("3 runs differ: loss from step 2"))
    #expect(answer.output.contains("within: loss: as its own repeats did; 1.5 times"))
  }

  @Test func whatIsForTheOtherKindIsRefused() throws {
    let folder = try Self.recorded()
    for option in ["--jobs 2", "--sample 1", "--fill x"] {
      let answer = try replay(option, in: folder)
      #expect(answer.status == 64, "\(option)")
      #expect(answer.error.contains("is only for runs of regrok's trainer"))
    }
    let bundle = SealedRuns.shared.path + "/a.tar.zst"
    for option in ["--execute", "--bits", "--keep x"] {
      let answer = try Program.shell("\"$R\" replay \(bundle) \(option)", in: folder.path)
      #expect(answer.status == 64, "\(option)")
      #expect(answer.error.contains("is only for a program's run"))
    }
  }

  @Test func anInputThatIsNotTheSealedOneIsNotUsed() throws {
    let folder = TemporaryFolder()
    folder.put("cat large | wc -c > size\n", "train.sh")
    let answer = try Program.shell(
      """
      truncate -s 70M large
      "$R" record --input train.sh --input large -o run -- sh train.sh && "$R" pack run
      mkdir other; truncate -s 70M other/large; printf x >> other/large
      for where in "" "--inputs other" "--inputs ."; do \
      "$R" replay run.tar.zst --execute $where; echo "is $?"; done
      """, in: folder.path)
    #expect(answer.output.contains("is 4\nis 4\nidentical"), "\(answer.output)\(answer.error)")
    #expect(answer.error.contains("large: it was sealed by its digest alone"))
    #expect(answer.error.contains("another than the one that was sealed"))
  }

  @Test func aProgramBesideTheTrainerIsComparedInWhatBothHave() throws {
    let folder = TemporaryFolder()
    let bundle = SealedRuns.shared.path + "/a.tar.zst"
    let answer = try Program.shell(
      """
      "$R" extract \(bundle) data/trace/metrics.csv -o a
      "$R" record --no-input -o run -- cp "$PWD/a/data/trace/metrics.csv" metrics.csv \
      && "$R" pack run
      "$R" diff run.tar.zst \(bundle) --html d.html; echo "is $?"
      "$R" report run.tar.zst \(bundle) -o r.html
      """, in: folder.path)
    #expect(
      answer.output.contains("identical in what both have"), "\(answer.output)\(answer.error)")
    #expect(answer.output.contains("is 0\n"))
    #expect(answer.output.contains("r.html: 2 runs."))
    #expect(folder.content("d.html") != nil)
  }
}
