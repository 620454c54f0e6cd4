import Foundation
import RunRecords
import Testing

/// Signed replays, and what `verify` and `report` say about them. `WitnessesTests` has more.
@Suite struct WitnessCommandTests {
  private let folder = TemporaryFolder()

  /// Copies the named shared bundles, and makes keys and the list of allowed signers.
  private func prepare(_ bundles: String..., signers: String...) throws {
    for bundle in bundles {
      try FileManager.default.copyItem(
        atPath: SealedRuns.shared.path + "/" + bundle, toPath: folder.path + "/" + bundle)
    }
    var list = ""
    for name in signers { list += try folder.makeKey(name).line }
    folder.put(list, "allowed")
  }

  private func ask(_ words: String) throws -> Program.Answer {
    try Program.shell("\"$R\" " + words, in: folder.path)
  }

  private func json(_ answer: Program.Answer) throws -> CanonicalJSON {
    try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
  }

  /// The statements in the folder, in in-toto's form.
  private func statements() throws -> [CanonicalJSON] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".replay.json") }.sorted()
      .map { try CanonicalJSON(canonical: folder.read($0)) }
  }

  private func facts(_ statement: CanonicalJSON) throws -> CanonicalJSON {
    guard case .array(let parts)? = statement["predicate"]?["configuration"] else { return .null }
    return try #require(parts[1]["annotations"])
  }

  @Test func personsWhoReplayedItAreCounted() throws {
    try prepare("a.tar.zst", "thin.tar.zst", signers: "ada", "bob", "eve")
    for (bundle, words) in [
      ("a.tar.zst", "--attest ada"), ("thin.tar.zst", "--attest bob --jobs 1"),
      ("a.tar.zst", "--attest ada --jobs 1"), ("a.tar.zst", "--attest eve --sample 1 --seed 7"),
    ] {
      let answer = try ask("replay \(bundle) \(words)")
      #expect(answer.status == 0, "\(answer.error)")
      #expect(answer.output.contains("\nattested "))
    }
    // The statement on the thin bundle is about the result that both bundles have.
    for bundle in ["a.tar.zst", "thin.tar.zst"] {
      let answer = try ask("verify \(bundle) --replays . --allowed-signers allowed --at-least 2")
      #expect(answer.status == 0, "\(answer.error)")
      #expect(answer.output.contains("\nreplays 2 replayers, 1 instruction set, 1 build\n"))
      #expect(answer.output.contains("eve replayed 1 of 4 segments, not the whole"))
      #expect(answer.output.contains("the bundle is not signed"))
    }
    let few = try ask("verify a.tar.zst --replays . --allowed-signers allowed --at-least 3")
    #expect(few.status == 3)
    #expect(few.error == "regrok: a.tar.zst: 2 people replayed it; --at-least requires 3\n")
    let answer = try json(
      try ask("verify a.tar.zst --replays . --allowed-signers allowed --at-least 3 --json"))
    #expect(answer["status"] == 3 && answer["sound"] == true)
    #expect(answer["replays"]?["replayers"] == ["ada", "bob"])
    #expect(answer["replays"]?["strangers"] == 0)
    // Without `--at-least` the replays are only shown.
    #expect(try ask("verify a.tar.zst --replays . --allowed-signers allowed").status == 0)

    let report = try ask("report a.tar.zst -o r.html --replays . --allowed-signers allowed --json")
    #expect(report.status == 0, "\(report.error)")
    let page = String(decoding: folder.read("r.html"), as: UTF8.self)
    #expect(page.contains("replays: 2 replayers, 1 instruction set, 1 build: ada, bob<br>"))
    guard case .array(let runs)? = try json(report)["runs"] else {
      Issue.record("no runs")
      return
    }
    #expect(runs[0]["replays"]?["replayers"] == ["ada", "bob"])
  }

  @Test func whoSignedTheBundleDoesNotCount() throws {
    try prepare(signers: "author", "ada")
    let answer = try Program.shell(
      """
      "$R" pack \(SealedRuns.shared.path)/a -o s.tar.zst --sign author
      for key in author ada; do "$R" replay s.tar.zst --attest $key --jobs 1; done >&2
      "$R" verify s.tar.zst --replays . --allowed-signers allowed --at-least 2
      """, in: folder.path)
    #expect(answer.status == 3)
    #expect(answer.output.contains("signed by author\nreplays 1 replayer, "))
    #expect(answer.output.contains("author is the bundle's own signer"))
    // Where replays are counted, the bundle's own signature is not demanded.
    let line = try #require(
      String(decoding: folder.read("allowed"), as: UTF8.self).split(separator: "\n").last)
    folder.put(line + "\n", "ada-alone")
    let words = "verify s.tar.zst --allowed-signers ada-alone"
    #expect(try ask(words).status == 3)
    let counted = try ask(words + " --replays . --at-least 1")
    #expect(counted.status == 0, "\(counted.error)")
    #expect(counted.output.contains("signed, but not by an allowed signer\n"))
    #expect(counted.output.contains("1 statement by strangers\n"))
    #expect(try json(try ask(words + " --replays . --json"))["trusted"] == false)
  }

  /// The forgery's config gives other values than it records. Whoever replays it sees and signs
  /// that.
  @Test func aFailureIsSignedAndContradicts() throws {
    try prepare("forged.tar.zst", signers: "ada", "bob")
    let answer = try ask("replay forged.tar.zst --attest ada --json")
    #expect(answer.status == 1)
    let file = try #require(try json(answer)["statement"]?.stringValue)
    #expect(folder.content(file + ".sig") != nil)
    let statement = try #require(try statements().first)
    #expect(statement["predicate"]?["result"] == "FAILED")
    #expect(try facts(statement)["verdict"] == "different")
    #expect(try facts(statement)["differing"] == 1)
    guard case .array(let differences)? = try facts(statement)["differences"] else {
      Issue.record("no differences")
      return
    }
    #expect(differences[0]["name"] == "validation_loss" && differences[0]["step"] == 16)
    #expect(differences[0]["ulps"] != .null && differences[0]["distance"] != .null)

    let words = "verify forged.tar.zst --replays . --allowed-signers allowed"
    let found = try ask(words)
    #expect(found.status == 1)
    #expect(found.error == "regrok: forged.tar.zst: ada has replayed it and found it different\n")
    #expect(found.output.contains("replays 0 replayers, "))
    #expect(found.output.contains("contradicted by ada, "))
    #expect(found.output.contains(": different: column validation_loss at step 16, "))
    // Too few replayers comes first.
    #expect(try ask(words + " --at-least 1").status == 3)
    // Statements by strangers are not believed.
    let bob = try #require(
      String(decoding: folder.read("allowed"), as: UTF8.self).split(separator: "\n").last)
    folder.put(bob + "\n", "allowed")
    let stranger = try ask(words)
    #expect(stranger.status == 0)
    #expect(stranger.output.contains("1 statement by strangers\n"))
  }

  @Test func aStatementOnAnotherResultIsNamed() throws {
    try prepare("a.tar.zst", "b.tar.zst", signers: "ada")
    #expect(try ask("replay a.tar.zst --attest ada --jobs 1").status == 0)
    let answer = try ask("verify b.tar.zst --replays . --allowed-signers allowed --at-least 1")
    #expect(answer.status == 3)
    #expect(answer.output.contains(".replay.json: it is about another result, "))
  }

  // MARK: A program's run

  private static let script = """
    echo step,loss > metrics.csv
    echo "0,0.$(cat "$OUTSIDE/noise" 2>/dev/null || echo 1)" >> metrics.csv
    { pwd; id -un; hostname; } > where.txt

    """

  /// The program's file says where it ran, as whom and on which machine; no statement does.
  @Test func ofAProgramIdenticalIsSaidOfOneMachineAndNoPlaceIsTold() throws {
    try prepare(signers: "ada")
    folder.put(Self.script, "train.sh")
    folder.put(
      """
      run: [sh, train.sh]
      inputs: [train.sh]
      compare: {columns: {loss: {absolute: 0.15}}, files: {"results/work/where.txt": ignore}}
      """, "p.yaml")
    let answer = try Program.shell(
      """
      export OUTSIDE=$PWD
      "$R" record -f p.yaml -o run && "$R" pack run
      for noise in 1 2 9; do
        echo $noise > noise; "$R" replay run.tar.zst --execute --attest ada; echo "is $?"
      done
      echo 'echo "{\\"$PWD\\": 1}" > outcome.json' >> train.sh
      "$R" record --input train.sh -o open -- sh train.sh && "$R" pack open
      "$R" replay open.tar.zst --execute --attest ada; echo "is $?"
      """, in: folder.path)
    #expect(answer.output.components(separatedBy: "\nattested ").count == 5, "\(answer.output)")
    #expect(answer.output.contains("is 5\n") && answer.output.hasSuffix("is 1\n"))
    let words = try statements().map { statement in
      [
        try #require(statement["predicate"]?["result"]?.stringValue),
        try #require(try facts(statement)["verdict"]?.stringValue),
      ].joined(separator: " ")
    }
    #expect(
      words.sorted() == [
        "FAILED different", "FAILED different", "PASSED identical on this machine", "WARNED within",
      ])
    let leaks = try Program.shell(
      """
      grep -lF -e "$PWD" -e "$(pwd -P)" -e regrok-replay- -e '"/' *.replay.json
      grep -lwF -e "$(hostname)" -e "$HOME" *.replay.json
      """, in: folder.path)
    #expect(leaks.output.isEmpty)
    let found = try ask("verify run.tar.zst --replays . --allowed-signers allowed")
    #expect(found.status == 1)
    #expect(found.output.contains("  ada  identical on this machine  "))
    #expect(found.output.contains("ada says within its tolerance or spread, not identical"))
  }

  @Test func whatIsNotJudgedGivesNoStatement() throws {
    try prepare(signers: "ada")
    folder.put("echo 1 > out.txt\n", "train.sh")
    let answer = try Program.shell(
      """
      "$R" record --input train.sh -o run -- sh train.sh && "$R" pack run
      "$R" replay run.tar.zst --attest ada; echo "is $?"
      "$R" record --adopt run/results -o adopted && "$R" pack adopted
      "$R" replay adopted.tar.zst --execute --attest ada; echo "is $?"
      """, in: folder.path)
    #expect(
      answer.output.components(separatedBy: "is 4\n").count == 3, "\(answer.output)\(answer.error)")
    #expect(try statements().isEmpty)
  }

  /// The key is good, but the signature does not come, as where a passphrase is asked for and
  /// there is no terminal. What took long is told all the same.
  @Test(arguments: [("a.tar.zst", "identical"), ("forged.tar.zst", "different")])
  func aStatementThatCannotBeSignedDoesNotTakeTheAnswerAlong(
    bundle: String, verdict: String
  ) throws {
    try prepare(bundle, signers: "ada")
    let script = #"""
      mkdir bin; keygen=$(command -v ssh-keygen)
      cat > bin/ssh-keygen <<END
      #!/bin/sh
      case "\$*" in *-Y*) exit 255;; esac
      exec $keygen "\$@"
      END
      chmod +x bin/ssh-keygen; PATH=$PWD/bin:$PATH
      """#
    let words = "\"$R\" replay \(bundle) --attest ada --jobs 1"
    let answer = try Program.shell(script + "\n" + words + " --json", in: folder.path)
    #expect(answer.status == 74)
    let found = try json(answer)
    #expect(found["verdict"]?.stringValue == verdict)
    #expect(found["statement"] == nil && found["status"] == 74)
    let reason = "ada: ssh-keygen did not sign with it"
    #expect(found["error"]?.stringValue == reason)
    #expect(answer.error.hasSuffix("\nregrok: \(reason)\n"), "\(answer.error)")
    let text = try Program.shell("PATH=$PWD/bin:$PATH; " + words, in: folder.path)
    #expect(text.status == 74 && text.output.hasPrefix(verdict))
    #expect(try statements().isEmpty)
  }

  // MARK: Mistakes

  @Test(arguments: [
    ("replay a --attest ada", 64, "a: --attest needs a bundle, not a run directory"),
    ("replay a.tar.zst --attest none", 74, "none: No such file or directory"),
    ("replay a.tar.zst --attest allowed", 74, "allowed: ssh-keygen finds no key in it"),
    (
      "verify a.tar.zst --replays .", 64,
      "--replays needs --allowed-signers FILE, which lists the signers you trust; "
        + "see regrok help verify"
    ),
    (
      "verify a.tar.zst --at-least 1 --allowed-signers allowed", 64,
      "--at-least is for --replays; see regrok help verify"
    ),
    (
      "verify a.tar.zst --replays . --allowed-signers allowed --at-least 0", 64,
      "--at-least has to be at least 1, not 0; see regrok help verify"
    ),
    (
      "verify a.tar.zst --replays none --allowed-signers allowed", 74,
      "none: there is no such directory"
    ),
    (
      "report a.tar.zst -o r.html --allowed-signers allowed", 64,
      "--allowed-signers is for --replays; see regrok help report"
    ),
  ])
  func mistakesAreToldBeforeAnyWork(words: String, status: Int32, error: String) throws {
    try prepare("a.tar.zst", "a", signers: "ada")
    folder.put("x", "allowed")
    let answer = try ask(words)
    #expect(answer.status == status)
    #expect(answer.error == "regrok: \(error)\n")
    #expect(answer.output.isEmpty)
  }
}
