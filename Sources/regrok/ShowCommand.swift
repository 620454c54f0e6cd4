import Archive
import ArgumentParser
import Bundles
import Reports

/// `regrok show`: the curves and facts of one run.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Draw a run's curves in the terminal and list its results.",
    discussion: """
      Draws accuracy, loss and squared norm over the steps, or the columns of a program's metrics. \
      Below the charts it lists the config, the results and the files of the run. Writes no file.

      \(HelpTopic.readsInPart)

      Example:

        regrok show runs/first
      """)

  @Argument(
    help: ArgumentHelp("A bundle or a run directory, finished or not.", valueName: "path"))
  var path: String

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @OptionGroup var options: OutputOptions

  func run() throws {
    let output = options.output
    switch try BundleError.naming(path, { try OpenedRun(opening: path, unfinished: true) }) {
    case .trainer(let run):
      let summary = RunSummary(run)
      for line in summary.plots(style) { output.drawing(line) }
      output.line()
      for line in summary.factLines(columns: Terminal.outputColumns) { output.line(line) }
      output.answer(summary.json)
    case .program(let run):
      let summary = ProgramSummary(run)
      for line in summary.plots(style, shown: TerminalText.escaped) { output.drawing(line) }
      output.line()
      for line in summary.factLines(columns: Terminal.outputColumns) { output.line(line) }
      output.answer(summary.json)
    }
  }

  private var style: TerminalPlot.Style {
    TerminalPlot.Style(
      width: min(Terminal.outputColumns ?? 80, 120), isUnicode: TerminalText.isUTF8 && !ascii,
      isColored: Terminal.isOnOutput && Terminal.isRich)
  }
}
