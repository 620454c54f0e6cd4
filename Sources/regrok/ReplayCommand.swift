import ArgumentParser
import Bundles
import Foundation
import Replay
import Reports

/// `regrok replay`: performs a recorded run again and compares every bit of its record.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Perform a recorded run again and compare it with its record, bit for bit.",
    discussion: """
      Compares every row of metrics and hashes, every checkpoint and the outcome, and stops at the \
      first difference: its step, column and values, and where a checkpoint is stored its tensor \
      and element. Ends with 0 when all is identical, 1 at a difference, 2 when the bundle is \
      damaged, 4 when this program does not have the run's numerics.
      """)

  @Argument(
    help: ArgumentHelp("A bundle, or the directory of a finished run.", valueName: "bundle"))
  var path: String

  @Option(
    help: """
      Segments between stored checkpoints that are replayed at once; without stored checkpoints, \
      threads of the one replay. (default: one for each processor)
      """)
  var jobs: Int?

  @OptionGroup var options: OutputOptions

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs has to be at least 1, not \(jobs)") }
  }

  func run() throws {
    let output = options.output
    let run = try BundleError.naming(path) {
      let run = try RecordedRun(opening: path)
      try run.verify()
      return run
    }
    let replay = Replay(
      run, with: TrainerReexecutor(),
      jobs: jobs ?? max(1, ProcessInfo.processInfo.activeProcessorCount))
    let showsProgress = Output.standardErrorIsTerminal
    let report = try replay.perform { progress in
      guard showsProgress else { return }
      var text = "\(progress.stepsDone) of \(progress.stepsTotal) steps"
      if let left = progress.secondsLeft {
        text += ", \(Figures.time(left: left)) left"
      }
      Output.writeError("\r\u{1B}[K" + text)
    }
    if showsProgress { Output.writeError("\r\u{1B}[K") }
    for line in report.textLines { output.line(Output.oneLine(line)) }
    output.answer(report.json)
    switch report.verdict {
    case .identical: return
    case .different: throw ExitStatus.different.exit
    case .impossible(let obstacle):
      throw CommandFailure(.impossibleHere, "\(path): \(obstacle)")
    }
  }
}

extension ReplayError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .unreadable: .inputOutput
    case .record, .checkpoint: .damaged
    case .unknownKey: .usage
    }
  }
}
