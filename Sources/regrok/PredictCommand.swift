import Analysis
import Archive
import ArgumentParser
import Bundles
import Reports
import RunRecords

/// `regrok predict`: when a run that has memorised is going to grok.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict when a run that has memorised will grok.",
    discussion: """
      Prints several predictions of the delay between memorisation and grokking: Algorithm 1 of \
      arXiv 2603.13331, once for each meaning of γ, and two simple ones to compare with: the mean \
      delay, and the first passage, log(V_mem/V*) / (2κηλ). V* is the mean V at T_grok, and κ says \
      how fast V fell up to there, in units of 2ηλ.

      With --calibrate, V_post, V*, κ and the mean delay come from the runs in DIR that have \
      another seed and otherwise the same config as this run; only their stop rule, max_steps and \
      checkpoint_interval may differ, too. Each result counts once. Without it, V_post and the \
      mean delay come from the paper's tables, if these have such runs; V* and κ are not in them. \
      Files that cannot be read are named on stderr and left out. Writes no file. \
      \(HelpTopic.readsInPart)

      Examples:

        regrok predict runs/base
        regrok predict runs/base --calibrate runs
      """)

  @Argument(
    help: ArgumentHelp("A bundle or a run directory, finished or not.", valueName: "path"))
  var path: String

  @Option(
    help: ArgumentHelp(
      "A directory with finished runs that give V_post, V*, κ and the mean delay.",
      valueName: "dir"))
  var calibrate: String?

  @OptionGroup var collecting: CollectingOptions
  @OptionGroup var options: OutputOptions

  func run() throws {
    let output = options.output
    let opened = try BundleError.naming(path) { try OpenedRun(opening: path, unfinished: true) }
    guard case .trainer(let run) = opened else {
      throw CommandFailure(
        .impossibleHere, "\(path): it is \(opened.kind.noun), for which there is no prediction")
    }
    if let calibrate { try BundleError.refusePipe(calibrate) }
    let calibration = try calibrate.map { try RunCollection([$0], unfinished: false) }
    if let calibration { try collecting.tell(calibration) }
    let forecast = try DelayForecast(of: run, calibratedOn: calibration?.runs)
    for line in forecast.textLines { output.line(line) }
    output.answer(calibration?.adding(to: forecast.json) ?? forecast.json)
  }
}
