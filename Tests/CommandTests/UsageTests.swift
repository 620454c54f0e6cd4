import RunRecords
import Testing

/// Exit statuses and the one line on standard error, word for word.
@Suite struct UsageTests {
  @Test(
    arguments: [
      (["--nonsense"], 64, "regrok: Unknown option '--nonsense'; see regrok --help\n"),
      (["nonsense"], 64, "regrok: there is no command nonsense; see regrok --help\n"),
      (["help", "nonsense"], 64, "regrok: there is no command nonsense; see regrok --help\n"),
      (["verfy", "x"], 64, "regrok: there is no command verfy; did you mean verify?\n"),
      (
        ["run", "--jsn"], 64,
        "regrok: Unknown option '--jsn'. Did you mean '--json'? See regrok help run\n"
      ),
      (
        ["verify", "--jsn"], 64,
        "regrok: Unknown option '--jsn'. Did you mean '--json'? See regrok help verify\n"
      ),
      (
        ["report", "--by"], 64,
        "regrok: Missing value for '--by <key>'; see regrok help report\n"
      ),
      (
        ["run", "--preset", "tiny", "--seed", "7"], 64,
        "regrok: --seed: it is no option, but seed is a key of a config: use --set seed=VALUE\n"
      ),
      (
        ["run", "--preset", "tiny", "--max-steps=7"], 64,
        "regrok: --max-steps: it is no option, but max_steps is a key of a config: use --set "
          + "max_steps=VALUE\n"
      ),
      (
        ["sweep", "plan.yaml", "--lr", "7"], 64,
        "regrok: --lr: it is no option, but optimizer.learning_rate is a key of a config: the "
          + "plan sets it\n"
      ),
      (
        ["sweep", "tiny"], 74,
        "regrok: tiny: No such file or directory; a plan names its preset (regrok help plans)\n"
      ),
      (["version"], 64, "regrok: there is no command version; did you mean --version?\n"),
      (["-v"], 64, "regrok: there is no -v; it is --version\n"),
      (["claims", "absent"], 74, "regrok: absent: No such file or directory\n"),
      (
        ["report", "-", "-o", "r.html"], 64,
        "regrok: -: bundles and runs are not read from pipes, standard input or devices; "
          + "give the name of a file or a directory\n"
      ),
      (["pack", ""], 64, "regrok: argument 2 is empty\n"),
      (
        ["replay", "x", "--jobs", "257"], 64,
        "regrok: --jobs has to be 1 to 256, not 257; see regrok help replay\n"
      ),
      (
        ["verify", "-"], 64,
        "regrok: -: bundles and runs are not read from pipes, standard input or devices; "
          + "give the name of a file or a directory\n"
      ),
      (
        ["run"], 64,
        "regrok: nothing to run: give a CONFIG, --preset NAME, or --resume with -o RUN_DIR; "
          + "see regrok help run\n"
      ),
      (
        ["run", "--preset", "tin"], 64,
        """
        regrok: The value 'tin' is invalid for '--preset <name>'. Please provide one of \
        'modular-addition', 'modular-multiplication', 'sparse-parity' or 'tiny'; see regrok help \
        run\n
        """
      ),
      (
        ["run", "--preset", "tiny", "--threads", "0"], 64,
        "regrok: --threads has to be 1 to 256, not 0; see regrok help run\n"
      ),
      (
        ["run", "--preset", "tiny", "--set", "bach=3"], 64,
        "regrok: --set: bach: unknown key; did you mean batch?\n"
      ),
      (
        ["run", "absent.yaml"], 74, "regrok: absent.yaml: No such file or directory\n"
      ),
      (["run", "."], 64, "regrok: .: it is a directory, not a config\n"),
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
        "regrok: later.yaml: numerics: this program has version 1 of the arithmetic, not 2\n"
      ),
      (
        ["run", "bad.yaml", "--set", "seed=1", "--set", "numerics=2"], 4,
        "regrok: --set: numerics: this program has version 1 of the arithmetic, not 2\n"
      ),
      (
        ["verify", "-hash.tar.zst"], 64,
        "regrok: there is no option -hash.tar.zst; a file of this name is written "
          + "./-hash.tar.zst\n"
      ),
      (
        ["report", "-json", "x"], 64,
        "regrok: there is no option -json; did you mean --json?\n"
      ),
      (
        ["replay", "x", "--jobs", "-12"], 64,
        "regrok: Missing value for '--jobs <jobs>'; a value that begins with - is written "
          + "--jobs=-12; see regrok help replay\n"
      ),
      (
        ["pack", "x", "-o", "-hash"], 64,
        "regrok: Missing value for '-o'; a value that begins with - is written -o=-hash; see "
          + "regrok help pack\n"
      ),
      (
        ["run", "--resume", "-o", "absent"], 64,
        "regrok: absent: there is no run to continue: it has no config.json\n"
      ),
      (
        ["run", "--preset", "tiny", "-o", "full"], 64,
        "regrok: full: it is not empty, and not a run directory: it has thesis.tex and no "
          + "config.json; give a new directory, e.g. -o full/run\n"
      ),
      (
        ["run", "--preset", "tiny", "--threads", "-1"], 64,
        "regrok: Missing value for '--threads <n>'; a value that begins with - is written "
          + "--threads=-1; see regrok help run\n"
      ),
      (
        ["sweep", "bad.yaml", "--sign", "key"], 64,
        "regrok: sweep cannot sign, license or thin its bundles; use regrok pack BUNDLE "
          + "afterwards\n"
      ),
      (
        ["run", "--preset", "tiny", "--set", "seed=1,2,3"], 64,
        "regrok: --set: seed: must be an integer from 0 to 18446744073709551615, not 1,2,3; many "
          + "values are a list in a plan, as [1, 2, 3], and ranges are for seeds\n"
      ),
      (
        ["run", "--preset", "tiny", "--set", "seed=${oc.env:SEED}"], 64,
        "regrok: --set: seed: must be an integer from 0 to 18446744073709551615, not "
          + "${oc.env:SEED}; nothing is put in for names here\n"
      ),
      (
        ["run", "--preset", "tiny", "--set", "_target_=a"], 64,
        """
        regrok: --set: _target_: unknown key; configs of Hydra are not read \
        (regrok help configs)\n
        """
      ),
      (
        ["list", "full", "--where", "seed"], 64,
        "regrok: The value 'seed' is invalid for '--where <key=value>': a condition is KEY=VALUE, "
          + "without spaces around =; see regrok help list\n"
      ),
      (
        ["list", "full", "--where", "optimizer.name == sgd"], 64,
        "regrok: The value 'optimizer.name == sgd' is invalid for '--where <key=value>': a "
          + "condition is KEY=VALUE, without spaces around =; see regrok help list\n"
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

  /// A shell's `*` gives such words where names begin with a dash. The parser would take each of
  /// their letters for an option, and `h` for a request for help.
  @Test(arguments: [
    "-hash", "verify -hash.tar.zst", "verify x.tar.zst -hash.tar.zst", "verify --json -hash",
    "verify -h=1.tar.zst", "verify -ohx", "show -fh", "pack x -no y", "diff -ah -bh", "help -hash",
    "run -help", "record -hash -- true", "record -foh.yaml -hash -- true", "list -éh",
  ])
  func aNameThatBeginsWithADashIsNoOption(arguments: String) throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell("\"$R\" \(arguments)", in: folder.path)
    #expect(answer.status == 64)
    #expect(answer.error.hasPrefix("regrok: there is no option -"), "\(answer.error)")
    #expect(answer.error.split(separator: "\n").count == 1)
    if !arguments.contains("--json") { #expect(answer.output.isEmpty) }
  }

  @Test func whatIsAnOptionOrComesAfterTwoDashesStaysSo() throws {
    let folder = TemporaryFolder()
    let runs = SealedRuns.shared.path
    let script = """
      set -e; cp \(runs)/a.tar.zst ./-hash.tar.zst
      "$R" verify -- -hash.tar.zst; "$R" verify ./-hash.tar.zst; "$R" verify -h > help
      "$R" pack \(runs)/a -ohash; "$R" pack \(runs)/a -o=-hash; "$R" pack \(runs)/a -o hush
      "$R" record --no-input -orun -- sh -c 'echo "$1" > out.txt' sh -hash
      printf 'run: [sh, -c, "echo 1 > out.txt"]\ninputs: []\n' > h.yaml
      "$R" record -fh.yaml -o=next; "$R" record -f=h.yaml -o=last
      ls; cat run/results/work/out.txt
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    let names = "-hash\n-hash.tar.zst\nh.yaml\nhash\nhelp\nhush\nlast\nnext\nrun\n-hash\n"
    let lines = answer.output.split(separator: "\n")
    #expect(lines.suffix(10).sorted() == names.split(separator: "\n").sorted())
  }

  @Test(arguments: ["--help", "--version", "help", "run --help", ""])
  func helpIsNoFailure(arguments: String) throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell("\"$R\" \(arguments)", in: folder.path)
    #expect(answer.status == 0)
    #expect(answer.error == "")
    #expect(answer.output.hasSuffix("\n") && !answer.output.hasSuffix("\n\n"))
  }

  @Test(
    arguments: [
      ("diff --json absent absent", 74, "absent"), ("run --json --preset tin", 64, "tin"),
      ("verfy --json", 64, "verfy"), ("show --json a.yaml", 2, "a.yaml"),
      ("sweep --json absent", 74, "absent"), ("pack --json .", 64, "."),
    ] as [(String, Int32, String)])
  func aFailureIsAnAnswerInJSONToo(arguments: String, status: Int32, name: String) throws {
    let folder = TemporaryFolder()
    folder.put("", "a.yaml")
    let answer = try Program.shell("\"$R\" \(arguments)", in: folder.path)
    #expect(answer.status == status)
    let object = try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
    #expect(object["status"]?.intValue == Int(status))
    let error = try #require(object["error"]?.stringValue)
    #expect(error.contains(name))
    #expect(answer.error == "regrok: \(error)\n")
  }

  /// The table of statuses, and which of several failures decides the status.
  @Test func allExitStatusesAreInTheHelp() throws {
    let folder = TemporaryFolder()
    let help = try Program.run("--help", in: folder.path).output
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for text in [
      "0 done or identical", "5 within its tolerance", "6 recorded but failed", "71 no memory",
      "129, 130, 143", "the first of 70, 74, 71, 2, 3, 1, 5, 6, 64, 4.",
    ] {
      #expect(help.contains(text), "\(text)")
    }
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
    // A file may have a limit, and the system's signal says nothing.
    let limited = try Program.shell("ulimit -f 2; \"$R\" help configs > most", in: folder.path)
    #expect(limited.status == 74)
    #expect(limited.error == "regrok: cannot write standard output: File too large\n")
  }
}
