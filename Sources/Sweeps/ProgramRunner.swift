internal import Files
internal import Programs
internal import RunRecords

/// Performs the program of one cell, and seals what came of it.
///
/// Whoever calls it has the cell's claim.
struct ProgramRunner {
  let cell: ProgramCell
  let directory: SweepDirectory
  let claim: Claim
  let command: [String]
  let before: [CanonicalJSON.Key: CanonicalJSON]
  let options: ProgramOptions
  /// Sees the steps of its curves.
  let took: (_ step: Int) -> Void

  enum Ending {
    /// With the seconds that it took; nil where an earlier process had performed it.
    case sealed(SweepSealing, seconds: Double?)
    /// It was ended as was asked, and is performed anew another time.
    case interrupted
  }

  /// What a record is called while it is removed.
  private static let discarded = "discarded"

  func perform() throws -> Ending {
    let earlier = try earlierRuns()
    for run in earlier {
      switch try run.state() {
      case .unused, .unfinished: break
      case .finished(let outcome):
        // A process was ended between the program's end and the seal, or somebody has seen what
        // failed.
        let isKept = options.keepsFailed && !outcome.ending.interrupted
        if !outcome.ending.isFailure || isKept { return .sealed(try seal(run), seconds: nil) }
      }
    }
    if !claim.isInDoubt {
      for run in earlier { try run.discard(as: Self.discarded) }
    }
    let run = try directory.programDirectory(in: directory.folder(of: claim))
    let program = cell.program
    var execution = ProgramRun(
      spec: program.spec, inputs: program.inputs, directory: run, base: program.base)
    execution.limits = program.limits
    execution.isDeclared = program.isDeclared
    execution.command = command
    execution.before = before
    let observer = CellObserver(demand: options.demand, took: took)
    let attempt = try execution.perform(observer).attempt
    let ending = attempt.outcome.ending
    if ending.isFailure {
      if observer.hasDemanded { return .interrupted }
      guard options.keepsFailed else {
        throw SweepError.programFailed(path: run.path, ending: ending)
      }
    }
    return .sealed(try seal(run), seconds: attempt.seconds)
  }

  private func earlierRuns() throws -> [ProgramRunDirectory] {
    try directory.earlierFolders(of: claim).map { try directory.programDirectory(in: $0) }
  }

  /// Seals a finished record and removes it.
  private func seal(_ run: ProgramRunDirectory) throws -> SweepSealing {
    let sealing = try directory.seal(run, as: cell, claim)
    try run.discard(as: Self.discarded)
    return sealing
  }

  /// Removes what is left of a cell that has been sealed by a process that was then killed.
  func clearAway() throws {
    for run in try earlierRuns() {
      switch try run.state() {
      case .unused: break
      case .unfinished: try run.discard(as: Self.discarded)
      case .finished(let outcome):
        // What failed beside what is sealed is somebody's evidence.
        if !outcome.ending.isFailure { try run.discard(as: Self.discarded) }
      }
    }
  }
}

/// Sees one program, and passes on what its sweep is asked.
private final class CellObserver: ProgramObserver {
  private let ask: () -> ChildProcess.Demand?
  private let took: (Int) -> Void
  private(set) var hasDemanded = false

  init(demand: @escaping () -> ChildProcess.Demand?, took: @escaping (Int) -> Void) {
    ask = demand
    self.took = took
  }

  func began(attempt: Int) {}

  func logged(_ reader: MetricsReader) -> Bool {
    if let step = reader.lastStep { took(step) }
    return false
  }

  func demand() -> ChildProcess.Demand? {
    let demand = ask()
    if demand != nil { hasDemanded = true }
    return demand
  }
}
