import ArgumentParser
import Bundles
import Foundation
import Reports
import RunRecords

/// `regrok report`: the curves of any runs over each other.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw the curves of any runs over each other, as one HTML page.",
    discussion: """
      The page has accuracies, losses and V = ‖θ‖² over the steps, a table of what differs in \
      configs and outcomes, and the identities of the bundles. It needs nothing else: no script, \
      no network. Up to seven runs have a colour each; more are coloured by the key of the config that \
      has the most values, or by the one that --by names. Nothing is executed.
      """)

  @Argument(
    help: ArgumentHelp(
      "Bundles, directories of runs, finished or not, or directories with bundles below them.",
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

  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard report.hasSuffix(".html") else {
      throw ValidationError("-o \(report): its name must end in .html.")
    }
  }

  func run() throws {
    let output = options.output
    let runs = try paths.flatMap(Self.runs)
    guard let page = RunsReport(runs, by: key) else {
      throw CommandFailure(.usage, "--by \(key ?? ""): no run has this key in its config")
    }
    try WrittenFile.write(page.html, to: report, force: writing.force)
    output.line("\(report): \(Figures.count(runs.count, "run")). \(page.summary)")
    output.answer(page.json)
  }

  /// The run at a path; of a directory that is none, all bundles below it.
  private static func runs(at path: String) throws -> [RecordedRun] {
    var isDirectory = ObjCBool(false)
    let files = FileManager.default
    let exists = unsafe files.fileExists(atPath: path, isDirectory: &isDirectory)
    if exists && isDirectory.boolValue && !files.fileExists(atPath: path + "/config.json") {
      return try RecordedRun.all(in: path)
    }
    return [try BundleError.naming(path) { try RecordedRun(opening: path, unfinished: true) }]
  }
}
