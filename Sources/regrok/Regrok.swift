import ArgumentParser
import RunRecords

/// The root command: parses, calls one subcommand, prints why it failed, and exits.
@main
struct Regrok: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Software.name,
    abstract: "A reproducibility archive for training runs of small neural networks.",
    discussion: """
      Exit status: 0 identical or done, 1 different, 2 damaged, 3 not trusted, 4 cannot be done \
      here, 64 usage, 70 a bug of ours, 74 input/output, 130 interrupted.
      """,
    version: Software.version,
    subcommands: [
      RunCommand.self, PackCommand.self, VerifyCommand.self, ReplayCommand.self, DiffCommand.self,
      ShowCommand.self, ReportCommand.self, ExtractCommand.self, SweepCommand.self,
      NumericsCommand.self, ClaimsCommand.self, PredictCommand.self, SpectrumCommand.self,
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
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      end(with: error)
    }
  }

  private static func end(with error: any Error) -> Never {
    if let failure = error as? any ExitStatusProviding {
      Output.fail(failure.exitStatus, "\(failure)")
    }
    let code = exitCode(for: error)
    if code.isSuccess {
      // Help or the version was asked for.
      let text = fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false)
      Output.write(text.reversed().drop { $0.isEmpty }.reversed().joined(separator: "\n") + "\n")
      Output.exit(.done)
    }
    if error is ExitCode {
      Output.exit(code: code.rawValue)
    }
    if code == .validationFailure {
      Output.fail(.usage, message(for: error))
    }
    Output.fail(.bug, "internal error: \(error)")
  }
}
