import Analysis
import Archive
import ArgumentParser
import Bundles
import Digests
import Reports
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `regrok claims`: a file of claims, held against sealed runs.
struct ClaimsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "claims",
    abstract: "Hold claims against the runs of a directory.",
    discussion: """
      DIR/claims.yaml says what is claimed, which runs are looked at and what decides \
      (SPEC.md, "Claims", which has one of twenty lines). Its experiments' runs are found among the bundles and the \
      directories of finished runs in the folders that it names, by their configs; a view under another log interval or \
      stop rule is derived where a run logged the trajectory finely enough. Every claim gets a verdict by the interval of its \
      headline. Claims on spectra take what `regrok spectrum` has written to a folder spectra. What cannot \
      be read or is no run is named and left out. Nothing is executed. \
      \(HelpTopic.readsInPart)
      """)

  @Argument(help: ArgumentHelp("A directory with runs, and with claims.yaml.", valueName: "dir"))
  var directory: String

  @Option(help: ArgumentHelp("Another file of claims.", valueName: "file"))
  var claims: String?

  @Option(help: ArgumentHelp("Say how the verdict on one claim came about.", valueName: "number"))
  var why: Int?

  @Option(
    help: ArgumentHelp(
      "A directory with published results, which the file of claims says how to read.",
      valueName: "data"))
  var published: String?

  @Option(
    name: .customShort("o", allowingJoined: true),
    help: ArgumentHelp(
      """
      Also write the report: an .html page with figures, an .md table of the verdicts, or an .svg with \
      the main figures and the verdicts. May be repeated.
      """,
      valueName: "report"))
  var reports: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      The page that performs runs again, as the report is to write its address (../replay.html); each \
      bundle's path in it leads there.
      """,
      valueName: "address"))
  var page: String?

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
    let path = claims ?? directory + "/claims.yaml"
    if claims == nil, unsafe access(path, F_OK) != 0 {
      throw CommandFailure(
        .inputOutput, "\(path): \(Output.errorText(errno)); --claims names another file of claims")
    }
    let file = try ClaimsFile(path: path)
    if let why, !file.claims.contains(where: { $0.id == why }) {
      throw CommandFailure(.usage, "--why \(why): there is no claim of this number")
    }
    var collection = try RunCollection(
      file.folders.map { $0 == "." ? directory : directory + "/" + $0 }, unfinished: false,
      most: 100_000)
    let spectra = collection.takeSpectra()
    try collecting.tell(collection)
    let recorded = collection.runs
    let runs = try Evidence(file, runs: recorded, spectra: spectra)
    let released = try published.map { try Evidence(published: $0, as: file) }
    let table = ClaimsTable(file, runs: runs, released: released)
    for report in reports {
      let text =
        if report.hasSuffix(".md") {
          table.markdown
        } else if report.hasSuffix(".svg") {
          Headline(table: table, runs: runs).svg
        } else {
          ClaimsReport(
            table: table, runs: runs, released: released, files: files(of: recorded), page: page
          ).html
        }
      try WrittenFile.write(text, to: report, force: writing.force)
    }
    if let why {
      for line in table.explanation(of: why) ?? [] { output.line(line) }
    } else if runs.isEmpty && released == nil {
      output.line(
        "None of the runs that \(path) looks at is among the "
          + "\(Figures.count(recorded.count, "run")) found: "
          + "\(Figures.count(table.results.count, "claim")) not tested.")
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
    case .noSpectrum, .claims: .usage
    case .unsupported, .notPredictable: .impossibleHere
    }
  }
}
