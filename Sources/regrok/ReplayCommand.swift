import Archive
import ArgumentParser
import Bundles
import Files
import Replay
import Reports
import RunRecords
import Training

/// `regrok replay`: performs a recorded run again and compares every bit of its record.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Perform a recorded run again and compare it bit for bit.",
    discussion: """
      Checks a bundle as verify does, then performs its run again. Compares every row of metrics \
      and hashes, every checkpoint and the outcome. Stops at the first difference and shows its \
      step, column and both values; if a checkpoint is stored there, also the tensor and the \
      element. For a run of regrok's own trainer, any machine must get these bits.

      Ends with 0 if all is identical, 1 at a difference, 2 if the bundle is damaged, and 4 if \
      this version of regrok does not have the run's arithmetic.

      A program's run is executed only with --execute, because its bundle may come from anybody. \
      It runs in a new directory with the sealed inputs. Its curves are compared as they appear, \
      and at the first difference the program is ended. Ends with 5 if all differences lie within \
      the tolerance or the spread that the bundle declares, and with 4 if the program cannot be \
      run or judged here. Identical here means that this machine got the same bits again.

      Writes nothing unless asked: --fill and --keep write a new directory. --attest signs the \
      result, also a difference, and writes two files beside the bundle: an in-toto statement, \
      RESULT16.KEY8.STATEMENT8.replay.json, and its signature, the same name with .sig. They do \
      not name the user, the machine or its folders. Publish both; `regrok verify --replays` \
      counts them. If signing fails, the result is told all the same, and the command ends with \
      the status of that failure.

      Examples:

        regrok replay runs/first.tar.zst
        regrok replay long.tar.zst --sample 3
        regrok replay program.tar.zst --execute --sandbox
      """)

  @Argument(
    help: ArgumentHelp("A bundle, or the directory of a finished run.", valueName: "bundle"))
  var path: String

  @Option(
    help: """
      Threads that compute (default: one for each CPU). They work on several segments between \
      stored checkpoints at once, or together on one segment, whichever a short timing finds \
      faster.
      """)
  var jobs: Int?

  @Option(
    help: ArgumentHelp(
      "Write all results to this new directory, with all checkpoints computed again.",
      valueName: "dir"))
  var fill: String?

  @Option(
    help: ArgumentHelp(
      """
      Replay only this many of the segments between stored checkpoints. The bundle's identity and \
      a seed choose them.
      """,
      valueName: "k"))
  var sample: Int?

  @Option(
    help: ArgumentHelp(
      "Like --sample, with as many segments as take about this long.", valueName: "minutes"))
  var budget: Double?

  @Option(help: "The seed of that choice (default: a random one, so that nobody can predict it).")
  var seed: UInt64?

  @Flag(help: "Allow a program's run to be executed. The program can do anything that you can do.")
  var execute = false

  @Flag(
    help: "Execute it in bubblewrap: no network, and it can write only in its own directories.")
  var sandbox = false

  @Option(
    help: ArgumentHelp(
      "The directory with the inputs of which the bundle has only the digests.", valueName: "dir"))
  var inputs: String?

  @Option(
    help: ArgumentHelp(
      "Let the program run to its end, and keep its results in this new directory.",
      valueName: "dir"))
  var keep: String?

  @Flag(help: "Compare the bits of a program's run: no tolerance or spread excuses a difference.")
  var bits = false

  @Option(
    help: ArgumentHelp(
      "Execute the program only if one of these signers (ssh-keygen's format) signed it.",
      valueName: "file"))
  var allowedSigners: String?

  @Option(
    help: ArgumentHelp(
      """
      Sign a statement of the result with this SSH key, using ssh-keygen. For a key in the agent, \
      give its .pub file.
      """, valueName: "key"))
  var attest: String?

  @OptionGroup var options: OutputOptions

  func validate() throws {
    if let sample, sample < 1 {
      throw ValidationError("--sample has to be at least 1, not \(sample)")
    }
    if let budget, !(budget > 0 && budget <= 1e6) {
      throw ValidationError("--budget has to be above 0 and at most 1e6 minutes, not \(budget)")
    }
    if sample != nil && budget != nil {
      throw ValidationError("--sample and --budget cannot be used together")
    }
    if seed != nil && sample == nil && budget == nil {
      throw ValidationError("--seed is for --sample and --budget")
    }
    if fill != nil && (sample != nil || budget != nil) {
      throw ValidationError("--fill needs the whole run, not a sample")
    }
    if let jobs, !(1...256).contains(jobs) {
      throw ValidationError("--jobs has to be 1 to 256, not \(jobs)")
    }
  }

  func run() throws {
    let opened = try BundleError.naming(path) { try OpenedRun(opening: path) }
    if let attest {
      guard opened.identities != nil else {
        throw CommandFailure(.usage, "\(path): --attest needs a bundle, not a run directory")
      }
      try StatementFile.check(key: attest)
      try WrittenFile.checkFolder(of: path)
    }
    switch opened {
    case .trainer(let run): try replay(run)
    case .program(let run): try replay(run)
    }
  }

  private func replay(_ run: RecordedRun) throws {
    let options = [
      ("--execute", execute), ("--sandbox", sandbox), ("--inputs", inputs != nil),
      ("--keep", keep != nil), ("--bits", bits), ("--allowed-signers", allowedSigners != nil),
    ]
    if let (name, _) = options.first(where: \.1) {
      throw CommandFailure(
        .usage, "\(path): \(name) is only for a program's run; this is a run of regrok's trainer")
    }
    let output = self.options.output
    try BundleError.naming(path) {
      let progress = WorkProgress("verifying \(path)")
      try run.verify(progress: progress.update)
      progress.clear()
    }
    let extent = extent
    if run.identities == nil && (fill != nil || extent != .whole) {
      throw CommandFailure(
        .usage, "\(path): --fill, --sample and --budget need a bundle, not a run directory")
    }
    if fill != nil { Interruption.removeUnfinishedFiles() }
    let results = try fill.map { fill in
      try BundleError.naming(path) {
        try ResultsDirectory(path: fill, reader: try BundleReader(path: path))
      }
    }
    let replay = Replay(
      run, with: TrainerReexecutor(),
      jobs: jobs ?? Machine.processors, extent: extent
    ) { step, bytes in try results?.add(checkpoint: bytes, step: step) }
    let showsProgress = Terminal.canRedraw
    let report = try replay.perform { estimate in
      let segments = estimate.segments
      let way = segments > 1 ? " in \(segments) segments, " : " "
      Output.writeError(
        "\(Figures.count(estimate.steps, "step"))\(way)"
          + "\(estimate.division.words(segments: segments)): "
          + "about \(Figures.time(left: estimate.seconds))")
    } progress: { progress in
      guard showsProgress else { return }
      var text = "\(progress.stepsDone) of \(progress.stepsTotal) steps"
      if let left = progress.secondsLeft {
        text += ", \(Figures.time(left: left)) left"
      }
      LiveLines.draw(text)
    }
    if showsProgress { LiveLines.clearLine() }
    if case .identical = report.verdict { try results?.appear() }
    for line in report.textLines { output.line(line) }
    try answer(report.json, attesting: try report.statement(on: run))
    switch report.verdict {
    case .identical: return
    case .different: throw ExitStatus.different.exit
    case .impossible(let obstacle):
      // The answer says it already; stderr gets it as one line.
      Output.writeError("\(Software.name): \(path): \(obstacle)")
      throw ExitStatus.impossibleHere.exit
    }
  }

  /// Signs and writes the statement where that was asked for; then answers. If that fails, the
  /// answer says so, and the command ends with that failure's status: what the replay has found,
  /// perhaps in hours, is told in any case.
  func answer(
    _ answer: CanonicalJSON, attesting statement: @autoclosure () throws -> ReplayStatement?
  ) throws {
    let output = options.output
    guard case .object(var members) = answer else { preconditionFailure("no object") }
    do {
      if let attest, let statement = try statement() {
        let file = try StatementFile.write(statement, beside: path, signedBy: attest)
        output.line("attested \(file)")
        members["statement"] = .string(file)
      }
    } catch let failure as any ExitStatusProviding {
      members["error"] = .string("\(failure)")
      members["status"] = CanonicalJSON(Int(failure.exitStatus.rawValue))
      output.answer(.object(members))
      Output.writeError("\(Software.name): \(failure)")
      throw failure.exitStatus.exit
    }
    output.answer(.object(members))
  }

  private var extent: ReplayExtent {
    let seed = seed ?? UInt64.random(in: 0...UInt64.max)
    if let sample { return .sample(count: sample, seed: seed) }
    return budget.map { .budget(seconds: 60 * $0, seed: seed) } ?? .whole
  }
}

extension ReplayError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .unreadable: .inputOutput
    case .record: .damaged
    }
  }
}
