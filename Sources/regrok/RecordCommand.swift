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
    commandName: "record", abstract: "Run any program, and record what it was given and gave.",
    discussion: """
      The program runs in a fresh directory that has its inputs and nothing else; what it writes \
      there or to {out} is its result. A row of metrics.csv (or metrics.jsonl, as named) for each \
      step are its curves. In its words {out} is an empty directory, {config} a file with the \
      config, {config.KEY} a value of it; {{ is a brace.

      Two different things are shown of runs. Of our own trainer's: any machine must get these bits. \
      Of a program's: this machine got them again, where it was run again.

      The first SIGINT (Ctrl-C) is passed on to the program, a second one kills it; what it wrote is \
      recorded. The exit status is 6 where the program failed.
      """)

  @Option(
    name: .output,
    help: ArgumentHelp("Where the run is kept (default: runs/<run id>).", valueName: "run-dir"))
  var output: String?

  @Option(
    name: [.customShort("f", allowingJoined: true), .customLong("file")],
    help: ArgumentHelp(
      "A program file in YAML; the command line goes before it. - is standard input.",
      valueName: "file.yaml"))
  var file: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set one key of the config. May be repeated.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp(
      "A file or directory that the program needs (default: what git tracks here). May be repeated.",
      valueName: "path"))
  var inputs: [String] = []

  @Flag(help: "The program needs no files.")
  var noInput = false

  @Option(
    name: .customLong("env"),
    help: ArgumentHelp(
      "A variable whose value is recorded. May be repeated.", valueName: "name"))
  var variables: [String] = []

  @Option(
    help: ArgumentHelp(
      "An input, key or variable that looks like a secret and is none. May be repeated.",
      valueName: "name"))
  var notSecret: [String] = []

  @Flag(help: "Run in the present directory; the record says that inputs were not isolated.")
  var here = false

  @Option(help: ArgumentHelp("The file of the curves (default: metrics.csv).", valueName: "file"))
  var metrics: String?

  @Option(
    help: ArgumentHelp("Their column that counts the rows (default: step).", valueName: "name"))
  var stepColumn: String?

  @Option(
    help: ArgumentHelp(
      "The file of JSON in which the program says what it found (default: outcome.json).",
      valueName: "file"))
  var outcome: String?

  @Option(
    help: ArgumentHelp("End the program after this time, as 12h or 90min.", valueName: "time"))
  var timeLimit: String?

  @Option(
    help: ArgumentHelp("The most that it may write (default: 20 GB).", valueName: "bytes"))
  var outputLimit: String?

  @Option(help: ArgumentHelp("The most files (default: 100000).", valueName: "n"))
  var fileLimit: Int?

  @Option(name: .customLong("repeat"), help: ArgumentHelp("How often it runs.", valueName: "n"))
  var count = 1

  @Option(
    help: ArgumentHelp(
      "Run it once more with each of these values of a variable or of config.KEY.",
      valueName: "name=v1,v2"))
  var vary: [String] = []

  @Option(help: ArgumentHelp("Repeat only up to this step.", valueName: "n"))
  var steps: Int?

  @Option(
    help: ArgumentHelp("Record results that are there; nothing is executed.", valueName: "dir"))
  var adopt: String?

  @Flag(help: "Say what would be run and published, and do nothing.")
  var dryRun = false

  @Flag(help: "Show no progress.")
  var quiet = false

  @OptionGroup var options: OutputOptions

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("The program and its words, behind --.", valueName: "argv"))
  var words: [String] = []

  func validate() throws {
    if count < 1 || count > 1000 {
      throw ValidationError("--repeat has to be 1 to 1000, not \(count)")
    }
    if noInput && !inputs.isEmpty {
      throw ValidationError("--no-input and --input exclude each other")
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
      throw ValidationError("no program: name it behind --, as regrok record -- python train.py")
    }
    // What its words name has to be there before anything else is looked at.
    _ = try ArgumentTemplate(request.run).arguments(
      config: request.config, out: "", configFile: "")
    let base = ProcessFacts.workingDirectory
    var secrets = SecretCheck(allowed: notSecret)
    secrets.add(words: request.run)
    if let config = request.config { secrets.add(config: config) }
    for name in request.environment {
      secrets.add(variable: name, value: ProcessFacts.environment[name] ?? "")
    }
    // Of what was adopted nobody knows what it was given.
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
    request.isDeclared =
      request.isDeclared || metrics != nil || stepColumn != nil || outcome != nil
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
    // The run matters more than who listens to it.
    Output.outliveReader()
    Interruption.listenPatiently()
    let attempts = repetition.count + repetition.variations.count
    let (run, progress, recording) = try record(
      spec, inputs, request, base: base, attempts: attempts)
    var repeats = Repeats.notMeasured
    // What failed is evidence of itself; how far it differs from itself nobody asks.
    if attempts > 1 && !recording.attempt.outcome.ending.isFailure {
      repeats = try ProgramRepeats.measure(recording, of: run, repetition, progress)
    }
    RecordReport.record(
      recording, spec, inputs, repeats, shown: shown(recording.directory)
    ).show(options.output)
    if let signal = Interruption.signal { throw Interruption.exitStatus(after: signal).exit }
    if recording.attempt.outcome.ending.isFailure { throw ExitStatus.workFailed.exit }
  }

  /// Performs it in the directory that was asked for, else in the first that nobody has; another
  /// process may take that meanwhile.
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
      run.command = commandLine
      // With --json stdout is ours alone.
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
    Output.outliveReader()
    let (record, adopted) = try adoption.perform(output: output, folder: "runs", base: base)
    RecordReport.record(record, adopted, inputs, .notMeasured, shown: shown(record.directory))
      .show(options.output)
  }
}
