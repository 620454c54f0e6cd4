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
    abstract: "Test claims against the runs in a directory.",
    discussion: """
      DIR/claims.yaml says what is claimed, which runs count, and which number decides. README.md \
      has an example; SPEC.md, "Claims", has the whole format. The runs are found by their \
      configs, among the bundles and finished run directories in the folders that the file names. \
      A run that was logged finely enough also serves as one with a coarser log interval or \
      another stop rule. Each claim gets a verdict from the confidence interval of its deciding \
      number.

      Claims on spectra need the files that `regrok spectrum` writes to DIR/spectra. Files that \
      cannot be read or are not runs are named on stderr and left out. Nothing is executed, and \
      only -o writes a file. \(HelpTopic.readsInPart)

      Examples:

        regrok claims bundles/paper
        regrok claims bundles/paper --why 7
        regrok claims bundles/paper -o report.html -o report.md
      """)

  @Argument(help: ArgumentHelp("A directory with runs and claims.yaml.", valueName: "dir"))
  var directory: String

  @Option(help: ArgumentHelp("The file of claims (default: DIR/claims.yaml).", valueName: "file"))
  var claims: String?

  @Option(
    help: ArgumentHelp("Explain the verdict on the claim of this number.", valueName: "number"))
  var why: Int?

  @Option(
    help: ArgumentHelp(
      "A directory with published results; the file of claims says how to read them.",
      valueName: "data"))
  var published: String?

  @Option(
    name: [.customShort("o", allowingJoined: true), .customLong("output")],
    help: ArgumentHelp(
      """
      Also write a report: an .html page with figures, an .md table of the verdicts, or an .svg \
      with the main figures and the verdicts. May be repeated.
      """,
      valueName: "report"))
  var reports: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      The address of the page that performs runs again, seen from the report, e.g. \
      ../replay.html. The report then links each bundle to it.
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
    try BundleError.refusePipe(directory)
    guard unsafe access(directory, F_OK) == 0 else {
      throw CommandFailure(.inputOutput, "\(directory): \(Output.errorText(errno))")
    }
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
      most: 100_000, inEach: false)
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
    case .anotherKind, .unsupported, .notPredictable: .impossibleHere
    }
  }
}
