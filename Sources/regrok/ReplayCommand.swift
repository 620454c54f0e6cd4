import Archive
import ArgumentParser
import Bundles
import Replay
import Reports
import RunRecords
import Training

/// `regrok replay`: performs a recorded run again and compares every bit of its record.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Perform a recorded run again and compare it with its record, bit for bit.",
    discussion: """
      Two different things are shown. Of a run of our own trainer: any machine must get these bits. \
      Of a program's run: this machine got them again.

      Compares every row of metrics and hashes, every checkpoint and the outcome, and stops at the \
      first difference: its step, column and values, and where a checkpoint is stored its tensor \
      and element. Ends with 0 when all is identical, 1 at a difference, 2 when the bundle is \
      damaged, 4 when this program does not have the run's numerics.

      A program's run is executed only with --execute: its bundle may come from anybody, and nothing \
      in it can stand for your consent. It runs in a fresh directory with the sealed inputs; its \
      curves are compared as they come, and it is ended at the first difference. Ends with 5 when \
      what differs lies within the tolerance or the spread that were sealed with it, 4 when it \
      cannot be run or judged here.

      With --attest it signs what it found, a difference too, and writes an in-toto statement \
      beside the bundle, RESULT16.KEY8.STATEMENT8.replay.json, and its signature, the same with \
      .sig. It says nothing of the user, the machine's name or folders. Put both where others look \
      for them: verify --replays counts them.
      """)

  @Argument(
    help: ArgumentHelp("A bundle, or the directory of a finished run.", valueName: "bundle"))
  var path: String

  @Option(
    help: """
      Threads that compute: for segments between stored checkpoints that are replayed at once, or \
      together on one after the other, whichever a first timing finds faster. (default: one for \
      each processor)
      """)
  var jobs: Int?

  @Option(
    help: ArgumentHelp(
      "Write all results, each checkpoint computed anew, to this new directory.", valueName: "dir"))
  var fill: String?

  @Option(
    help: ArgumentHelp(
      "Replay only so many of the segments between stored checkpoints, chosen by the bundle's identity and a seed.",
      valueName: "k"))
  var sample: Int?

  @Option(
    help: ArgumentHelp("The same, as many as take about that long.", valueName: "minutes"))
  var budget: Double?

  @Option(help: "The seed of that choice (default: a new one, so that nobody can know it before).")
  var seed: UInt64?

  @Flag(help: "Execute the program of a program's run. It may do whatever you may.")
  var execute = false

  @Flag(
    help: "Execute it in bubblewrap: no network, nothing written but its own directories.")
  var sandbox = false

  @Option(
    help: ArgumentHelp(
      "Where the inputs lie that were sealed by their digests alone.", valueName: "dir"))
  var inputs: String?

  @Option(
    help: ArgumentHelp(
      "Let the program come to its end, and keep what it gives in this new directory.",
      valueName: "dir"))
  var keep: String?

  @Flag(help: "Compare a program's bits alone: no tolerance and no spread covers a difference.")
  var bits = false

  @Option(
    help: ArgumentHelp(
      "Execute only what one of these has signed (the format is in ssh-keygen's manual).",
      valueName: "file"))
  var allowedSigners: String?

  @Option(
    help: ArgumentHelp(
      """
      Sign a statement on what this finds with this SSH key, through ssh-keygen (a public key's \
      file: with the agent).
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
      throw ValidationError("--sample and --budget exclude each other")
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
        .usage, "\(path): \(name) is for a program's run, and this is one of the trainer here")
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
      jobs: jobs ?? RunEnvironment.processors, extent: extent
    ) { step, bytes in try results?.add(checkpoint: bytes, step: step) }
    let showsProgress = Terminal.canRedraw
    let report = try replay.perform { estimate in
      let segments = estimate.segments
      let way = segments > 1 ? " in \(segments) segments, " : " "
      Output.writeError(
        "\(Figures.count(estimate.steps, "step"))\(way)\(estimate.division.words(segments: segments)): "
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
      // Said in the answer already; one line on stderr says it, too.
      Output.writeError("\(Software.name): \(path): \(obstacle)")
      throw ExitStatus.impossibleHere.exit
    }
  }

  /// Signs and writes the statement where that was asked for; then answers.
  func answer(
    _ answer: CanonicalJSON, attesting statement: @autoclosure () throws -> ReplayStatement?
  ) throws {
    let output = options.output
    guard case .object(var members) = answer else { preconditionFailure("no object") }
    if let attest, let statement = try statement() {
      let file = try StatementFile.write(statement, beside: path, signedBy: attest)
      output.line("attested \(file)")
      members["statement"] = .string(file)
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
