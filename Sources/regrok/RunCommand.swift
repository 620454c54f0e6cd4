public import ArgumentParser
internal import Configs
import Files
public import RunRecords
import Training

/// `regrok run`: performs a training run.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Perform a training run, or go on with one.",
    discussion: """
      The same config gives the same bits, with any number of threads, on any machine. A run that \
      was ended at any moment goes on with --resume, and comes out the same. SIGINT (Ctrl-C), \
      SIGTERM, SIGHUP, and SIGUSR1, SIGUSR2 and SIGXCPU, by which batch systems announce an end, save \
      the state first; a second one ends at once. Whatever else ends it costs the last 15 seconds.

      With --resume and another max_steps or stop, as `run --resume -o RUN_DIR --set max_steps=N`, the run \
      of a directory goes on to a later end, and is the run of the new config from then on.

      With --json, stdout has one JSON object a line: an event "start", a "row" for each row of the \
      trace, a "forecast" when it has memorised and the paper has means of such runs, and an "end".
      """)

  @Argument(
    help: "A config in YAML, or a bundle or directory of a run, whose config is taken; - is stdin.")
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Start from a built-in config; CONFIG and --set change it.", valueName: "name"))
  var preset: Preset?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set one key, e.g. optimizer.weight_decay=0.5; regrok help configs lists them. May be repeated.",
      valueName: "key=value"))
  var overrides: [String] = []

  @Option(
    name: .output,
    help: ArgumentHelp("Where the run is kept (default: runs/<run id>).", valueName: "run-dir"))
  var output: String?

  @Option(help: ArgumentHelp("How many threads compute (default: all there are).", valueName: "n"))
  var threads: Int?

  @Flag(help: "Go on with a run that was interrupted; begin it if it was not.")
  var resume = false

  @Flag(help: "Show no progress.")
  var quiet = false

  @OptionGroup var options: OutputOptions

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads has to be 1 to 256, not \(threads)")
    }
  }

  func run() throws {
    // Not in `validate`: an option that is unknown is to be told first.
    if config == nil && preset == nil && overrides.isEmpty && !(resume && output != nil) {
      throw ValidationError(
        "nothing to run: give a CONFIG, --preset NAME, or --resume with -o RUN_DIR")
    }
    let spec = try readSpec()
    for warning in spec.warnings {
      Output.writeError("\(Software.name): warning: \(warning)\n")
    }
    let directory = RunDirectory(output ?? "runs/" + spec.runID)
    var performer = RunPerformer(
      spec: spec, directory: directory, threads: threads ?? min(256, RunEnvironment.processors))
    performer.extends = true
    performer.command = [Software.name] + CommandLine.arguments.dropFirst()

    // The run matters more than who listens to it.
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

  /// What CONFIG, --preset and --set ask for; without the first two, --set changes what the
  /// directory to go on with holds.
  private func readSpec() throws -> RunSpec {
    if config == nil && preset == nil && resume, let output {
      guard let spec = try RunDirectory(output).readSpec() else {
        throw CommandFailure(
          .usage, "\(output): nothing to go on with: it has no \(RunDirectory.Name.config)")
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
        "\(path): a run is gone on with by: regrok run --resume -o \(ShellWord.path(path))")
    }
    return try InputText.read(path, as: .config, limit: RunSpec.largestConfig)
  }
}

extension Preset: ExpressibleByArgument {}
