import Archive
import ArgumentParser
import Bundles
import Files
import Replay
import Reports
import RunRecords
import Synchronization
import Training

/// `regrok distance`: how far apart the parameters of two runs are.
struct DistanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distance",
    abstract: "Perform two runs again and measure how far apart their parameters are.",
    discussion: """
      Both runs are performed again. Every logged row of metrics and hashes is compared; at a \
      difference the command ends with 1. After every N-th step, and after the last step that both \
      have, the distance ‖θ_a − θ_b‖ over all parameters is computed in binary64. Prints at which \
      of these steps it is first above 0 and first at least 1 % of ‖θ_a‖, where it is largest, and \
      what it is at the end. So it shows how a small change in one run (`regrok help forks`) \
      grows, and whether it shrinks again. Writes a file only with -o.

      Example:

        regrok distance runs/base runs/changed --every 100 -o distance.csv
      """)

  @Argument(help: ArgumentHelp("A bundle, or the directory of a finished run.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("The other, with the same model.", valueName: "b"))
  var second: String

  @Option(help: ArgumentHelp("The number of steps between two measurements.", valueName: "n"))
  var every = 50

  @Option(
    name: .output,
    help: ArgumentHelp(
      "Also write step, distance and norm to this .csv file.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Threads that compute (default: one for each CPU).", valueName: "n"))
  var jobs: Int?

  @OptionGroup var writing: WritingOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    if every < 1 { throw ValidationError("--every has to be at least 1, not \(every)") }
    if let jobs, !(1...256).contains(jobs) {
      throw ValidationError("--jobs has to be 1 to 256, not \(jobs)")
    }
    if let output, !output.hasSuffix(".csv") {
      throw ValidationError("-o \(output): its name must end in .csv.")
    }
  }

  func run() throws {
    let runs = try [first, second].map { path in
      guard case .trainer(let run) = try BundleError.naming(path, { try OpenedRun(opening: path) })
      else {
        throw CommandFailure(
          .impossibleHere, "\(path): it is a program's run, whose parameters regrok does not know")
      }
      try BundleError.naming(path) { try run.verify() }
      return run
    }
    if let obstacle = ParameterDistance.obstacle(runs[0], runs[1]) {
      throw CommandFailure(.usage, "\(first) and \(second): \(obstacle)")
    }
    let bytes = ParameterDistance.bytes(of: runs[0], and: runs[1], interval: every)
    guard bytes <= ParameterDistance.mostBytes else {
      throw CommandFailure(
        .usage,
        "--every \(every): the states of \(first) would take \(Figures.size(bytes: bytes)); take "
          + "more steps from one to the next")
    }
    if let output {
      try WrittenFile.checkFolder(of: output)
      try WrittenFile.checkMayWrite(
        ParameterDistance.csvHeader + "\n", to: output, force: writing.force)
    }
    let progress = Mutex(WorkProgress("performing both again"))
    let result = try ParameterDistance.measure(
      runs[0], runs[1], interval: every, with: TrainerReexecutor(),
      jobs: jobs ?? Machine.processors,
      progress: { share in progress.withLock { $0.update(share) } })
    progress.withLock { $0.clear() }
    switch result {
    case .success(let distance): try write(distance)
    case .failure(let failure):
      let lines = failure.report.textLines
      options.output.line("\(failure.path): \(lines.first ?? "")")
      for line in lines.dropFirst() { options.output.line(line) }
      options.output.answer(["path": .string(failure.path), "replay": failure.report.json])
      if case .impossible = failure.report.verdict { throw ExitStatus.impossibleHere.exit }
      throw ExitStatus.different.exit
    }
  }

  /// Answers first, so that nothing that has been computed is lost if the file cannot be written.
  private func write(_ distance: ParameterDistance) throws {
    for line in distance.textLines { options.output.line(line) }
    options.output.answer(distance.json)
    if let output { try WrittenFile.write(distance.csv, to: output, force: writing.force) }
  }
}
