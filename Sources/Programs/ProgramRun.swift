internal import Files
package import RunRecords

/// Runs a program and records it.
///
/// Each attempt runs in the same absolute paths, freshly made, with the same inputs. So it finds
/// there only what it was given.
package struct ProgramRun {
  package let spec: ProgramSpec
  package let inputs: ProgramInputs
  package let directory: ProgramRunDirectory
  /// The directory from which it is recorded. A program named with a slash that is not an input is
  /// looked for there. With `spec.ranHere` the program also runs there.
  package let base: String
  package var limits = ProgramLimits()
  /// Variables set in addition to those of this process.
  package var settings: [String: String] = [:]
  /// Whether curves or outcome were asked for by name. An invalid file is then an error.
  package var isDeclared = false
  /// Files of curves and outcome that were asked for by name. It is said if the program did not
  /// write one of them.
  package var named: [String] = []
  /// The command line, for `run.json`.
  package var command: [String] = []
  /// Digests of what precedes the run, for `environment.json`.
  package var before: [CanonicalJSON.Key: CanonicalJSON] = [:]
  /// Descriptors to which the program's output and errors are passed on as they come.
  package var passes: (output: Int32?, errors: Int32?) = (nil, nil)
  package var graceSeconds = 10.0
  /// Nil: it may do what this process may do.
  package var sandbox: Sandbox?

  package init(
    spec: ProgramSpec, inputs: ProgramInputs, directory: ProgramRunDirectory, base: String
  ) {
    self.spec = spec
    self.inputs = inputs
    self.directory = directory
    self.base = base
  }
}

// MARK: Arguments

extension ProgramRun {
  typealias Name = ProgramRunDirectory.Name

  /// The words with all placeholders replaced, and with the path of the program.
  package func arguments(_ config: CanonicalJSON?) throws(ProgramError) -> [String] {
    var arguments = try ArgumentTemplate(spec.run).arguments(
      config: config, out: directory.path(of: Name.out),
      configFile: directory.path(of: Name.config))
    guard let program = arguments.first, !program.isEmpty else {
      throw .request(reason: "no program is named")
    }
    // For example `.venv/bin/python`, which lies beside the inputs but is not one.
    if program.contains("/") && !program.hasPrefix("/") && !spec.ranHere {
      let name = program.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
      let isInput = inputs.inputs.contains { $0.path == name }
      if !isInput, try onDisk(try Disk().exists(base + "/" + program)) {
        arguments[0] = base + "/" + program
      }
    }
    return arguments
  }

  private func variables(
    _ config: CanonicalJSON?, settings: [String: String]
  ) -> [String: String] {
    var all = ProcessFacts.environment
    all.merge(settings) { $1 }
    all["RUN_OUTPUT"] = directory.path(of: Name.out)
    all["RUN_CONFIG"] = config == nil ? nil : directory.path(of: Name.config)
    all["PWD"] = workingDirectory
    return all
  }

  private var workingDirectory: String { spec.ranHere ? base : directory.path(of: Name.work) }
}

// MARK: Performing

extension ProgramRun {
  /// Runs the program once and turns the directory into that of a finished run.
  ///
  /// An error before the program has started leaves no directory behind. After an error later,
  /// everything that the program wrote is in the directory.
  package func perform(_ observer: some ProgramObserver) throws(ProgramError) -> ProgramRecording {
    // Everything that can be refused is refused here, before anything is made.
    let program = try arguments(spec.config)[0]
    guard spec.bytes.count <= ProgramSpec.largestSize else {
      throw .request(
        reason: "words and config are too long: \(ProgramSpec.fileName) has at most "
          + "\(ProgramSpec.largestSize) bytes")
    }
    let lock = try directory.begin()
    let watcher = AttemptWatcher(observer, self, looksAtLibraries: true)
    do throws(ProgramError) {
      return try perform(program, watcher, lock)
    } catch {
      guard watcher.hasStarted else {
        directory.abandon()
        throw error
      }
      guard case .file(let reason) = error else { throw error }
      throw .unfinished(reason, kept: directory.path)
    }
  }

  private func perform(
    _ program: String, _ watcher: AttemptWatcher<some ProgramObserver>, _ lock: DirectoryLock
  ) throws(ProgramError) -> ProgramRecording {
    var log = ProgramLog(command: command)
    try directory.write(log.json.utf8, to: Name.run)
    try directory.write(spec.bytes, to: Name.program)
    try directory.write(inputs.list.bytes, to: Name.inputList)
    try keepInputs(in: directory)
    let variables = variables(spec.config, settings: settings)
    var environment = EnvironmentRecord.beginning(
      base: base, isIsolated: !spec.ranHere,
      variables: EnvironmentRecord.variables(of: variables, named: spec.environment))
    let attempt = try attempt(
      number: 1, into: directory.path, config: spec.config, settings: settings, watcher)
    var advice: [String] = []
    environment["libraries"] = .object(watcher.libraries.digests())
    let equipment = equipment(of: program, variables)
    environment.merge(equipment) { $1 }
    if let python = equipment["python"], python != .null,
      let line = EnvironmentRecord.advice(python: python, variables: variables, inputs: inputs)
    {
      advice.append(line)
    }
    environment["observed_outcome"] = .object(attempt.observedOutcome)
    environment["remarks"] = .array(attempt.recordedRemarks.map { .string($0) })
    environment.merge(before) { $1 }
    log.ended = currentTime()
    log.seconds = attempt.seconds
    try directory.finish(attempt, environment: .object(environment), log: log)
    try clearAway()
    return ProgramRecording(attempt: attempt, advice: advice, directory: directory, lock: lock)
  }

  /// The part of `environment.json` that is known before a run begins, for a run that begins now.
  package func presentEnvironment() throws(ProgramError) -> CanonicalJSON {
    let variables = variables(spec.config, settings: settings)
    var environment = EnvironmentRecord.beginning(
      base: base, isIsolated: !spec.ranHere,
      variables: EnvironmentRecord.variables(of: variables, named: spec.environment))
    environment.merge(equipment(of: try arguments(spec.config)[0], variables)) { $1 }
    return .object(environment)
  }

  /// What the program at `path` runs on, for `environment.json`: the graphics cards and, if it is
  /// Python, its version and packages.
  private func equipment(
    of path: String, _ variables: [String: String]
  ) -> [CanonicalJSON.Key: CanonicalJSON] {
    let isBeside = path.contains("/") && !path.hasPrefix("/")
    return [
      "gpus": EnvironmentRecord.graphicsCards(),
      "python": EnvironmentRecord.isPython(path)
        ? EnvironmentRecord.python(
          isBeside ? workingDirectory + "/" + path : path,
          variables: variables.map { $0.key + "=" + $0.value }.sorted())
        : .null,
    ]
  }

  /// Runs the program again in the same paths. The result goes to a folder of its own, which
  /// `endRepeats` removes.
  ///
  /// - Parameters:
  ///   - number: The number of the attempt, from 2.
  ///   - config: The record's config, or another one.
  ///   - settings: Variables set in addition to those of the first attempt.
  package func again(
    number: Int, config: CanonicalJSON?, settings: [String: String],
    _ observer: some ProgramObserver
  ) throws(ProgramError) -> ProgramAttempt {
    let folder = directory.path(of: Name.attempts + "/\(number)")
    try onDisk(try FileTree.remove(folder))
    try onDisk(try FileTree.makeDirectory(folder))
    return try attempt(
      number: number, into: folder, config: config,
      settings: self.settings.merging(settings) { $1 },
      AttemptWatcher(observer, self, looksAtLibraries: false))
  }

  /// Removes what the repeats have left.
  package func endRepeats() throws(ProgramError) {
    try directory.remove(Name.attempts)
    try clearAway()
  }

  private func clearAway() throws(ProgramError) {
    for name in [Name.work, Name.out, Name.config] { try directory.remove(name) }
  }

  /// The most bytes of inputs that are kept with a run. For the others, the digest must do.
  package static let mostInputBytes = 64 << 20

  /// Keeps copies of the inputs, the smallest first, as long as there is room.
  func keepInputs(in directory: ProgramRunDirectory) throws(ProgramError) {
    var room = Self.mostInputBytes
    for input in inputs.inputs.sorted(by: { $0.status.size < $1.status.size }) {
      room -= input.status.size
      guard room >= 0 else { return }
      let path = directory.path(of: Name.inputs + "/" + input.path)
      try onDisk(try FileTree.makeDirectory(PathParts.split(path).folder))
      _ = try onDisk(
        try FileTree.copy(
          input.source, to: path, isExecutable: input.status.isExecutable
        ) { _ in })
    }
  }
}

// MARK: One attempt

extension ProgramRun {
  private func attempt(
    number: Int, into folder: String, config: CanonicalJSON?, settings: [String: String],
    _ watcher: AttemptWatcher<some ProgramObserver>
  ) throws(ProgramError) -> ProgramAttempt {
    watcher.observer.began(attempt: number)
    try directory.makeEmpty(Name.out)
    try directory.makeEmpty(Name.work)
    if let config { try directory.write(config.utf8, to: Name.config) }
    let work = directory.path(of: Name.work)
    let staging =
      spec.ranHere
      ? InputStaging(here: inputs) : try InputStaging(inputs, in: work)
    var before: [String: FileStatus]?
    if spec.ranHere {
      before = [:]
      let own = FileTree.resolved(directory.path) ?? directory.path
      let isOther: (DirectoryWalk.Entry) -> Bool = { base + "/" + $0.path != own }
      DirectoryWalk.visit(base, enters: isOther) { before?[$0.path] = $0.status }
    }
    let variables = variables(config, settings: settings)
    let words = try arguments(config)
    let writable = [directory.path(of: Name.out), workingDirectory]
    var child = ChildProcess(
      sandbox.map { $0.wrapped(words, writing: writable, working: workingDirectory) } ?? words,
      variables: variables.map { $0.key + "=" + $0.value }.sorted(),
      mark: directory.mark, directory: workingDirectory)
    child.passes = passes
    child.graceSeconds = graceSeconds
    try watcher.begin(log: folder + "/" + Name.log, working: workingDirectory)
    let ended = try child.run(watcher)
    let ending = watcher.lookingOnceMore(ended)
    watcher.end()
    let linkRemarks = staging.changedLinks().map {
      "the input \($0), which the program had as a link, is not what it was given"
    }
    let isWhole = ended.demand == nil && ended.end == .exited(status: 0)
    var harvest = Harvest(
      spec: spec, isWhole: isWhole, isDeclared: isDeclared && isWhole && ending.demand == nil,
      repetition: .refused, named: named)
    try harvest.take(
      [
        Harvest.Place(path: directory.path(of: Name.out), name: "out"),
        Harvest.Place(
          path: workingDirectory, name: "work", staging: staging, before: before,
          ignored: [FileTree.resolved(directory.path) ?? directory.path]),
      ], into: folder)
    if !harvest.isComplete { try keepRest(in: folder) }
    return try finish(harvest, into: folder, ending, remarks: watcher.remarks(ending) + linkRemarks)
  }

  /// Keeps what could not be taken, beside the record.
  private func keepRest(in folder: String) throws(ProgramError) {
    let kept = folder + "/" + Name.kept
    try onDisk(try FileTree.makeDirectory(kept))
    for name in [Name.work, Name.out] {
      try onDisk(try FileTree.move(directory.path(of: name), to: kept + "/" + name))
    }
  }

  private func finish(
    _ harvest: Harvest, into folder: String, _ ending: ChildProcess.Ending, remarks: [String]
  ) throws(ProgramError) -> ProgramAttempt {
    var attempt = try ProgramAttempt(
      harvest, spec: spec, folder: folder,
      ending: ProgramOutcome.Ending(ending.end, ending.demand), remarks: remarks,
      seconds: ending.seconds)
    // The remarks are sealed, and must not say where the run was kept.
    if !harvest.isComplete { attempt.remarks.append("what could not be taken is in \(Name.kept)") }
    attempt.remarks = attempt.remarks.map {
      $0.replacing(directory.path + "/", with: "").replacing(base + "/", with: "")
    }
    return try attempt.writeTables()
  }
}
