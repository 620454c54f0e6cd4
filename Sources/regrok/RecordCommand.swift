import ArgumentParser
import Configs
import Files
import Programs
import Replay
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `regrok record`: performs anybody's program and records what it gives.
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Run any program, and record its inputs and its results.",
    discussion: """
      The program runs in a new directory that holds its inputs and nothing else. What it writes \
      there, or in the directory {out}, is its result. The inputs are the files that git tracks \
      here; --input names others. The curves are read from metrics.csv (or .jsonl), one row for \
      each step.

      In the program's arguments, {out} stands for an empty directory, {config} for a file with \
      the config, and {config.KEY} for one value of it. Write {{ for a brace. The environment \
      variable RUN_OUTPUT holds the path of {out}.

      The record is a run directory, runs/<run id> unless -o names another; `regrok pack` seals \
      it. It shows what this machine got. That is less than for a run of regrok's own trainer, \
      whose bits are the same on any machine. --repeat shows how far two runs of the program \
      differ.

      The first Ctrl-C (SIGINT) goes to the program; a second one kills it. What it wrote until \
      then is recorded. If the program fails, this command ends with 6.

      Examples:

        regrok record -- python train.py
        regrok record --repeat 3 --input train.py --input data/ -- python train.py
        regrok record --adopt results/

      `regrok help programs` has more.
      """)

  @Option(
    name: .output,
    help: ArgumentHelp("The run directory to write (default: runs/<run id>).", valueName: "run-dir")
  )
  var output: String?

  @Option(
    name: [.customShort("f", allowingJoined: true), .customLong("file")],
    help: ArgumentHelp(
      "A program file in YAML, which options override; - is standard input.",
      valueName: "file.yaml"))
  var file: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set one key of the config. May be repeated.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp(
      """
      A file or directory that the program needs (default: what git tracks here). May be repeated.
      """,
      valueName: "path"))
  var inputs: [String] = []

  @Flag(help: "The program needs no input files.")
  var noInput = false

  @Option(
    name: .customLong("env"),
    help: ArgumentHelp(
      "An environment variable whose value is recorded. May be repeated.", valueName: "name"))
  var variables: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      The name of an input, key or variable that looks like a secret but is not. May be repeated.
      """,
      valueName: "name"))
  var notSecret: [String] = []

  @Flag(help: "Run in the current directory. The record then says that inputs were not isolated.")
  var here = false

  @Option(help: ArgumentHelp("The file with the curves (default: metrics.csv).", valueName: "file"))
  var metrics: String?

  @Option(
    help: ArgumentHelp(
      "The column of that file that holds the step (default: step).", valueName: "name"))
  var stepColumn: String?

  @Option(
    help: ArgumentHelp(
      "The JSON file with the program's results (default: outcome.json).",
      valueName: "file"))
  var outcome: String?

  @Option(
    help: ArgumentHelp("Stop the program after this time, e.g. 12h or 90min.", valueName: "time"))
  var timeLimit: String?

  @Option(
    help: ArgumentHelp("How much it may write (default: 20 GB).", valueName: "bytes"))
  var outputLimit: String?

  @Option(help: ArgumentHelp("How many files it may write (default: 100000).", valueName: "n"))
  var fileLimit: Int?

  @Option(
    name: .customLong("repeat"), help: ArgumentHelp("How many times to run it.", valueName: "n"))
  var count = 1

  @Option(
    help: ArgumentHelp(
      "Also run it with each of these values of an environment variable or config.KEY.",
      valueName: "name=v1,v2"))
  var vary: [String] = []

  @Option(help: ArgumentHelp("Stop the repeated runs after this step.", valueName: "n"))
  var steps: Int?

  @Option(
    help: ArgumentHelp("Record the results in this directory; execute nothing.", valueName: "dir"))
  var adopt: String?

  @Flag(help: "Show what would be run and published, then stop.")
  var dryRun = false

  @Flag(help: "Do not show progress.")
  var quiet = false

  @OptionGroup var options: OutputOptions

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("The program and its arguments, after --.", valueName: "argv"))
  var words: [String] = []

  func validate() throws {
    if count < 1 || count > 1000 {
      throw ValidationError("--repeat has to be 1 to 1000, not \(count)")
    }
    if noInput && !inputs.isEmpty {
      throw ValidationError("--no-input and --input cannot be used together")
    }
    if adopt != nil && (here || count > 1 || !vary.isEmpty || steps != nil || timeLimit != nil) {
      throw ValidationError("--adopt executes nothing, so it has no --here, --repeat or limits")
    }
    if let steps, steps < 0 || count == 1 && vary.isEmpty {
      throw ValidationError("--steps N shortens what --repeat and --vary do again")
    }
  }

  func run() throws {
    InheritedFiles.keepFromChildren()
    let request = try readRequest()
    if request.run.isEmpty && adopt == nil {
      throw ValidationError(
        "no program is given; write it after --, e.g. regrok record -- python train.py")
    }
    // Check the placeholders in the arguments before anything else.
    _ = try ArgumentTemplate(request.run).arguments(
      config: request.config, out: "", configFile: "")
    let base = ProcessFacts.workingDirectory
    var secrets = SecretCheck(allowed: notSecret)
    secrets.add(words: request.run)
    if let config = request.config { secrets.add(config: config) }
    for name in request.environment {
      secrets.add(variable: name, value: ProcessFacts.environment[name] ?? "")
    }
    // For adopted results the inputs are not known.
    let asked = request.inputs ?? (adopt == nil ? nil : [])
    let inputs = try ProgramInputs.find(
      asked, in: base, runDirectory: output, secrets: &secrets)
    try secrets.finish()
    let spec = request.spec(inputs, ranHere: here)
    if dryRun {
      RecordReport.plan(spec, inputs, isAdopted: adopt != nil).show(options.output)
    } else if let adopt {
      try self.adopt(adopt, spec, inputs, request, base: base)
    } else {
      try perform(spec, inputs, request, base: base)
    }
  }
}

// MARK: What is asked for

extension RecordCommand {
  private func readRequest() throws -> ProgramRequest {
    var request = ProgramRequest()
    if let file {
      let text = try InputText.read(file, as: .programFile, limit: ProgramFile.largestSize)
      request = try ProgramFile.read(text, file: InputText.name(of: file)) {
        path throws(ProgramError) in
        do throws(CommandFailure) {
          return try InputText.read(path, as: .config, limit: ProgramConfig.largestSize)
        } catch {
          throw .request(reason: error.description)
        }
      }
    }
    let hasConfig = request.config != nil
    for setting in overrides {
      guard let mark = setting.firstIndex(of: "=") else {
        throw ValidationError("--set takes KEY=VALUE, not \(setting)")
      }
      try request.set(
        String(setting[..<mark]), to: String(setting[setting.index(after: mark)...]),
        isFree: !hasConfig)
    }
    if !words.isEmpty { request.run = words }
    if !inputs.isEmpty { request.inputs = inputs }
    if noInput { request.inputs = [] }
    for name in variables {
      if let fault = ProgramRequest.fault(inVariable: name) {
        throw ValidationError("--env: \(fault)")
      }
      request.environment.append(name)
    }
    request.namesMetrics = request.namesMetrics || metrics != nil || stepColumn != nil
    request.namesOutcome = request.namesOutcome || outcome != nil
    for name in [metrics, outcome].compactMap({ $0 }) {
      if let fault = ProgramRequest.fault(inFile: name) { throw ValidationError(fault) }
    }
    request.metrics.file = metrics ?? request.metrics.file
    request.metrics.step = stepColumn ?? request.metrics.step
    request.outcome = outcome ?? request.outcome
    try readLimits(&request.limits)
    return request
  }

  private func readLimits(_ limits: inout ProgramLimits) throws {
    if let timeLimit {
      guard let seconds = ProgramLimits.seconds(timeLimit) else {
        throw ValidationError("--time-limit is a time, as 12h, 90min or 30s, not \(timeLimit)")
      }
      limits.seconds = seconds
    }
    if let outputLimit {
      guard let bytes = ProgramLimits.bytes(outputLimit) else {
        throw ValidationError("--output-limit is a size, as 20GB or 512MiB, not \(outputLimit)")
      }
      limits.bytes = bytes
    }
    if let fileLimit {
      guard fileLimit > 0 else { throw ValidationError("--file-limit has to be 1 or more") }
      limits.files = fileLimit
    }
  }

  private func repetition() throws -> ProgramRepetition {
    var variations: [ProgramRepetition.Variation] = []
    for text in vary {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      let isKey = parts.first?.hasPrefix("config.") ?? false
      guard parts.count == 2, isKey || ProgramRequest.fault(inVariable: parts[0]) == nil else {
        throw ValidationError("--vary takes NAME=V1,V2 or config.KEY=V1,V2, not \(text)")
      }
      variations += parts[1].split(separator: ",").map { .init(name: parts[0], value: String($0)) }
    }
    return ProgramRepetition(count: count, variations: variations, lastStep: steps)
  }

  private var commandLine: [String] { [Software.name] + CommandLine.arguments.dropFirst() }
}

// MARK: Doing it

extension RecordCommand {
  private func perform(
    _ spec: ProgramSpec, _ inputs: ProgramInputs, _ request: ProgramRequest, base: String
  ) throws {
    let repetition = try repetition()
    // The run goes on even if the reader of its output has gone.
    Output.outliveReader()
    Interruption.listenPatiently()
    let attempts = repetition.count + repetition.variations.count
    let (run, progress, recording) = try record(
      spec, inputs, request, base: base, attempts: attempts)
    var repeats = Repeats.notMeasured
    // A failed run is recorded, but not repeated.
    if attempts > 1 && !recording.attempt.outcome.ending.isFailure {
      repeats = try ProgramRepeats.measure(recording, of: run, repetition, progress)
    }
    RecordReport.record(
      recording, spec, inputs, repeats, shown: shown(recording.directory)
    ).show(options.output)
    if let signal = Interruption.signal { throw Interruption.exitStatus(after: signal).exit }
    if recording.attempt.outcome.ending.isFailure { throw ExitStatus.workFailed.exit }
  }

  /// Performs the program in the directory given by -o, or else in the first free one. Another
  /// process may take that one at the same time; then the next is tried.
  private func record(
    _ spec: ProgramSpec, _ inputs: ProgramInputs, _ request: ProgramRequest, base: String,
    attempts: Int
  ) throws -> (ProgramRun, RecordProgress, ProgramRecording) {
    while true {
      let directory =
        try output.map { ProgramRunDirectory($0, in: base) }
        ?? ProgramRunDirectory.unused("runs/" + spec.runID, in: base)
      var run = ProgramRun(spec: spec, inputs: inputs, directory: directory, base: base)
      run.limits = request.limits
      run.isDeclared = request.isDeclared
      run.named = request.named
      run.command = commandLine
      // With --json, stdout holds only the answer of regrok.
      run.passes = (options.json ? STDERR_FILENO : STDOUT_FILENO, STDERR_FILENO)
      let style: RecordProgress.Style = options.json ? .json : quiet ? .none : .lines
      let progress = RecordProgress(style: style, attempts: attempts, directory: shown(directory))
      do {
        return (run, progress, try run.perform(progress))
      } catch {
        guard output == nil && error.isOfTakenDirectory else { throw error }
      }
    }
  }

  private func shown(_ directory: ProgramRunDirectory) -> String {
    output ?? "runs/" + PathParts.split(directory.path).name
  }

  private func adopt(
    _ source: String, _ spec: ProgramSpec, _ inputs: ProgramInputs, _ request: ProgramRequest,
    base: String
  ) throws {
    var adoption = ProgramAdoption(spec: spec, inputs: inputs, source: source)
    adoption.command = commandLine
    adoption.isDeclared = request.isDeclared
    adoption.named = request.named
    Output.outliveReader()
    let (record, adopted) = try adoption.perform(output: output, folder: "runs", base: base)
    RecordReport.record(record, adopted, inputs, .notMeasured, shown: shown(record.directory))
      .show(options.output)
  }
}
