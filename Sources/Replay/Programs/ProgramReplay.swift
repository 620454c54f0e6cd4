import Archive
import ArchiveFiles
package import Bundles
package import Comparison
import Files
package import Programs
import RunRecords

/// Runs a sealed program again with the inputs that were sealed, and compares the results.
///
/// It executes code that a stranger may have written. The caller must have been told to do so.
package struct ProgramReplay {
  /// Where and how to replay.
  package struct Options: Sendable {
    /// The directory of the inputs that were sealed only by their digests; nil: none is given.
    package var inputs: String?
    /// A new directory in which to keep everything; the program then runs to its end. Nil: a
    /// temporary directory, which is removed afterwards.
    package var keep: String?
    /// Whether any difference counts, even one that tolerances or repeats would cover.
    package var onlyBits = false
    /// Whether the program runs without network, and can write nowhere else.
    package var isSandboxed = false
    package var command: [String] = []
    package var passes: (output: Int32?, errors: Int32?) = (nil, nil)

    package init() {}
  }

  /// The result of a replay.
  package struct Report {
    package var comparison: ProgramComparison
    /// The first difference that nothing covers, if the program was ended because of it. What came
    /// later is not compared.
    package var endedAt: ProgramFinding?
    /// How machine and settings differ from the recorded ones, as far as this is known before the
    /// start.
    package var environment: [KeyDifference]
  }

  private let run: RecordedProgram
  private let options: Options

  package init(_ run: RecordedProgram, _ options: Options) {
    self.run = run
    self.options = options
  }

  /// - Parameter whenPrepared: Called with the differences in the environment, before the program
  ///   starts.
  package func perform(
    _ observer: some ProgramObserver, whenPrepared: ([KeyDifference]) -> Void
  ) throws -> Report {
    guard !run.spec.run.isEmpty else {
      throw ProgramError.request(
        reason: "the run was adopted, so there is no program to execute")
    }
    let place = try Place(keep: options.keep)
    defer { place.removeTemporary() }
    let inputs = try unpackInputs(into: place.path + "/inputs")
    var spec = run.spec
    // The replay has a directory of its own, whatever the recorded run had.
    spec.ranHere = false
    var execution = ProgramRun(
      spec: spec, inputs: inputs, directory: ProgramRunDirectory("run", in: place.path),
      base: ProcessFacts.workingDirectory)
    execution.settings = settings
    execution.command = options.command
    execution.passes = options.passes
    if options.isSandboxed { execution.sandbox = try Sandbox() }
    let differences = KeyDifference.all(
      between: Self.comparable(run.environment),
      and: Self.comparable(try execution.presentEnvironment()))
    whenPrepared(differences)

    let sealed = ProgramRecord(run)
    let follower = Follower(
      observer, sealed, onlyBits: options.onlyBits, endsEarly: options.keep == nil)
    let recording = try execution.perform(follower)
    let performed = try ProgramRecord(
      recording.attempt, of: run.spec, name: options.keep.map { $0 + "/run" } ?? "the replay")
    var comparison = try ProgramComparison(sealed, performed, bits: options.onlyBits)
    comparison.environment = differences
    if run.spec.ranHere {
      comparison.gaps.append(
        .init(
          what: "the directory it ran in",
          reason: "it was recorded where more than its inputs lay, and runs here with those alone"))
    }
    return Report(
      comparison: comparison, endedAt: follower.difference, environment: differences)
  }

  // MARK: Before it starts

  /// Unpacks the sealed inputs into a directory of their own. Inputs that were sealed only by their
  /// digests are read from where they are.
  private func unpackInputs(into folder: String) throws -> ProgramInputs {
    let missing = Set(run.missingInputs)
    if let first = run.missingInputs.first, options.inputs == nil {
      throw ProgramError.input(
        path: first,
        reason: "it was sealed by its digest alone; say with --inputs in which directory it is")
    }
    let directory = try NewDirectory(path: folder)
    for entry in run.inputs.entries where !missing.contains(entry.path) {
      try run.read("inputs/" + entry.path) { (part) throws(BundleError) in
        try onDisk(try directory.append(part, to: entry.path))
      }
    }
    try directory.appear()
    return try ProgramInputs(recorded: run.inputs) { entry in
      missing.contains(entry.path) ? options.inputs! + "/" + entry.path : folder + "/" + entry.path
    }
  }

  /// The variables that were recorded with a value, as they must be here. In the values of those
  /// that the recording asked for by name, a `~` is the value's own.
  private var settings: [String: String] {
    guard case .object(let variables)? = run.environment["variables"] else { return [:] }
    let home = ProcessFacts.environment["HOME"] ?? "~"
    var settings: [String: String] = [:]
    for (name, value) in variables {
      guard let text = value.stringValue else { continue }
      settings[name.text] =
        run.spec.environment.contains(name.text) ? text : HomeDirectory.restored(home, in: text)
    }
    return settings
  }

  /// The parts of an environment that are known before a program starts and say something about its
  /// results.
  private static func comparable(_ environment: CanonicalJSON) -> CanonicalJSON {
    guard case .object(let members) = environment else { return [:] }
    let later: [CanonicalJSON.Key] = [
      "libraries", "observed_outcome", "remarks", "git", "tool", "isolated", "plan", "claims",
    ]
    return .object(members.filter { !later.contains($0.key) })
  }
}

/// The directory in which a replay happens.
private struct Place {
  let path: String
  private let isTemporary: Bool

  init(keep: String?) throws(FileError) {
    if let keep {
      let full = keep.hasPrefix("/") ? keep : ProcessFacts.workingDirectory + "/" + keep
      guard try !Disk().exists(full) else {
        throw .unfit(path: keep, reason: "it exists; nothing is overwritten")
      }
      try Disk().makeDirectory(full)
      (path, isTemporary) = (full, false)
    } else {
      let name = "regrok-replay-\(ProcessFacts.randomWord())"
      let full = ProcessFacts.temporaryDirectory + "/" + name
      try Disk().makeDirectory(full)
      (path, isTemporary) = (FileTree.resolved(full) ?? full, true)
    }
  }

  func removeTemporary() {
    // If it cannot be removed, it stays in the directory for temporary files.
    if isTemporary { try? FileTree.remove(path) }
  }
}

/// Compares each row as it comes, and ends the program at the first difference.
private final class Follower<Observer: ProgramObserver>: ProgramObserver {
  private let observer: Observer
  private let sealed: ProgramRecord
  private let onlyBits: Bool
  private let endsEarly: Bool
  private(set) var difference: ProgramFinding?

  init(_ observer: Observer, _ sealed: ProgramRecord, onlyBits: Bool, endsEarly: Bool) {
    self.observer = observer
    self.sealed = sealed
    self.onlyBits = onlyBits
    self.endsEarly = endsEarly
  }

  func began(attempt: Int) { observer.began(attempt: attempt) }

  func logged(_ reader: MetricsReader) -> Bool {
    let wantsEnd = observer.logged(reader)
    guard endsEarly, let table = try? reader.table(settledOnly: true) else { return wantsEnd }
    difference = ProgramComparison.firstDifference(
      of: sealed, soFar: table, bits: onlyBits)
    return wantsEnd || difference != nil
  }

  func demand() -> ChildProcess.Demand? { observer.demand() }
}
