import ArgumentParser
import Bundles
import Foundation
import Reports

/// `regrok show`: the curves and facts of one run.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Draw a run's curves in the terminal and list what it found.")

  @Argument(
    help: ArgumentHelp("A bundle, or the directory of a run, finished or not.", valueName: "path"))
  var path: String

  @Flag(help: "Draw with ASCII characters only.")
  var ascii = false

  @OptionGroup var options: OutputOptions

  func run() throws {
    let output = options.output
    let run = try BundleError.naming(path) { try RecordedRun(opening: path, unfinished: true) }
    let summary = RunSummary(run)
    for line in summary.plots(style) { output.line(line) }
    output.line()
    for line in summary.factLines { output.line(Output.oneLine(line)) }
    output.answer(summary.json)
  }

  private var style: TerminalPlot.Style {
    let environment = ProcessInfo.processInfo.environment
    // The first of these that is set decides, as POSIX has it; an empty one counts as unset.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }
      .first { !$0.isEmpty }
    let isUTF8 = locale.map { $0.lowercased().replacing("-", with: "").contains("utf8") } ?? false
    let isTerminal = Output.standardOutputIsTerminal
    let wantsColor = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    return TerminalPlot.Style(
      width: isTerminal ? min(Output.terminalWidth, 120) : 80,
      isUnicode: isUTF8 && !ascii, isColored: isTerminal && wantsColor)
  }
}
