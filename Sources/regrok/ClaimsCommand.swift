import Analysis
import ArgumentParser
import Bundles
import Reports
import RunRecords

/// `regrok claims`: the paper's claims, held against sealed runs.
struct ClaimsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claims",
    abstract: "Hold the claims of arXiv 2603.13331 against the runs of a directory.",
    discussion: """
      Finds the paper's runs among the bundles and the directories of finished runs below DIR by \
      their configs; a view under another log \
      interval or stop rule is derived where a run logged the trajectory finely enough. Every \
      claim gets its published value, ours with a bootstrap interval, and a verdict; a claim whose \
      runs are not there is not tested. The claims on spectra take what `regrok spectrum` has \
      written to a folder spectra below DIR. What cannot be read or is no run is named and left out. \
      Nothing is executed.
      """)

  @Argument(help: ArgumentHelp("A directory with runs.", valueName: "dir"))
  var directory: String

  @Option(
    help: ArgumentHelp(
      "The authors' released results (full_results1.json to full_results10.json).",
      valueName: "data"))
  var published: String?

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp(
      """
      Also write the report: an .html page with figures, an .md table of the verdicts, or an .svg with \
      the two main figures and the verdicts. May be repeated.
      """,
      valueName: "report"))
  var reports: [String] = []

  @OptionGroup var collecting: CollectingOptions
  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    for report in reports where ![".html", ".md", ".svg"].contains(where: report.hasSuffix) {
      throw ValidationError("-o \(report): its name must end in .html, .md or .svg.")
    }
  }

  func run() throws {
    let output = options.output
    var collection = try RunCollection([directory], unfinished: false)
    let spectra = collection.takeSpectra()
    try collecting.tell(collection)
    let recorded = collection.runs
    let runs = try Evidence(runs: recorded, spectra: spectra)
    let released = try published.map { try Evidence(releasedData: $0) }
    let table = ClaimsTable(runs: runs, released: released)
    for report in reports {
      let text =
        if report.hasSuffix(".md") {
          table.markdown
        } else if report.hasSuffix(".svg") {
          Headline(table: table, runs: runs).svg
        } else {
          ClaimsReport(
            table: table, runs: runs, released: released, files: files(of: recorded)
          ).html
        }
      try WrittenFile.write(text, to: report, force: writing.force)
    }
    if runs.isEmpty && released == nil {
      output.line(
        "None of the paper's runs is among the \(Figures.count(recorded.count, "run")) below "
          + "\(directory): \(table.results.count) claims, "
          + "\(table.results.count) not tested.")
    } else {
      for line in table.textLines { output.line(line) }
    }
    output.answer(collection.adding(to: table.json))
  }

  /// The paths below the directory, by the bundles' identities.
  private func files(of runs: [RecordedRun]) -> [String: String] {
    let root = directory.hasSuffix("/") ? directory : directory + "/"
    let below = runs.compactMap { run in
      run.identities.map { ($0.bundle.hex, String(run.path.trimmingPrefix(root))) }
    }
    return Dictionary(below) { first, _ in first }
  }
}

extension AnalysisError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .unreadable, .noRuns: .inputOutput
    case .foreign: .damaged
    case .noSpectrum: .usage
    case .unsupported, .notPredictable: .impossibleHere
    }
  }
}
