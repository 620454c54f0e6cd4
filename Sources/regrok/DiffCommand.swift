import Archive
import ArgumentParser
import Bundles
import Comparison
import Reports

/// `regrok diff`: where two recorded runs differ.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show where two recorded runs differ; nothing is executed.",
    discussion: """
      Compares configs, traces step by step, outcomes, of one config the digests of all checkpoints \
      (a bundle's as it lists them: verify checks its bytes), and the tensors of the last \
      checkpoint that both store; shows only what differs, and names what was not compared. Ends \
      with 0 when all that was compared is identical, 1 when something differs.

      Of two runs of one program, what it declares in compare and how far it differs from itself \
      decide: 5 when these cover what differs. A program's run beside one of the trainer here is \
      compared in the curves that both have. \(HelpTopic.readsInPart)
      """)

  @Argument(help: ArgumentHelp("A bundle, or the directory of a finished run.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("Another.", valueName: "b"))
  var second: String

  @Option(
    name: .customLong("ignore"),
    help: ArgumentHelp(
      """
      Leave out a key of the config, the outcome or the environment (seed, optimizer, t_mem), a \
      column of the trace (train_loss), a tensor (tok.weight), or a whole section (config, trace, \
      outcome, checkpoint, environment). May be repeated.
      """,
      valueName: "key"))
  var ignored: [String] = []

  @Option(
    help: ArgumentHelp(
      "Also write it as a page, with both runs' curves over each other.", valueName: "file"))
  var html: String?

  @Flag(help: "Compare programs' runs by their bits alone: nothing covers a difference.")
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
    try refuse("--bits", bits, "is for programs' runs")
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

  /// Two runs of a program: what it declared, and what it measured of itself, decides.
  private func compare(
    _ a: RecordedProgram, _ b: RecordedProgram, of runs: [OpenedRun]
  ) throws {
    try refuse("--ignore", !ignored.isEmpty, "is for runs of the trainer here; compare decides")
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

  /// Runs of two kinds: the curves that both have.
  private func compareAcross(_ a: OpenedRun, _ b: OpenedRun) throws {
    try refuse("--ignore", !ignored.isEmpty, "is for two runs of the trainer here")
    try refuse("--bits", bits, "is for two programs' runs")
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
