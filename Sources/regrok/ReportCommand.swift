import Analysis
import ArgumentParser
import Reports
import RunRecords

/// `regrok report`: the curves of any runs over each other.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw the curves of any runs over each other, as one HTML page.",
    discussion: """
      The page has accuracies, losses and V = ‖θ‖² over the steps, a table of what differs in \
      configs and outcomes, and the identities of the bundles. It needs nothing else, and no \
      network; its charts tell the values under the pointer or by the arrow keys. Up to seven runs \
      have a colour each; more are coloured by the key of the config that has the most values, or \
      by the one that --by names. A result that several files hold is drawn once; what cannot be \
      read or is no run is named and left out. Of programs' runs each column is drawn by its name, \
      also over those of other runs. Nothing is executed.
      """)

  @Argument(
    help: ArgumentHelp(
      "Bundles, directories of runs, finished or not, or directories with either below them.",
      valueName: "path"))
  var paths: [String]

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp("Where the page goes; its name ends in .html.", valueName: "report"))
  var report: String

  @Option(
    name: .customLong("by"),
    help: ArgumentHelp(
      "Colour by this key of the config, e.g. optimizer.weight_decay.", valueName: "key"))
  var key: String?

  @OptionGroup var collecting: CollectingOptions
  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard report.hasSuffix(".html") else {
      throw ValidationError("-o \(report): its name must end in .html.")
    }
  }

  func run() throws {
    let output = options.output
    let collection = try RunCollection(
      paths, unfinished: true, kinds: Set(RunKind.allCases))
    try collecting.tell(collection)
    let runs = collection.opened
    guard let page = RunsReport(runs, by: key) else {
      throw CommandFailure(.usage, "--by \(key ?? ""): no run has this key in its config")
    }
    try WrittenFile.write(page.html, to: report, force: writing.force)
    output.line("\(report): \(Figures.count(runs.count, "run")). \(page.summary)")
    output.answer(collection.adding(to: page.json))
  }
}
