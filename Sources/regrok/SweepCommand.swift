import ArgumentParser
import Files
import Foundation
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
      can be ended at any moment and started again, and several can work on one directory; with \
      --shard each does its own part. SIGINT (Ctrl-C) and SIGTERM save the states first.

      With --json, stdout has one JSON object a line.
      """)

  @Argument(help: "A plan in YAML.")
  var plan: String

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("Where the bundles are kept (default: the plan's folder).", valueName: "dir")
  )
  var output: String?

  @Option(help: ArgumentHelp("How many runs at once (default: as many as CPUs).", valueName: "n"))
  var jobs: Int?

  @Flag(name: .customLong("dry-run"), help: "Only say what would be done and what it costs.")
  var isDryRun = false

  @Option(
    help: ArgumentHelp(
      "Do only the i-th of n parts, as a scheduler's array would.", valueName: "i/n"))
  var shard: Shard?

  @Option(
    help: ArgumentHelp(
      """
      Estimate with this many steps a second of the plan's first run on one CPU, instead of \
      measuring for a second.
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
  }

  func run() throws {
    let sweep = Sweep(try readPlan())
    let trajectories =
      shard.map { sweep.shard($0.index, of: $0.count) } ?? sweep.trajectories
    let directory = SweepDirectory(output ?? folderOfPlan)
    let jobs = jobs ?? min(256, RunEnvironment.processors)
    if isDryRun {
      let rate = try rate ?? SweepEstimate.measureStepsPerSecond(trajectories)
      let report = SweepReport(
        sweep: sweep, trajectories: trajectories, directory: directory, jobs: jobs, rate: rate)
      for line in report.lines { options.output.line(line) }
      options.output.answer(report.json)
      return
    }
    // The work matters more than who listens to it.
    Output.outliveReader()
    Interruption.listen()
    let runner = SweepRunner(
      sweep, trajectories: trajectories, directory: directory, jobs: jobs,
      command: [Software.name, "sweep", plan],
      mustEnd: { Interruption.signal != nil })
    let progress = SweepProgress(style: style, sweep: sweep, trajectories: trajectories)
    let ending = try runner.run { progress.show($0) }
    progress.end(runner, ending)
    if case .interrupted = ending, let signal = Interruption.signal {
      throw Interruption.exitStatus(after: signal).exit
    }
    if let failure = progress.firstFailure {
      throw ((failure as? any ExitStatusProviding)?.exitStatus ?? .inputOutput).exit
    }
  }

  private var style: SweepProgress.Style {
    if options.json { return .json }
    return Terminal.canRedraw ? .table : .lines
  }

  private var folderOfPlan: String {
    guard let slash = plan.lastIndex(of: "/") else { return "." }
    return slash == plan.startIndex ? "/" : String(plan[..<slash])
  }

  private func readPlan() throws -> SweepPlan {
    let bytes = try FileReading.content(of: plan, limit: 1 << 16, from: .linkedFile)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandFailure(.usage, "\(plan): not UTF-8 text")
    }
    return try SweepPlan(yaml: text, file: plan)
  }
}

extension SweepError: ExitStatusProviding {
  var exitStatus: ExitStatus { .damaged }
}
