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

  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    if let html, !html.hasSuffix(".html") {
      throw ValidationError("--html \(html): its name must end in .html.")
    }
  }

  func run() throws {
    let output = options.output
    let a = try BundleError.naming(first) { try RecordedRun(opening: first) }
    let b = try BundleError.naming(second) { try RecordedRun(opening: second) }
    let diff = try RunDiff(a, b, ignoring: ignored)
    if let html {
      try WrittenFile.write(
        DiffReport(diff, of: a, and: b).html, to: html, force: writing.force)
    }
    for line in diff.textLines { output.line(line) }
    output.answer(diff.json)
    if !diff.isIdentical { throw ExitStatus.different.exit }
  }
}

extension ComparisonError: ExitStatusProviding {
  var exitStatus: ExitStatus { .usage }
}
