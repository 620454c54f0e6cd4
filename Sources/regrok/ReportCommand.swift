import Analysis
import Archive
import ArgumentParser
import Bundles
import Digests
import Replay
import Reports
import RunRecords

/// `regrok report`: the curves of any runs over each other.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw the curves of many runs in one HTML page.",
    discussion: """
      The page has charts of accuracies, losses and V = ‖θ‖² over the steps, a table of what \
      differs in the configs and outcomes, and the identities of the bundles. It is one file and \
      needs no network. The charts show the values under the pointer or by the arrow keys.

      Up to seven runs have a colour each. More runs are coloured by the key of the config that \
      has the most values, or by the key that --by names. If several files hold the same result, \
      it is drawn once. Files that cannot be read or are not runs are named on stderr and left \
      out. Each column of a program's metrics is drawn under its name, together with the same \
      column of other runs. With --replays the page also says who has performed each sealed run \
      again, and whether it was identical.

      Nothing is executed. \(HelpTopic.readsInPart)

      Examples:

        regrok report runs -o report.html
        regrok report bundles -o report.html --by optimizer.weight_decay
      """)

  @Argument(
    help: ArgumentHelp(
      "Bundles, run directories (finished or not), or folders that contain these.",
      valueName: "path"))
  var paths: [String]

  @Option(
    name: [.customShort("o", allowingJoined: true), .customLong("output")],
    help: ArgumentHelp("The page to write; its name ends in .html.", valueName: "report"))
  var report: String

  @Option(
    name: .customLong("by"),
    help: ArgumentHelp(
      "Colour by this key of the config, e.g. optimizer.weight_decay.", valueName: "key"))
  var key: String?

  @OptionGroup var witnessing: WitnessOptions
  @OptionGroup var collecting: CollectingOptions
  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard report.hasSuffix(".html") else {
      throw ValidationError("-o \(report): its name must end in .html.")
    }
    if witnessing.replays == nil && witnessing.allowedSigners != nil {
      throw ValidationError("--allowed-signers is for --replays")
    }
  }

  func run() throws {
    let output = options.output
    for path in paths { try BundleError.refusePipe(path) }
    let collection = try RunCollection(
      paths, unfinished: true, kinds: Set(RunKind.allCases))
    try collecting.tell(collection)
    let runs = collection.opened
    guard let page = RunsReport(runs, by: key, witnesses: try witnesses(of: runs)) else {
      throw CommandFailure(.usage, "--by \(key ?? ""): no run has this key in its config")
    }
    try WrittenFile.write(page.html, to: report, force: writing.force)
    output.line("\(report): \(Figures.count(runs.count, "run")). \(page.summary)")
    output.answer(collection.adding(to: page.json))
  }

  /// By the identity of the result; nothing is said of runs that are not sealed.
  private func witnesses(of runs: [OpenedRun]) throws -> [Digest: Witnesses] {
    guard let directory = try witnessing.directory else { return [:] }
    var witnesses: [Digest: Witnesses] = [:]
    for run in runs where run.identities != nil {
      let reader = try BundleReader(path: run.path)
      witnesses[reader.identity.result] = try directory.witnesses(of: reader)
    }
    return witnesses
  }
}
