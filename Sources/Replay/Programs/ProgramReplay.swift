import Archive
import ArchiveFiles
package import Bundles
package import Comparison
import Files
package import Programs
import RunRecords

/// Performs a sealed program again, with the inputs that were sealed, and compares what it gives.
///
/// It executes what a stranger may have written: whoever calls it has been told to.
package struct ProgramReplay {
  /// Where and how.
  package struct Options: Sendable {
    /// Where inputs lie that were sealed by their digests alone; nil: nowhere.
    package var inputs: String?
    /// A new directory in which everything is kept, and so performed to its end; nil: a temporary
    /// one, gone afterwards.
    package var keep: String?
    /// Neither tolerances nor repeats cover a difference.
    package var onlyBits = false
    /// It has no network, and may write nowhere else.
    package var isSandboxed = false
    package var command: [String] = []
    package var passes: (output: Int32?, errors: Int32?) = (nil, nil)

    package init() {}
  }

  /// What came of it.
  package struct Report {
    package var comparison: ProgramComparison
    /// The first difference that nothing covers, where the program was ended for it: what came
    /// later is not compared.
    package var endedAt: ProgramFinding?
    /// What differs from the machine and the settings that were recorded, as far as it is known
    /// before.
    package var environment: [KeyDifference]
  }

  private let run: RecordedProgram
  private let options: Options

  package init(_ run: RecordedProgram, _ options: Options) {
    self.run = run
    self.options = options
  }

  /// - Parameter whenPrepared: Told what differs, before the program starts.
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
    // It has a directory of its own here, whatever it had there.
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

  /// The sealed inputs in a directory of their own, and those that were sealed by their digests
  /// from where they are.
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

  /// The variables that were recorded with a value, as they are to be here.
  private var settings: [String: String] {
    guard case .object(let variables)? = run.environment["variables"] else { return [:] }
    let home = ProcessFacts.environment["HOME"] ?? "~"
    var settings: [String: String] = [:]
    for (name, value) in variables {
      guard let text = value.stringValue else { continue }
      settings[name.text] = text.replacing("~", with: home)
    }
    return settings
  }

  /// What of an environment can be known before a program starts, and says something about its
  /// results.
  private static func comparable(_ environment: CanonicalJSON) -> CanonicalJSON {
    guard case .object(let members) = environment else { return [:] }
    let later: [CanonicalJSON.Key] = [
      "libraries", "observed_outcome", "remarks", "git", "tool", "isolated", "plan", "claims",
    ]
    return .object(members.filter { !later.contains($0.key) })
  }
}

/// Where a replay happens.
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
    // What cannot be removed lies where such things are cleared away.
    if isTemporary { try? FileTree.remove(path) }
  }
}

/// Sees each row as it comes, and ends the program at the first that differs.
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
