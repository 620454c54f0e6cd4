import Archive
import ArgumentParser
import Bundles
import Comparison
import Reports

/// `regrok diff`: where two recorded runs differ.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show where two recorded runs differ. Executes nothing.",
    discussion: """
      A and B are bundles or directories of finished runs. Compares their configs, their traces \
      step by step, their outcomes, and the tensors of the last checkpoint that both store. If \
      both have the same config, it also compares the digests of all checkpoints, as the bundles \
      list them. Shows only the differences, and names what was not compared. Ends with 0 if all \
      that was compared is identical, and with 1 if something differs. Writes a file only with \
      --html.

      Two runs of one program are compared by the rules that it declares in `compare` and by how \
      far it differed from itself (record --repeat). If these cover all differences, the command \
      ends with 5. A program's run and a run of regrok's trainer are compared in the curves that \
      both have.

      \(HelpTopic.readsInPart)

      Examples:

        regrok diff runs/first.tar.zst runs/second
        regrok diff runs/first runs/second --ignore seed --html diff.html
      """)

  @Argument(help: ArgumentHelp("A bundle, or the directory of a finished run.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("The other bundle or directory.", valueName: "b"))
  var second: String

  @Option(
    name: .customLong("ignore"),
    help: ArgumentHelp(
      """
      Do not compare this key of the config, the outcome or the environment (seed, optimizer, \
      t_mem), column of the trace (train_loss), tensor (tok.weight) or whole section (config, \
      trace, outcome, checkpoint, environment). May be repeated.
      """,
      valueName: "key"))
  var ignored: [String] = []

  @Option(
    help: ArgumentHelp(
      "Also write an HTML page with the curves of both runs in one chart.", valueName: "file"))
  var html: String?

  @Flag(help: "Compare the bits of programs' runs: no tolerance or spread excuses a difference.")
  var bits = false

  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    if let html, !html.hasSuffix(".html") {
      throw ValidationError("--html \(html): its name must end in .html.")
    }
  }

  func run() throws {
    let a = try BundleError.naming(first) { try OpenedRun(opening: first) }
    let b = try BundleError.naming(second) { try OpenedRun(opening: second) }
    switch (a, b) {
    case (.trainer(let a), .trainer(let b)): try compare(a, b)
    case (.program(let x), .program(let y)): try compare(x, y, of: [a, b])
    case (.trainer, .program), (.program, .trainer): try compareAcross(a, b)
    }
  }

  private func compare(_ a: RecordedRun, _ b: RecordedRun) throws {
    try refuse("--bits", bits, "is only for programs' runs")
    let output = options.output
    let diff = try RunDiff(a, b, ignoring: ignored)
    if let html {
      try WrittenFile.write(
        DiffReport(diff, of: a, and: b).html, to: html, force: writing.force)
    }
    for line in diff.textLines { output.line(line) }
    output.answer(diff.json)
    if !diff.isIdentical { throw ExitStatus.different.exit }
  }

  /// Two runs of a program: its declared tolerances and its measured spread decide.
  private func compare(
    _ a: RecordedProgram, _ b: RecordedProgram, of runs: [OpenedRun]
  ) throws {
    try refuse("--ignore", !ignored.isEmpty, "is only for runs of regrok's trainer")
    let comparison = try ProgramComparison(ProgramRecord(a), ProgramRecord(b), bits: bits)
    try write(comparison.textLines, title: comparison.verdict.name, of: runs)
    for line in comparison.textLines { options.output.line(line) }
    options.output.answer(comparison.json)
    switch comparison.verdict {
    case .identical: return
    case .within: throw ExitStatus.withinSpread.exit
    case .different: throw ExitStatus.different.exit
    case .notComparable: throw ExitStatus.impossibleHere.exit
    }
  }

  /// Runs of two kinds: only the curves that both have are compared.
  private func compareAcross(_ a: OpenedRun, _ b: OpenedRun) throws {
    try refuse("--ignore", !ignored.isEmpty, "is only for two runs of regrok's trainer")
    try refuse("--bits", bits, "is only for two programs' runs")
    let comparison = CrossComparison(a.table, b.table, names: (a.path, b.path))
    try write(comparison.textLines, title: comparison.verdict.name, of: [a, b])
    for line in comparison.textLines { options.output.line(line) }
    options.output.answer(comparison.json)
    switch comparison.verdict {
    case .identicalInWhatBothHave: return
    case .different: throw ExitStatus.different.exit
    case .nothingInCommon: throw ExitStatus.impossibleHere.exit
    }
  }

  private func refuse(_ option: String, _ isGiven: Bool, _ reason: String) throws {
    if isGiven { throw CommandFailure(.usage, "\(option) \(reason)") }
  }

  private func write(_ lines: [String], title: String, of runs: [OpenedRun]) throws {
    guard let html else { return }
    try WrittenFile.write(
      AcrossReport(runs, title: "A and B: \(title)", lines: lines).html, to: html,
      force: writing.force)
  }
}

extension ComparisonError: ExitStatusProviding {
  var exitStatus: ExitStatus { .usage }
}
