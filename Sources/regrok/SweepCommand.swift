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
    commandName: "sweep", abstract: "Perform all runs of a plan, and seal each in a thin bundle.",
    discussion: """
      A finished run is a bundle <run id>.tar.zst in the directory, and is never run again. Runs \
      that take the same steps under other log intervals or stop rules are computed once. A sweep \
      can be ended at any moment and started again. SIGINT (Ctrl-C) and SIGTERM save the states \
      first. Bundles that are there already are verified. What failed is told, the rest is done, \
      and the command ends with 6, or with the status of the worst cause.

      Any number of processes may work on one directory, on any number of hosts that see it: the \
      same command with --worker, or as --slurm prints it; `regrok help engines` shows how Slurm, \
      GNU parallel, ssh and Kubernetes start them. Each takes what nobody has, the longest first, \
      and goes on with what one had that was killed. Two results of one config stop the sweep, and \
      both are kept.

      A plan may name a program file, as `regrok record -f` takes it, instead of a preset: then \
      keys of its config are set, and each cell is one recording, sealed whole. Programs run one \
      after the other unless --jobs says otherwise, as they have threads of their own.

      With --json, stdout has one JSON object a line.
      """)

  @Argument(help: "A plan in YAML; - is standard input.")
  var plan: String

  @Option(
    name: .output,
    help: ArgumentHelp("Where the bundles are kept (default: the plan's folder).", valueName: "dir")
  )
  var output: String?

  @Option(
    help: ArgumentHelp(
      """
      Claims that stand before the runs: their digest is sealed with each new one, as the plan's is \
      (default: claims.yaml in the plan's folder, where it is there).
      """, valueName: "file"))
  var claims: String?

  @Option(
    help: ArgumentHelp(
      """
      How many runs at once (default: as many as CPUs, of programs one). Programs run side by side \
      only where there is room for all that they may write by their limits.
      """, valueName: "n"))
  var jobs: Int?

  @Flag(help: "Seal programs that failed, too; else the next call tries them again.")
  var keepFailed = false

  @Flag(help: "Perform finished programs once more; another result is kept beside the first.")
  var again = false

  @Option(
    help: ArgumentHelp(
      """
      An input, key or variable of a program that looks like a secret and is none. May be \
      repeated.
      """,
      valueName: "name"))
  var notSecret: [String] = []

  @Flag(name: .customLong("dry-run"), help: "Only say what would be done and what it costs.")
  var isDryRun = false

  @Option(
    help: ArgumentHelp(
      "Do only the i-th of n parts, as a scheduler's array would.", valueName: "i/n"))
  var shard: Shard?

  @Flag(
    name: .customLong("worker"),
    help: """
      Be one of many: one run at once unless --jobs says otherwise, what is sealed is taken at its \
      word, and the end comes when others have all that is left.
      """)
  var isWorker = false

  @Flag(
    name: .customLong("status"),
    help: "Only say what is done, who has what, and what is missing.")
  var isStatus = false

  @Flag(
    name: .customLong("clean"),
    help: "Remove the work in progress, .work, which finished cells do not need.")
  var isCleaning = false

  @Option(
    help: ArgumentHelp(
      """
      Print a script for sbatch that starts this many workers; words behind -- are further options \
      of sbatch. Run again, it does what is missing.
      """, valueName: "workers"))
  var slurm: Int?

  @Option(
    help: ArgumentHelp(
      "The time limit of each worker in the script, as sbatch takes it.", valueName: "time"))
  var time: String?

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("Options of sbatch, as --partition=long.", valueName: "sbatch options"))
  var scheduler: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Estimate with this many steps a second of the plan's first run on one CPU, instead of \
      measuring for about two seconds.
      """, valueName: "steps/s"))
  var rate: Double?

  @OptionGroup var options: OutputOptions

  /// A part of the work: the `index`-th of `count`, from 1.
  struct Shard: ExpressibleByArgument {
    var index: Int
    var count: Int

    init?(argument: String) {
      let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
      guard parts.count == 2, let index = parts[0], let count = parts[1],
        (1...100_000).contains(count), (1...count).contains(index)
      else { return nil }
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
      throw ValidationError("\(manners[0]) and \(manners[1]) are two different things: give one")
    }
    if slurm == nil && (time != nil || !scheduler.isEmpty) {
      throw ValidationError("--time and words behind -- are for --slurm")
    }
    if let slurm { try SlurmScript.check(workers: slurm, time: time, options: scheduler, plan) }
  }

  func run() throws {
    var directory = SweepDirectory(output ?? folderOfPlan)
    if isCleaning { return try clean(directory) }
    let (plan, programs, text) = try readPlan(&directory)
    let sweep = try Sweep(plan, programs: programs, parent: directory.parent)
    let before = try digests(of: text)
    let tasks = tasks(of: sweep)
    if isStatus {
      return try show(
        try SweepStatus(tasks, later: sweep.waiting.count, in: directory), of: sweep)
    }
    let jobs = jobs ?? (isWorker || slurm != nil ? 1 : min(256, RunEnvironment.processors))
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
    // The work matters more than who listens to it.
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

  /// The claims that stand before the plan's runs; nil where there are none.
  var claimsPath: String? {
    let beside = folderOfPlan + "/claims.yaml"
    return claims ?? (InputText.isFile(beside) ? beside : nil)
  }

  /// Of the plan, and of the claims.
  private func digests(of plan: String) throws -> [String: Digest] {
    var digests = ["plan": Digest(of: Array(plan.utf8))]
    if let path = claimsPath { digests["claims"] = try ClaimsFile(path: path).digest }
    return digests
  }
}

// MARK: Stages

extension SweepCommand {
  /// What of a plan can be planned now: runs that go off from others when these have memorised are
  /// planned when these are sealed.
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
      manner.known = runner.progress.sealed
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
      let decided = sweep.waiting.count - stage.sweep.waiting.count
      let count = decided - (stage.sweep.notApplicable.count - sweep.notApplicable.count)
      if decided > 0 {
        progress.goOn("\(Figures.count(count, "run")) that waited for others to memorise can go on")
      } else if case .leftToOthers = ending {
        // Those who have them are at work; what comes of it is awaited.
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
  /// Work in progress that nobody needs any more.
  private func sayWhatStays(in directory: SweepDirectory) throws {
    guard !isWorker, !options.json, case let bytes = try directory.workBytes(), bytes > 1 << 20
    else { return }
    let place = output.map { " -o \(ShellWord.path($0))" } ?? ""
    Output.writeError(
      "\(Software.name): \(Figures.size(bytes: bytes)) of work in progress stay in .work until: "
        + "regrok sweep \(ShellWord.path(plan))\(place) --clean")
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
      throw ValidationError("--keep-failed and --again are about programs, and the plan has none")
    }
    directory.also = read.also.map(beside)
    // A folder that is not there is told before anything is begun.
    if !directory.also.isEmpty { _ = try directory.names() }
    let programs = try reader.find(
      in: folderOfPlan, plan: read, own: [plan] + (claimsPath.map { [$0] } ?? []),
      directory: directory, secrets: SecretCheck(allowed: notSecret))
    for warning in Self.warnings(read).prefix(10) {
      Output.writeError("\(Software.name): warning: \(warning)\n")
    }
    for (file, what) in programs.passedOver {
      Output.writeError("\(Software.name): \(file): \(what)\n")
    }
    return (read, programs, text)
  }

  private static func warnings(_ plan: SweepPlan) -> [String] {
    let warnings = plan.experiments.lazy.flatMap(\.runs).flatMap { run -> [String] in
      switch run.config {
      case .trainer(let spec): spec.warnings
      case .program: []
      }
    }
    return Set(warnings).sorted()
  }

  /// Where a file lies that the plan, or a program file of it, names.
  private func beside(_ name: String) -> String {
    name.hasPrefix("/") || folderOfPlan == "." ? name : folderOfPlan + "/" + name
  }

  private static func text(
    _ path: String, as kind: InputText.Kind, limit: Int
  ) throws(ProgramError) -> String {
    guard path != "-" else {
      throw .request(reason: "-: a plan's files have names")
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
    case .programFailed: .workFailed
    }
  }
}
