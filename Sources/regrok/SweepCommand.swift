import Analysis
import ArgumentParser
import Configs
import Digests
import Files
import Programs
import Reports
import RunRecords
import Sweeps
import Training

/// `regrok sweep`: performs the runs of a plan, and seals each.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Perform all runs of a plan; seal each one in a thin bundle.",
    discussion: """
      Each run is sealed in DIR as a bundle, <run id>.tar.zst, and is not run again. Bundles that \
      exist are verified. Runs that differ only in the log interval or the stop rule are computed \
      once. `regrok help plans` shows a plan.

      A sweep may be stopped at any moment and started again by the same command. Ctrl-C (SIGINT) \
      and SIGTERM save the states first. If a run fails, the failure is reported and the other \
      runs are done. The command then ends with 6, or with the status of the worst cause.

      Any number of processes may work on one directory, on any number of machines that see it. \
      Start the same command with --worker, or use the script that --slurm prints. Each worker \
      takes a run that no other has, the longest first, and continues the runs of workers that \
      were killed. If two workers get different results for one config, the sweep stops and keeps \
      both. `regrok help engines` shows this for Slurm, GNU parallel, ssh and Kubernetes.

      A plan may name a program file, as `regrok record -f` takes it, in place of a preset. Then \
      the plan sets keys of the program's config, and each run is recorded and sealed as a full \
      bundle.

      With --json, stdout has one JSON object a line.

      Examples:

        regrok sweep plan.yaml -o out --dry-run
        regrok sweep plan.yaml -o out
      """)

  @Argument(help: "A plan in YAML; - is standard input.")
  var plan: String

  @Option(
    name: .output,
    help: ArgumentHelp("The folder for the bundles (default: the plan's folder).", valueName: "dir")
  )
  var output: String?

  @Option(
    help: ArgumentHelp(
      """
      A file of claims. Its digest is sealed in each new bundle, as the plan's is, to show that \
      the claims are older than the run (default: claims.yaml in the plan's folder, if there is \
      one).
      """, valueName: "file"))
  var claims: String?

  @Option(
    help: ArgumentHelp(
      """
      How many runs at once (default: one for each CPU; one at a time if they are programs). \
      Several programs run at once only if the disk has room for all that their limits allow \
      them to write.
      """, valueName: "n"))
  var jobs: Int?

  @Flag(
    help: """
      Also seal programs that failed. Otherwise the next call tries them again. Either way a \
      failure ends the command with 6.
      """)
  var keepFailed = false

  @Flag(help: "Run finished programs once more. A different result is kept beside the first.")
  var again = false

  @Option(
    help: ArgumentHelp(
      """
      The name of a program's input, key or variable that looks like a secret but is not. May be \
      repeated.
      """,
      valueName: "name"))
  var notSecret: [String] = []

  @Flag(
    name: .customLong("dry-run"), help: "Only show what would be done, and how long it would take.")
  var isDryRun = false

  @Option(
    help: ArgumentHelp(
      "Do only part I of N, for the array jobs of a scheduler.", valueName: "i/n"),
    transform: Shard.init(word:))
  var shard: Shard?

  @Flag(
    name: .customLong("worker"),
    help: """
      Work as one of many processes: one run at a time unless --jobs is given, do not verify \
      bundles that exist, and end when other workers have all remaining runs.
      """)
  var isWorker = false

  @Flag(
    name: .customLong("status"),
    help: "Only show what is done, which worker has what, and what is missing.")
  var isStatus = false

  @Flag(
    name: .customLong("clean"),
    help: "Remove DIR/.work, the saved states of unfinished runs.")
  var isCleaning = false

  @Option(
    help: ArgumentHelp(
      """
      Print a script for sbatch that starts this many workers. Arguments after -- are more options \
      for sbatch. Submit the same script again to do what is missing.
      """, valueName: "workers"))
  var slurm: Int?

  @Option(
    help: ArgumentHelp(
      "The time limit of each worker in that script, e.g. 4:00:00.", valueName: "time"))
  var time: String?

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("Options for sbatch, e.g. --partition=long.", valueName: "sbatch options"))
  var scheduler: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      For the estimate of the time: how many steps a second the plan's first run takes on one CPU \
      (default: measured in about two seconds).
      """, valueName: "steps/s"))
  var rate: Double?

  @OptionGroup var options: OutputOptions

  /// A part of the work: the `index`-th of `count`, from 1.
  struct Shard {
    var index: Int
    var count: Int

    init(word: String) throws {
      let parts = word.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
      guard parts.count == 2, let index = parts[0], let count = parts[1],
        (1...100_000).contains(count), (1...count).contains(index)
      else { throw ValidationError("a shard is I/N with I from 1 to N, e.g. 2/10") }
      self.index = index
      self.count = count
    }
  }

  func validate() throws {
    if let jobs, !(1...256).contains(jobs) {
      throw ValidationError("--jobs has to be 1 to 256, not \(jobs)")
    }
    if let rate, !(rate > 0 && rate.isFinite) {
      throw ValidationError("--rate has to be above 0")
    }
    let manners = [
      ("--dry-run", isDryRun), ("--worker", isWorker), ("--status", isStatus),
      ("--clean", isCleaning), ("--slurm", slurm != nil),
    ].filter(\.1).map(\.0)
    if manners.count > 1 {
      throw ValidationError("\(manners[0]) and \(manners[1]) cannot be used together")
    }
    if slurm == nil && (time != nil || !scheduler.isEmpty) {
      throw ValidationError("--time and options after -- are only for --slurm")
    }
    if let slurm { try SlurmScript.check(workers: slurm, time: time, options: scheduler, plan) }
  }

  func run() throws {
    var directory = SweepDirectory(output ?? folderOfPlan)
    if isCleaning { return try clean(directory) }
    let (plan, programs, text) = try readPlan(&directory)
    let sweep = try Sweep(plan, programs: programs, parent: directory.parent)
    warn(of: sweep.cells)
    let before = try digests(of: text)
    let tasks = tasks(of: sweep)
    if isStatus {
      return try show(
        try SweepStatus(tasks, later: sweep.waiting.count, in: directory), of: sweep)
    }
    let jobs = jobs ?? (isWorker || slurm != nil ? 1 : min(256, Machine.processors))
    if isDryRun || slurm != nil {
      let trajectories = tasks.trajectories
      let speed =
        try rate.map { SweepSpeed(stepsPerSecond: $0, ofFirst: trajectories) }
        ?? SweepSpeed(measuring: trajectories, jobs: jobs)
      let report = try SweepReport(
        sweep: sweep, tasks: tasks, directory: directory, jobs: jobs, speed: speed)
      if let slurm { return try writeScript(workers: slurm, jobs: jobs, directory, report) }
      for line in report.lines { options.output.line(line) }
      options.output.answer(report.json)
      return
    }
    // The sweep goes on even if the reader of its output has gone.
    Output.outliveReader()
    let hasPrograms = !tasks.programs.isEmpty
    if hasPrograms {
      InheritedFiles.keepFromChildren()
      Interruption.listenPatiently()
    } else {
      Interruption.listen()
    }
    warnOfThreads(tasks)
    try perform(
      Stage(plan: plan, programs: programs, sweep: sweep), in: directory, jobs: jobs, before)
  }

  private func tasks(of sweep: Sweep) -> [SweepTask] {
    shard.map { sweep.shard($0.index, of: $0.count) } ?? sweep.tasks
  }

  private var programOptions: ProgramOptions {
    var programs = ProgramOptions()
    programs.jobs = jobs ?? 1
    programs.keepsFailed = keepFailed
    programs.performsAgain = again
    programs.demand = { Interruption.demand }
    return programs
  }

  private var style: SweepProgress.Style {
    if options.json { return .json }
    return Terminal.canRedraw && !isWorker ? .table : .lines
  }

  private var folderOfPlan: String {
    // A plan that comes through a pipe has no folder of its own.
    guard InputText.isFile(plan) else { return "." }
    guard let slash = plan.lastIndex(of: "/") else { return "." }
    return slash == plan.startIndex ? "/" : String(plan[..<slash])
  }

  /// The file of claims whose digest is sealed with the runs; nil if there is none.
  var claimsPath: String? {
    let beside = folderOfPlan + "/claims.yaml"
    return claims ?? (InputText.isFile(beside) ? beside : nil)
  }

  /// The digests of the plan and of the claims.
  private func digests(of plan: String) throws -> [String: Digest] {
    var digests = ["plan": Digest(of: Array(plan.utf8))]
    if let path = claimsPath { digests["claims"] = try ClaimsFile(path: path).digest }
    return digests
  }
}

// MARK: Stages

extension SweepCommand {
  /// The part of a plan that can be planned now. A run that branches off when another run has
  /// memorised is planned when that one is sealed.
  private struct Stage {
    let plan: SweepPlan
    let programs: SweepPrograms
    var sweep: Sweep
  }

  private func perform(
    _ first: Stage, in directory: SweepDirectory, jobs: Int, _ before: [String: Digest]
  ) throws {
    var stage = first
    var manner = SweepRunner.Manner()
    manner.isOneOfMany = isWorker
    var failures: [ExitStatus] = []
    while true {
      let sweep = stage.sweep
      let tasks = tasks(of: sweep)
      let runner = SweepRunner(
        sweep, tasks: tasks, directory: directory, jobs: jobs, programs: programOptions,
        command: [Software.name, "sweep", plan], before: before, manner: manner,
        mustEnd: { Interruption.signal != nil })
      let progress = SweepProgress(style: style, sweep: sweep, tasks: tasks)
      let ending = try runner.run { progress.show($0) }
      failures += progress.failures
      let done = runner.progress
      if !done.sealedFailures.isEmpty { failures.append(.workFailed) }
      manner.known = done.sealed
      manner.made = done.sealed.subtracting(done.found)
      if case .interrupted = ending {
        progress.end(runner, ending)
        guard let signal = Interruption.signal else { break }
        throw Interruption.exitStatus(after: signal).exit
      }
      guard !sweep.waiting.isEmpty else {
        progress.end(runner, ending)
        if case .finished = ending { try sayWhatStays(in: directory) }
        break
      }
      stage.sweep = try Sweep(stage.plan, programs: stage.programs, parent: directory.parent)
      let seen = Set(sweep.cells.map(\.runID))
      warn(of: stage.sweep.cells.filter { !seen.contains($0.runID) })
      let decided = sweep.waiting.count - stage.sweep.waiting.count
      let count = decided - (stage.sweep.notApplicable.count - sweep.notApplicable.count)
      if decided > 0 {
        progress.goOn(
          "\(Figures.count(count, "run")) that waited for another run to memorise can start")
      } else if case .leftToOthers = ending {
        // Other workers have the runs; wait for their results.
        for _ in 0..<20 where Interruption.signal == nil { pause(seconds: 0.1) }
      } else {
        progress.end(runner, ending)
        break
      }
    }
    if !failures.isEmpty {
      let known: Set<ExitStatus> = [.bug, .inputOutput, .noResources, .damaged, .notTrusted]
      throw ExitStatus.first(of: failures.filter(known.contains) + [.workFailed]).exit
    }
  }
}

extension SweepCommand {
  /// Says how much disk is taken by saved states that are not needed any more.
  private func sayWhatStays(in directory: SweepDirectory) throws {
    guard !isWorker, !options.json, case let bytes = try directory.workBytes(), bytes > 1 << 20
    else { return }
    let place = output.map { " -o \(ShellWord.path($0))" } ?? ""
    Output.writeError(
      "\(Software.name): \(Figures.size(bytes: bytes)) of saved states stay in .work; "
        + "to remove them: regrok sweep \(ShellWord.path(plan))\(place) --clean")
  }
}

// MARK: The plan

extension SweepCommand {
  private func readPlan(
    _ directory: inout SweepDirectory
  ) throws -> (SweepPlan, SweepPrograms, text: String) {
    let text = try InputText.read(plan, as: .plan, limit: SweepPlan.largestPlan)
    let reader = SweepPrograms.Reader(
      text: { name throws(ProgramError) in
        try Self.text(beside(name), as: .programFile, limit: ProgramFile.largestSize)
      },
      config: { name throws(ProgramError) in
        try Self.text(beside(name), as: .config, limit: ProgramConfig.largestSize)
      })
    let read = try SweepPlan(
      yaml: text, file: InputText.name(of: plan), program: reader.config(of:))
    if reader.isEmpty && (keepFailed || again) {
      throw ValidationError(
        "--keep-failed and --again are only for programs, and the plan has none")
    }
    directory.also = read.also.map(beside)
    // A missing folder is an error before anything starts.
    if !directory.also.isEmpty { _ = try directory.names() }
    let programs = try reader.find(
      in: folderOfPlan, plan: read, own: [plan] + (claimsPath.map { [$0] } ?? []),
      directory: directory, secrets: SecretCheck(allowed: notSecret))
    for (file, what) in programs.passedOver {
      Output.writeError("\(Software.name): \(file): \(what)\n")
    }
    return (read, programs, text)
  }

  /// Warns about configs that nobody will have meant.
  private func warn(of cells: [SweepCell]) {
    let warnings = cells.flatMap { cell -> [String] in
      switch cell.work {
      case .trainer(let spec): spec.warnings + spec.changesWithoutEffect
      case .program: []
      }
    }
    for warning in Set(warnings).sorted().prefix(10) {
      Output.writeError("\(Software.name): warning: \(warning)\n")
    }
  }

  /// The path of a file that the plan, or one of its program files, names.
  private func beside(_ name: String) -> String {
    name.hasPrefix("/") || folderOfPlan == "." ? name : folderOfPlan + "/" + name
  }

  private static func text(
    _ path: String, as kind: InputText.Kind, limit: Int
  ) throws(ProgramError) -> String {
    guard path != "-" else {
      throw .request(reason: "-: a file that a plan names cannot be standard input")
    }
    do throws(CommandFailure) {
      return try InputText.read(path, as: kind, limit: limit)
    } catch {
      throw .request(reason: error.description)
    }
  }
}

extension SweepError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .notTheCell: .damaged
    case .contradiction: .different
    case .unreadable: .inputOutput
    case .unsupported, .isAtWork: .impossibleHere
    case .programFailed, .failureSealed: .workFailed
    }
  }
}
