import Foundation
import RunRecords
import Testing

/// `pack`, `verify` and `extract`, as a user runs them.
@Suite struct PackCommandTests {
  private let folder = TemporaryFolder()
  private var runs: String { SealedRuns.shared.path }

  private func ask(_ arguments: String) throws -> Program.Answer {
    try Program.shell("\"$R\" " + arguments, in: folder.path)
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  private func json(_ line: some StringProtocol) throws -> CanonicalJSON {
    try CanonicalJSON(canonical: Array(line.utf8))
  }

  @Test func packingPrintsWhatVerifyPrintsAfterIt() throws {
    let packed = try ask("pack \(runs)/a -o x.tar.zst")
    #expect(packed.status == 0)
    #expect(packed.error.isEmpty)
    let verified = try ask("verify x.tar.zst")
    #expect(verified.status == 0)
    let lines = verified.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("x.tar.zst: sound, run ") == true)
    #expect(lines.dropFirst() == packed.output.split(separator: "\n").dropFirst())
    let same = try Program.shell("cmp x.tar.zst \(runs)/a.tar.zst", in: folder.path)
    #expect(same.status == 0)
  }

  @Test func theLicenceAndThePublisherThatAreStatedStandInTheCrate() throws {
    let packed = try ask(
      "pack \(runs)/a -o x --license CC-BY-4.0 --publisher 'A Lab <https://lab.example>' --json"
    )
    #expect(packed.status == 0)
    #expect(try ask("extract x -o tree").status == 0)
    let crate = try json(
      String(decoding: folder.content("tree/data/ro-crate-metadata.json") ?? .init(), as: UTF8.self)
    )
    guard case .array(let graph)? = crate["@graph"] else {
      Issue.record("no graph")
      return
    }
    let license = "https://spdx.org/licenses/CC-BY-4.0"
    let publisher = "https://lab.example"
    let root = graph.first { $0["@id"] == "./" }
    #expect(root?["license"] == ["@id": .string(license)])
    #expect(root?["publisher"] == ["@id": .string(publisher)])
    #expect(graph.first { $0["@id"] == .string(license) }?["name"] == "CC-BY-4.0")
    #expect(graph.first { $0["@id"] == .string(publisher) }?["name"] == "A Lab")
    // The licence and the publisher are not part of the result.
    let plain = try json(try ask("pack \(runs)/a -o y --json").output.dropLast())
    let stated = try json(packed.output.dropLast())
    #expect(stated["result_sha256"] == plain["result_sha256"])
    #expect(stated["bundle_sha256"] != plain["bundle_sha256"])
  }

  @Test(arguments: [
    "--license 'a b'", "--license ''", "--license http://", "--publisher ''",
    "--license apache2", "--license https://a.b --publisher 'A <https://a.b>'",
    "--publisher '<https://a.b>'", "--publisher 'A <lab>'", "--publisher \"$(printf 'a\\033b')\"",
  ])
  func aLicenceOrPublisherThatIsNoneIsRefused(option: String) throws {
    let answer = try ask("pack \(runs)/a -o x " + option)
    #expect(answer.status == 64)
    #expect(!answer.error.contains("\u{1b}"))
    #expect(try !names().contains("x"))
  }

  /// A process that was killed leaves its temporary name behind. For a moment this is a second name
  /// of the finished bundle.
  @Test(arguments: ["echo half > .x.partial", "cp (runs)/a.tar.zst x; ln x .x.partial"])
  func whatAKilledPackLeftIsRemoved(before: String) throws {
    let answer = try Program.shell(
      """
      \(before.replacing("(runs)", with: runs)); "$R" pack \(runs)/a -o x; ls -A; \
      cmp x \(runs)/a.tar.zst
      """,
      in: folder.path)
    #expect(answer.status == 0)
    #expect(answer.output.hasSuffix("\nx\n"))
  }

  @Test func severalThatPackToOneNameAgree() throws {
    let packs = try (0..<4).map { _ in
      try Program.start("pack", runs + "/a", "-o", "x", in: folder.path)
    }
    for answer in packs.map({ $0.wait() }) {
      #expect(answer.status == 0, "\(answer.error)")
    }
    #expect(try Program.shell("cmp x \(runs)/a.tar.zst", in: folder.path).status == 0)
    #expect(try names() == ["x"])
  }

  @Test func whatAKilledExtractLeftIsRemoved() throws {
    let script =
      """
      mkdir -p .x.partial/data; echo half > .x.partial/data/config.json; \
      "$R" extract \(runs)/a.tar.zst -o x && ls -A
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0)
    #expect(answer.output.hasSuffix("\nx\n") && !answer.output.contains("partial"))
  }

  @Test func withoutANameABundleLiesBesideItsRun() throws {
    let script = "cp -r \(runs)/a run; \"$R\" pack run/; \"$R\" pack run --thin; rm -r run; ls"
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.output.hasSuffix("run.tar.zst\nrun.thin.tar.zst\n"))
  }

  @Test(arguments: [
    ("run", "pack .", "../run.tar.zst"), ("run", "pack ./ --thin", "../run.thin.tar.zst"),
    ("run/trace", "pack ..", "../../run.tar.zst"), (".", "pack run/.//", "run.tar.zst"),
    (".", "pack ./run/../run", "./run/../run.tar.zst"),
  ])
  func aRunsNameIsFoundWhereADotStandsForIt(place: String, command: String, path: String) throws {
    let answer = try Program.shell(
      """
      cp -r \(runs)/a run; cd \(place); "$R" \(command); s=$?; \
      find "$OLDPWD" -name '.*.zst'; exit $s
      """,
      in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.hasPrefix(path + "\nbundle"))
    #expect(answer.output.split(separator: "\n").count == 3)
    #expect(try names() == ["run", path.contains("thin") ? "run.thin.tar.zst" : "run.tar.zst"])
  }

  /// A bundle packed from a bundle equals the one packed from its run with the same options.
  @Test(arguments: [
    "--thin", "--license MIT", "--publisher 'A Lab <https://lab.example>'", "--sign key",
    "--thin --license 'MIT OR Apache-2.0' --publisher Lab --sign key", "--level 9",
  ])
  func ofASealedRunAnotherBundleIsMade(options: String) throws {
    let script = """
      ssh-keygen -q -t ed25519 -N '' -f key
      "$R" pack \(runs)/a.tar.zst \(options) -o x && "$R" pack \(runs)/a \(options) -o y && cmp x y
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    let results = answer.output.split(separator: "\n").filter { $0.hasPrefix("result") }
    #expect(Set(results).count == 1)
    let original = try json(try ask("verify --json \(runs)/a.tar.zst").output.dropLast())
    #expect(results.first?.hasSuffix(original["result_sha256"]?.stringValue ?? "none") == true)
  }

  @Test func whatABundleStatesStaysAndItsSignatureAlone() throws {
    let script = """
      set -e; ssh-keygen -q -t ed25519 -N '' -f key; echo "ada $(cat key.pub)" > allowed
      "$R" pack \(runs)/a --license MIT --publisher Lab --sign key -o all
      "$R" pack all --level 9 -o same; "$R" verify same --allowed-signers allowed
      "$R" pack all --thin -o thin; "$R" pack \(runs)/a --thin --license MIT --publisher Lab -o told
      cmp thin told; "$R" pack thin --license MIT -o again; cmp thin again
      "$R" extract all -o bag; "$R" pack bag -o unpacked; \
      "$R" pack \(runs)/a --license MIT --publisher Lab -o plain
      cmp unpacked plain; "$R" show bag > /dev/null
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains("\nsigned by ada\n"))
    // The signature beside an unpacked bundle is not taken along either.
    #expect(
      answer.error
        == "regrok: thin is not signed: the signature of all holds only for that bundle\n"
        + "regrok: unpacked is not signed: the signature of bag holds only for that bundle\n")
  }

  @Test func aBundleOfABundleNeedsANameAndASoundOne() throws {
    let script = """
      cp \(runs)/a.tar.zst .; "$R" pack a.tar.zst --license MIT; echo $?
      "$R" pack a.tar.zst --thin > /dev/null; echo $?; ls
      printf x | dd of=a.tar.zst bs=1 seek=9000 conv=notrunc 2>&-; \
      "$R" pack a.tar.zst --thin -o x; echo $?
      "$R" extract \(runs)/a.tar.zst -o bag; "$R" verify bag; echo $?
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.output == "64\n0\na.tar.zst\na.thin.tar.zst\n2\nbag\n74\n")
    #expect(
      answer.error.contains(
        "regrok: a.tar.zst: it is a bundle, which is not changed; name the new bundle"))
    #expect(answer.error.contains("regrok: bag: it is a bundle that is unpacked already; "))
    #expect(!(try names()).contains("x"))
  }

  @Test(arguments: [
    ("cfg.yaml", "too-short: "), ("long.yaml", "not-zstd: "), ("cfg.yaml -o x", "too-short: "),
    ("cfg.yaml --thin", "too-short: "),
  ])
  func whatIsNoBundleIsNotCalledOne(words: String, reason: String) throws {
    folder.put("seed: 1\n", "cfg.yaml")
    folder.put(String(repeating: "# a comment\n", count: 100), "long.yaml")
    let answer = try ask("pack \(words)")
    let name = words.prefix { $0 != " " }
    #expect(answer.status == 2)
    #expect(
      answer.error.hasPrefix(
        "regrok: \(name): it is neither a bundle nor the directory of a run: \(reason)"))
    #expect(answer.error.split(separator: "\n").count == 1)
    #expect(try names() == ["cfg.yaml", "long.yaml"])
  }

  @Test func aRunWithoutRunJSONIsNotCalledUnfinished() throws {
    let answer = try Program.shell(
      "cp -r \(runs)/a run; rm run/run.json; \"$R\" pack run", in: folder.path)
    #expect(answer.status == 64)
    #expect(
      answer.error == "regrok: run: there is no run.json, which says when it was performed; "
        + "only run writes it\n")
  }

  @Test func aLineBreakThatAnEditorAddedIsNamed() throws {
    let answer = try Program.shell(
      "cp -r \(runs)/a run; echo >> run/config.json; \"$R\" pack run", in: folder.path)
    #expect(answer.status == 2)
    #expect(answer.error.contains("config.json: a line break or spaces at its end"))
  }

  @Test func jsonIsOneObjectALine() throws {
    let answer = try ask("verify --json \(runs)/a.tar.zst none \(runs)/thin.tar.zst")
    #expect(answer.status == 74)
    let found = try answer.output.split(separator: "\n").map(json)
    #expect(found.map { $0["sound"] } == [true, .null, true])
    #expect(found[1]["status"] == 74)
    #expect(found.map { $0["thin"] } == [false, nil, true])
    #expect(found[0]["result_sha256"] == found[2]["result_sha256"])
    #expect(found[0]["bundle_sha256"] != found[2]["bundle_sha256"])
    let packed = try json(try ask("pack \(runs)/a --thin --json -o t").output.dropLast())
    #expect(packed["bundle_sha256"] == found[2]["bundle_sha256"])
  }

  @Test func damageIsNamedAndAnAbsentFileCountsMore() throws {
    _ = try Program.shell("head -c 20000 \(runs)/a.tar.zst > cut", in: folder.path)
    let answer = try ask("verify \(runs)/a.tar.zst cut none")
    #expect(answer.status == 74)
    #expect(try ask("verify \(runs)/a.tar.zst cut").status == 2)
    let lines = answer.error.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.hasPrefix("regrok: cut: truncated: ") == true)
    #expect(answer.output.contains("sound"))
    #expect(try json(try ask("verify --json cut").output.dropLast())["reason"] == "truncated")
  }

  @Test func whatIsNoFinishedRunIsRefused() throws {
    _ = try Program.shell("cp -r \(runs)/a run; rm run/outcome.json; mkdir empty", in: folder.path)
    let unfinished = try ask("pack run")
    #expect(unfinished.status == 64)
    #expect(
      unfinished.error == "regrok: run: the run is not finished: there is no outcome.json\n")
    #expect(try ask("pack empty").status == 64)
    let absent = try ask("pack absent")
    #expect(absent.status == 74)
    #expect(absent.error == "regrok: absent: No such file or directory\n")
    #expect(try ask("pack \(runs)/a --level 13").status == 64)
    #expect(try ask("pack \(runs)/a -o none/x").status == 74)
    #expect(try names() == ["empty", "run"])
  }

  @Test func aBundleIsNeverOverwritten() throws {
    #expect(try ask("pack \(runs)/a -o x").status == 0)
    #expect(try ask("pack \(runs)/a -o x").status == 0)
    #expect(try ask("pack \(runs)/b -o x").status == 74)
    #expect(try Program.shell("cmp x \(runs)/a.tar.zst", in: folder.path).status == 0)
    #expect(try names() == ["x"])
  }

  @Test func aBundleOfAProgramIsPackedAsItsDirectoryIs() throws {
    let script = """
      set -e
      "$R" record -o p --no-input -- sh -c 'printf "step,loss\n0,1\n" > "$RUN_OUTPUT/metrics.csv"'
      "$R" pack p -o p.tar.zst
      "$R" pack p --license MIT -o direct.tar.zst
      "$R" pack p.tar.zst --license MIT -o again.tar.zst
      cmp direct.tar.zst again.tar.zst; "$R" verify p.tar.zst again.tar.zst | grep ^result | uniq -c
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.split(separator: "\n").last?.contains("2 result") == true)
  }

  @Test func anExtractedRunHasTheFilesOfTheRun() throws {
    #expect(try ask("extract \(runs)/a.tar.zst -o tree").status == 0)
    let script = """
      cd tree && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt &&
      for f in config.json outcome.json environment.json trace checkpoints
      do diff -r data/$f \(runs)/a/$f || exit 1; done
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.output)\(answer.error)")
    #expect(try ask("extract \(runs)/a.tar.zst -o tree").status == 74)
  }

  @Test func namedFilesAreExtractedAlone() throws {
    let answer = try ask("extract \(runs)/a.tar.zst data/trace/metrics.csv -o some")
    #expect(answer.status == 0)
    let files = try Program.shell("find some -type f", in: folder.path)
    #expect(files.output == "some/data/trace/metrics.csv\n")
    let runID = try #require(
      try json(try ask("verify --json \(runs)/a.tar.zst").output.dropLast())["run"]?.stringValue)
    for (number, words) in [
      "'data/trace/*'", "data/trace", "./data/trace/", "\(runID)/data/trace/metrics.csv data/trace",
    ].enumerated() {
      #expect(try ask("extract \(runs)/a.tar.zst \(words) -o \(number)").status == 0)
      let files = try Program.shell("cd \(number); find . -type f | sort", in: folder.path)
      #expect(files.output == "./data/trace/hashes.csv\n./data/trace/metrics.csv\n")
    }
    #expect(try names() == ["0", "1", "2", "3", "some"])
  }

  @Test(arguments: [
    ("a.tar.zst config.json", "config.json; did you mean data/config.json?"),
    ("a.tar.zst data/outcom.json", "data/outcom.json; did you mean data/outcome.json?"),
    ("a.tar.zst data/nothing", "data/nothing; tar --zstd -tf BUNDLE lists them"),
    ("a.tar.zst '*.pt'", "*.pt; tar --zstd -tf BUNDLE lists them"),
    (
      "thin.tar.zst data/checkpoints/step-00000012.safetensors",
      "data/checkpoints/step-00000012.safetensors is left out of this thin bundle; "
        + "regrok replay --fill DIR computes it again"
    ),
    (
      "thin.tar.zst 'data/checkpoints/*'",
      "data/checkpoints/* is left out of this thin bundle; "
        + "regrok replay --fill DIR computes it again"
    ),
    ("a.tar.zst trace", "trace; did you mean data/trace?"),
  ])
  func aNameThatIsNoMemberIsToldWithWhatIsNear(words: String, end: String) throws {
    let answer = try ask("extract \(runs)/\(words) -o more")
    #expect(answer.status == 64)
    #expect(answer.error.hasSuffix(end + "\n"), "\(answer.error)")
    #expect(try names().isEmpty)
  }

  @Test func theWholeBundleHasANameToo() throws {
    let runID = try #require(
      try json(try ask("verify --json \(runs)/a.tar.zst").output.dropLast())["run"]?.stringValue)
    #expect(try ask("extract \(runs)/a.tar.zst -o all").status == 0)
    for (number, word) in [".", "./", runID, "\(runID)/"].enumerated() {
      #expect(try ask("extract \(runs)/a.tar.zst \(word) -o \(number)").status == 0)
      #expect(try Program.shell("diff -r all \(number)", in: folder.path).status == 0)
    }
  }

  /// What a thin bundle left out cannot be sealed again from its files.
  @Test func anUnpackedThinBundleIsNoDamagedRun() throws {
    #expect(try ask("extract \(runs)/thin.tar.zst -o tree").status == 0)
    for words in ["tree -o b", "tree/data -o b", "tree --thin -o b"] {
      let answer = try ask("pack \(words)")
      #expect(answer.status == 64)
      #expect(answer.error.contains("it was unpacked from a thin bundle"), "\(answer.error)")
    }
    #expect(try names() == ["tree"])
  }

  @Test func anUnpackedBundleThatHasLostACheckpointIsDamaged() throws {
    #expect(try ask("extract \(runs)/a.tar.zst -o tree").status == 0)
    let script = "rm tree/data/checkpoints/step-00000012.safetensors"
    #expect(try Program.shell(script, in: folder.path).status == 0)
    let answer = try ask("pack tree -o b")
    #expect(answer.status == 2)
    #expect(answer.error.contains("step-00000012.safetensors: it is missing"), "\(answer.error)")
  }

  /// Only a replay, or the bundle that is read back, sees what is wrong in a checkpoint.
  @Test func aFlippedByteInACheckpointIsDamage() throws {
    let script = """
      cp -r \(runs)/a run; cd run/checkpoints
      printf X | dd of=step-00000012.safetensors bs=1 seek=9000 conv=notrunc 2>&-
      ! cmp -s step-00000012.safetensors \(runs)/a/checkpoints/step-00000012.safetensors
      """
    #expect(try Program.shell(script, in: folder.path).status == 0)
    let answer = try ask("pack run -o x")
    #expect(answer.status == 2)
    #expect(
      answer.error.hasPrefix(
        "regrok: run: checkpoint: checkpoints/step-00000012.safetensors: "), "\(answer.error)")
    #expect(answer.error.split(separator: "\n").count == 1)
    #expect(try names() == ["run"])
  }

  /// The system ends a program by a signal where a file may not grow further, unless the program
  /// ignores it.
  @Test(arguments: ["pack R/a -o x", "extract R/a.tar.zst -o x", "replay R/a.tar.zst --fill x"])
  func aLimitOfTheFilesSizeIsToldAndLeavesNothing(command: String) throws {
    let words = command.replacing("R/", with: runs + "/")
    let answer = try Program.shell("ulimit -f 8; \"$R\" \(words)", in: folder.path)
    #expect(answer.status == 74)
    #expect(answer.error.hasSuffix("File too large\n"), "\(answer.error)")
    #expect(answer.output.isEmpty)
    #expect(try names().isEmpty)
  }

  /// Another process holds the name that the command needs, so it waits for sure when the signal
  /// comes.
  @Test(arguments: [
    ("pack R/a -o x", ":>"), ("extract R/a.tar.zst -o x", "mkdir"),
    ("replay R/a.tar.zst --fill x", "mkdir"),
  ])
  func anInterruptionIsAnAnswerInJSONToo(command: String, making: String) throws {
    let script = """
      \(making) .x.partial; exec 9< .x.partial; flock 9
      "$R" \(command.replacing("R/", with: runs + "/")) --json 9<&- &
      p=$!
      until ls -l /proc/$p/fd 2> /dev/null | grep -v ' 9 -> ' | grep -q x.partial; do
        kill -0 $p || exit 9; sleep 0.01
      done
      kill -TERM $p; wait $p
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 143)
    let failure = try json(answer.output.dropLast())
    #expect(failure == ["error": "interrupted", "status": 143])
    #expect(answer.error.contains("regrok: interrupted\n"), "\(answer.error)")
  }

  /// What somebody does to an unpacked bundle, and how the line begins that says so.
  struct Change: Sendable {
    var edit: String
    var error: String

    init(_ edit: String, _ error: String) {
      self.edit = edit
      self.error = error
    }
  }

  static let changesOfATree = [
    Change(
      "sed -i s/max-steps/max-stops/ tree/data/outcome.json",
      "tree/data: manifest: outcome.json: its SHA-256 is not the one that manifest-sha256.txt "
        + "says"),
    Change(
      "printf x | dd of=tree/data/checkpoints/step-00000012.safetensors bs=1 seek=999 "
        + "conv=notrunc 2> /dev/null",
      "tree/data: manifest: checkpoints/step-00000012.safetensors: its SHA-256 is not the one "
        + "that manifest-sha256.txt says"),
    Change(
      "echo >> tree/data/README.md",
      "tree/data: manifest: README.md: its SHA-256 is not the one that manifest-sha256.txt says"),
    Change(
      "echo {} > tree/data/run.json",
      "tree/data: manifest: run.json: manifest-sha256.txt does not list it"),
    Change(
      "sed -i /README/d tree/manifest-sha256.txt",
      "tree: tag-manifest: manifest-sha256.txt: its SHA-256 is not the one that "
        + "tagmanifest-sha256.txt says"),
    Change(
      "rm tree/manifest-sha256.txt", "tree: tag-manifest: manifest-sha256.txt: it is missing"),
    Change("rm tree/tagmanifest-sha256.txt", "tree: bag: tagmanifest-sha256.txt: it is missing"),
  ]

  @Test(
    arguments: PackCommandTests.changesOfATree,
    ["pack tree -o b", "pack tree/data -o b", "replay tree"])
  func aChangedFileOfAnUnpackedBundleIsNamed(change: Change, command: String) throws {
    #expect(try ask("extract \(runs)/a.tar.zst -o tree").status == 0)
    #expect(try Program.shell(change.edit, in: folder.path).status == 0)
    let answer = try ask(command)
    #expect(answer.status == 2)
    #expect(answer.error.hasPrefix("regrok: \(change.error)"), "\(answer.error)")
    #expect(answer.error.split(separator: "\n").count == 1)
    #expect(answer.output.isEmpty)
    #expect(try names() == ["tree"])
  }

  /// Commands that read no checkpoint compare the records.
  @Test(arguments: ["show tree", "diff tree a", "list tree", "report tree -o r.html"])
  func aChangedRecordOfAnUnpackedBundleIsNotShown(command: String) throws {
    let script = """
      "$R" extract \(runs)/a.tar.zst -o tree; cp -r \(runs)/a a
      "$R" \(command) > before || exit 9
      echo >> tree/data/environment.json; rm -f r.html
      "$R" \(command)
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 2, "\(answer.error)")
    #expect(answer.error.contains("environment.json: its SHA-256 is not the one"))
  }

  static let changesOfWhatIsFilled = [
    Change(
      "sed -i s/max-steps/max-stops/ f/outcome.json", "outcome.json: its SHA-256 is not the one"),
    Change(
      "printf x | dd of=f/checkpoints/step-00000012.safetensors bs=1 seek=999 conv=notrunc "
        + "2> /dev/null",
      "checkpoints/step-00000012.safetensors: its SHA-256 is not the one"),
    Change(
      "sed -i /00000024/d f/expected-sha256.txt",
      "checkpoints/step-00000024.safetensors: expected-sha256.txt does not list it"),
    Change(
      "rm f/checkpoints/step-00000012.safetensors",
      "checkpoints/step-00000012.safetensors: it is missing"),
    Change("rm f/trace/hashes.csv", "trace/hashes.csv: it is missing"),
    Change(
      "echo x > f/expected-sha256.txt", "expected-sha256.txt: it is not of sha256sum's form"),
  ]

  @Test(arguments: PackCommandTests.changesOfWhatIsFilled, ["pack f -o b", "replay f"])
  func aChangedFileOfAFilledDirectoryIsNamed(change: Change, command: String) throws {
    #expect(try ask("replay \(runs)/thin.tar.zst --fill f").status == 0)
    #expect(try Program.shell(change.edit, in: folder.path).status == 0)
    let answer = try ask(command)
    #expect(answer.status == 2)
    #expect(answer.error.hasPrefix("regrok: f: "), "\(answer.error)")
    #expect(answer.error.contains(change.error), "\(answer.error)")
    #expect(answer.error.split(separator: "\n").count == 1)
    #expect(try names() == ["f"])
  }

  /// The paths in messages are those that the directory has, not those of a bundle.
  @Test func aFaultOfARunDirectoryIsNamedByThePathThatExists() throws {
    let script = """
      cp -r \(runs)/a run; sed -i 's/"last_step":36/"last_step":32/' run/outcome.json
      "$R" show run; "$R" pack run; "$R" replay run
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 2)
    #expect(
      answer.error
        == String(
          repeating: "regrok: run: trace: outcome.json: the trace gives another outcome\n", count: 3
        ))
  }

  @Test(arguments: ["verify B", "show B", "extract B", "replay B", "diff B B", "predict B"])
  func aPipeIsRefusedAsAWrongUsage(command: String) throws {
    let bash = "\"$R\" \(command.replacing("B", with: "<(cat \(runs)/a.tar.zst)"))"
    let answer = try Program.shell("export R; bash -c '\(bash)'", in: folder.path)
    #expect(answer.status == 64)
    #expect(answer.error.contains("not read from pipes"), "\(answer.error)")
  }
}
