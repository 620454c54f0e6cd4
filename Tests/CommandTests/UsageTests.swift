import Testing

/// Exit statuses, and the one line on stderr, word for word.
@Suite struct UsageTests {
  @Test(
    arguments: [
      (["--nonsense"], 64, "regrok: Unknown option '--nonsense'\n"),
      (["nonsense"], 64, "regrok: Unexpected argument 'nonsense'\n"),
      (
        ["run"], 64,
        "regrok: nothing to run: give a CONFIG, --preset NAME, or --resume with -o RUN_DIR\n"
      ),
      (
        ["run", "--preset", "tin"], 64,
        "regrok: The value 'tin' is invalid for '--preset <name>'. Please provide one of "
          + "'modular-addition', 'modular-multiplication', 'sparse-parity' or 'tiny'.\n"
      ),
      (
        ["run", "--preset", "tiny", "--threads", "0"], 64,
        "regrok: --threads has to be 1 to 256, not 0\n"
      ),
      (
        ["run", "--preset", "tiny", "--set", "bach=3"], 64,
        "regrok: --set: bach: unknown key; did you mean batch?\n"
      ),
      (
        ["run", "absent.yaml"], 74, "regrok: absent.yaml: No such file or directory\n"
      ),
      (["run", "."], 64, "regrok: .: it is a directory, and no config\n"),
      (
        ["run", "bad.yaml"], 64,
        "regrok: bad.yaml:2: seed: must be an integer from 0 to 1844"
          + "6744073709551615, not -1\n"
      ),
      (
        ["run", "binary.yaml"], 64,
        "regrok: binary.yaml:1: not YAML: control characters are not allowed\n"
      ),
      (
        ["run", "later.yaml"], 4,
        "regrok: numerics: this program has version 1 of the arithmetic, not 2\n"
      ),
      (
        ["run", "--resume", "-o", "absent"], 64,
        "regrok: absent: nothing to go on with: it has no config.json\n"
      ),
      (
        ["run", "--preset", "tiny", "-o", "full"], 64,
        "regrok: full: not a run directory, and not empty: it has thesis.tex and no config.json\n"
      ),
      (
        ["run", "--preset", "tiny", "-o", "bad.yaml/run"], 74,
        "regrok: cannot make the directory bad.yaml/run: Not a directory\n"
      ),
    ] as [([String], Int32, String)])
  func mistakesAreToldInOneLine(arguments: [String], status: Int32, error: String) throws {
    let folder = TemporaryFolder()
    folder.put("batch: 16\nseed: -1\ntask: {name: sparse-parity}\n", "bad.yaml")
    folder.put("numerics: 2\ntask: {name: sparse-parity}\n", "later.yaml")
    folder.put("a: \u{1B}[31m\u{0}", "binary.yaml")
    _ = try Program.shell("mkdir full; echo > full/thesis.tex", in: folder.path)
    let quoted = arguments.map { "'\($0)'" }.joined(separator: " ")
    let answer = try Program.shell("\"$R\" \(quoted)", in: folder.path)
    #expect(answer.status == status)
    #expect(answer.error == error)
    #expect(answer.output == "")
  }

  @Test(arguments: ["--help", "--version", "help", "run --help", ""])
  func helpIsNoFailure(arguments: String) throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell("\"$R\" \(arguments)", in: folder.path)
    #expect(answer.status == 0)
    #expect(answer.error == "")
    #expect(answer.output.hasSuffix("\n") && !answer.output.hasSuffix("\n\n"))
  }

  @Test func terminalCodesInNamesAreEscaped() throws {
    let folder = TemporaryFolder()
    let answer = try Program.run("run", "a\u{1B}[2J\nb\u{202E}", in: folder.path)
    #expect(
      answer.error
        == "regrok: a\\u{1b}[2J b\\u{202e}: No such file or directory\n")
  }

  @Test func aFullDiskUnderStdoutAndAClosedStdoutAreTold() throws {
    let folder = TemporaryFolder()
    let full = try Program.shell("\"$R\" --help > /dev/full", in: folder.path)
    #expect(full.status == 74)
    #expect(full.error == "regrok: cannot write standard output: No space left on device\n")
    let closed = try Program.shell("\"$R\" --help >&-", in: folder.path)
    #expect(closed.status == 74)
    #expect(closed.error == "regrok: cannot write standard output: Bad file descriptor\n")
  }
}
