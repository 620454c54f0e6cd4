import Analysis
import ArgumentParser
import Bundles
import Reports
import RunRecords

/// `regrok claims`: the paper's claims, held against sealed runs.
struct ClaimsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claims",
    abstract: "Hold the claims of arXiv 2603.13331 against the bundles of a directory.",
    discussion: """
      Finds the paper's runs among the bundles below DIR by their configs; a view under another log \
      interval or stop rule is derived where a bundle logged the trajectory finely enough. Every \
      claim gets its published value, ours with a bootstrap interval, and a verdict; a claim whose \
      runs are not there is not tested. The claims on spectra take what `regrok spectrum` has \
      written to a folder spectra below DIR. Nothing is executed.
      """)

  @Argument(help: ArgumentHelp("A directory with bundles.", valueName: "dir"))
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

  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    for report in reports where ![".html", ".md", ".svg"].contains(where: report.hasSuffix) {
      throw ValidationError("-o \(report): its name must end in .html, .md or .svg.")
    }
  }

  func run() throws {
    let output = options.output
    let recorded = try RecordedRun.all(in: directory)
    let runs = try Evidence(
      runs: recorded, spectra: try RunSpectra.all(in: directory, of: recorded))
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
    for line in table.textLines { output.line(line) }
    output.answer(table.json)
  }

  /// The paths below the directory, by the bundles' identities.
  private func files(of runs: [RecordedRun]) -> [String: String] {
    let below = runs.compactMap { run in
      run.identities.map { ($0.bundle.hex, String(run.path.dropFirst(directory.count + 1))) }
    }
    return Dictionary(below) { first, _ in first }
  }
}

extension RecordedRun {
  /// The runs of all bundles in a directory and below it, sorted by path.
  static func all(in directory: String) throws -> [RecordedRun] {
    try Evidence.bundles(in: directory).map { path in
      try BundleError.naming(path) { try RecordedRun(opening: path) }
    }
  }
}

extension AnalysisError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .unreadable, .noRuns: .inputOutput
    case .foreign: .damaged
    case .noSpectrum: .usage
    case .notPredictable: .impossibleHere
    }
  }
}
