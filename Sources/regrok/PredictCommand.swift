import Analysis
import Archive
import ArgumentParser
import Bundles
import Reports

/// `regrok predict`: when a run that has memorised is going to grok.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict from a run's memorisation when it groks.",
    discussion: """
      Algorithm 1 of arXiv 2603.13331 with each meaning of γ, beside what it has to beat: the mean \
      delay, and the first passage of the norm. V_post and the mean delay come from the runs \
      of --calibrate that differ in the seed alone, each result once, or else from the paper's \
      tables. What of them cannot be read is named and left out. \(HelpTopic.readsInPart)
      """)

  @Argument(
    help: ArgumentHelp("A bundle, or the directory of a run, finished or not.", valueName: "path"))
  var path: String

  @Option(help: ArgumentHelp("A directory with finished runs to calibrate on.", valueName: "dir"))
  var calibrate: String?

  @OptionGroup var collecting: CollectingOptions
  @OptionGroup var options: OutputOptions

  func run() throws {
    let output = options.output
    let run = try BundleError.naming(path) { try RecordedRun(opening: path, unfinished: true) }
    let calibration = try calibrate.map { try RunCollection([$0], unfinished: false) }
    if let calibration { try collecting.tell(calibration) }
    let forecast = try DelayForecast(of: run, calibratedOn: calibration?.runs)
    for line in forecast.textLines { output.line(line) }
    output.answer(calibration?.adding(to: forecast.json) ?? forecast.json)
  }
}
