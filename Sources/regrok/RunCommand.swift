public import ArgumentParser
internal import Configs
import Files
public import RunRecords
import Training

/// `regrok run`: performs a training run.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Train a network from a config, or continue a run.",
    discussion: """
      CONFIG is a YAML file; `regrok help configs` lists its keys. A bundle or a run directory may \
      stand in its place: then its config is used. --preset starts from a built-in config. --set \
      changes one key of either.

      The run directory gets config.json, trace/metrics.csv and trace/hashes.csv (one row for each \
      logged step), checkpoints/ and, at the end, outcome.json.

      The same config gives the same bits on any machine, with any number of threads. A run may be \
      stopped at any moment; --resume continues it, and the result is the same. Ctrl-C and \
      SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGXCPU, which batch systems send, save the state \
      first. A second signal ends the run at once. If the run is killed in another way, about the \
      last 15 seconds are computed again.

      To continue a finished run to a later end, change max_steps or stop: `regrok run --resume -o \
      RUN_DIR --set max_steps=N`. The directory then holds the run of the new config.

      With --json, stdout has one JSON object a line: an event "start", a "row" for each row of \
      the trace, a "forecast" when the run has memorised and the paper has mean values for such \
      runs, and an "end".

      Examples:

        regrok run --preset tiny -o runs/first
        regrok run --preset modular-addition --set optimizer.weight_decay=0.5
        regrok run --resume -o runs/first
      """)

  @Argument(
    help: "A config in YAML, or a bundle or run directory with a config. - is standard input.")
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Start from this built-in config. CONFIG and --set change its keys.", valueName: "name"))
  var preset: Preset?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set one key of the config, e.g. optimizer.weight_decay=0.5. May be repeated.",
      valueName: "key=value"))
  var overrides: [String] = []

  @Option(
    name: .output,
    help: ArgumentHelp("The run directory to write (default: runs/<run id>).", valueName: "run-dir")
  )
  var output: String?

  @Option(help: ArgumentHelp("Threads that compute (default: one for each CPU).", valueName: "n"))
  var threads: Int?

  @Flag(help: "Continue the run in RUN_DIR; start it if there is none.")
  var resume = false

  @Flag(help: "Do not show progress.")
  var quiet = false

  @OptionGroup var options: OutputOptions

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads has to be 1 to 256, not \(threads)")
    }
  }

  func run() throws {
    // Not in `validate`, because an unknown option has to be reported first.
    if config == nil && preset == nil && overrides.isEmpty && !(resume && output != nil) {
      throw ValidationError(
        "nothing to run: give a CONFIG, --preset NAME, or --resume with -o RUN_DIR")
    }
    let spec = try readSpec()
    for warning in spec.warnings + spec.changesWithoutEffect {
      Output.writeError("\(Software.name): warning: \(warning)\n")
    }
    let directory = RunDirectory(output ?? "runs/" + spec.runID)
    var performer = RunPerformer(
      spec: spec, directory: directory, threads: threads ?? min(256, Machine.processors))
    performer.extends = true
    performer.command = [Software.name] + CommandLine.arguments.dropFirst()

    // The run goes on even if the reader of its output has gone.
    Output.outliveReader()
    Interruption.listen()
    let progress = RunProgress(style: progressStyle, spec: spec, directory: directory.path)
    let ending: RunEnding
    do {
      defer { progress.clear() }
      ending = try performer.perform(resume: resume, observer: progress)
    }
    let report = RunReport(spec: spec, directory: directory.path, ending: ending)
    if options.json {
      options.output.answer(report.json)
    } else if case .interrupted(let step) = ending {
      Output.writeError(
        "\(Software.name): interrupted after step \(step); go on with: "
          + "regrok run --resume -o \(ShellWord.path(directory.path))")
    } else {
      for line in report.lines { options.output.line(line) }
    }
    if case .interrupted = ending, let signal = Interruption.signal {
      throw Interruption.exitStatus(after: signal).exit
    }
  }

  private var progressStyle: RunProgress.Style {
    if options.json { return .json }
    if quiet { return .none }
    return Terminal.canRedraw ? .bar : .lines
  }

  /// The config from CONFIG, --preset and --set. Without the first two, --set changes the config of
  /// the directory to continue.
  private func readSpec() throws -> RunSpec {
    if config == nil && preset == nil && resume, let output {
      guard let spec = try RunDirectory(output).readSpec() else {
        throw CommandFailure(
          .usage, "\(output): there is no run to continue: it has no \(RunDirectory.Name.config)")
      }
      return try RunSpec(
        yaml: spec.canonicalJSON.text, file: output + "/" + RunDirectory.Name.config,
        overrides: overrides)
    }
    guard let config else { return try RunSpec(yaml: nil, preset: preset, overrides: overrides) }
    return try RunSpec(
      yaml: try configText(config), file: InputText.name(of: config), preset: preset,
      overrides: overrides)
  }

  /// The text of a config, or that of the run at `path`.
  private func configText(_ path: String) throws -> String {
    if resume && output == nil && (try? RunDirectory(path).readSpec()) ?? nil != nil {
      throw ValidationError(
        "\(path): to continue this run: regrok run --resume -o \(ShellWord.path(path))")
    }
    return try InputText.read(path, as: .config, limit: RunSpec.largestConfig)
  }
}

extension Preset: ExpressibleByArgument {}
