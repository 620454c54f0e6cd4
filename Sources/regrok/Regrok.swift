import ArgumentParser
import RunRecords

/// The root command: parses, calls one subcommand, prints why it failed, and exits.
@main
struct Regrok: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Software.name,
    abstract: "A reproducibility archive for training runs of small neural networks.",
    discussion: """
      A run is trained from a config and sealed in one file, a bundle. Anybody can then verify the \
      bundle, train it again to the same bits, and compare it with other runs. To begin:

          regrok run --preset tiny -o runs/first
          regrok pack runs/first
          regrok verify runs/first.tar.zst
          regrok replay runs/first.tar.zst

      More help:

          regrok help COMMAND    what a command does, with examples
          regrok help configs    the keys of a config
          regrok help plans      many runs in one plan
          regrok help forks      runs with a change at some step
          regrok help engines    sweeps on many machines
          regrok help programs   runs of any program
          regrok help json       what each command answers with --json

      With --json, a command that fails also prints {"error": …, "status": …}. For completions in \
      your shell: `regrok --generate-completion-script bash` (or zsh, fish).

      Exit status:

      \(ExitStatus.listed)
      """,
    version: Software.version,
    groupedSubcommands: [
      CommandGroup(
        name: "Make runs", subcommands: [RunCommand.self, SweepCommand.self, RecordCommand.self]),
      CommandGroup(
        name: "Seal and check",
        subcommands: [
          PackCommand.self, VerifyCommand.self, ReplayCommand.self, ExtractCommand.self,
        ]),
      CommandGroup(
        name: "Look at runs",
        subcommands: [
          ListCommand.self, ShowCommand.self, DiffCommand.self, ReportCommand.self,
          PageCommand.self,
        ]),
      CommandGroup(
        name: "Judge and measure",
        subcommands: [
          ClaimsCommand.self, PredictCommand.self, SpectrumCommand.self, DistanceCommand.self,
          NumericsCommand.self,
        ]),
    ])

  static func main() {
    // First of all: nothing above this line may run code of a target built for AVX2.
    if let missing = ProcessorCheck.missingFeature() {
      Output.fail(
        .impossibleHere,
        "this CPU has no \(missing), which this build needs; build it here with make, or "
          + "with make BASELINE=1 for any x86-64")
    }
    Output.prepareProcess()
    var command: (any ParsableCommand)?
    do {
      try CommandLineCheck.perform()
      command = try parseAsRoot()
      try command?.run()
    } catch {
      end(with: error, of: command)
    }
  }

  private static func end(with error: any Error, of command: (any ParsableCommand)?) -> Never {
    let code = exitCode(for: error)
    if let failure = error as? any ExitStatusProviding {
      fail(failure.exitStatus, place(of: error, in: command) + "\(failure)")
    } else if code.isSuccess {
      sayWhatWasAskedFor(error)
    } else if error is ExitCode {
      if Interruption.signal != nil, let status = ExitStatus(rawValue: code.rawValue) {
        Output.closeAnswers(status, "interrupted")
      }
      Output.exit(code: code.rawValue)
    } else if code == .validationFailure {
      fail(.usage, CommandLineCheck.pointingToHelp(message(for: error)))
    }
    fail(.bug, "internal error: \(error)")
  }

  /// The place of the key `numerics` that asks for another arithmetic, to stand before what is said
  /// of it. All other errors of a config name their place themselves.
  private static func place(of error: any Error, in command: (any ParsableCommand)?) -> String {
    guard case RecordError.unknownNumerics = error else { return "" }
    switch command {
    case let run as RunCommand:
      if run.overrides.contains(where: { $0.hasPrefix("numerics=") }) { return "--set: " }
      return run.config.map { InputText.name(of: $0) + ": " } ?? ""
    case let sweep as SweepCommand: return InputText.name(of: sweep.plan) + ": "
    default: return ""
    }
  }

  /// Help or the version.
  private static func sayWhatWasAskedFor(_ request: any Error) -> Never {
    let lines = fullMessage(for: request).split(separator: "\n", omittingEmptySubsequences: false)
    for line in lines.reversed().drop(while: \.isEmpty).reversed() {
      Output(json: false).line(String(line))
    }
    Output.exit(.done)
  }

  private static func fail(_ status: ExitStatus, _ reason: String) -> Never {
    Output.answerFailure(status, reason)
    Output.fail(status, reason)
  }
}
