internal import Files
internal import Programs
internal import RunRecords

/// Runs the program of one cell, and seals the result.
///
/// The caller must hold the cell's claim.
struct ProgramRunner {
  let cell: ProgramCell
  let directory: SweepDirectory
  let claim: Claim
  let command: [String]
  let before: [CanonicalJSON.Key: CanonicalJSON]
  let options: ProgramOptions
  /// Called with the steps of the program's curves.
  let took: (_ step: Int) -> Void

  enum Ending {
    /// The seconds that it took; nil if an earlier process had run it.
    case sealed(SweepSealing, seconds: Double?)
    /// It was ended on demand, and will be run again another time.
    case interrupted
  }

  /// The name of a record while it is removed.
  private static let discarded = "discarded"

  func perform() throws -> Ending {
    let earlier = try earlierRuns()
    for run in earlier {
      switch try run.state() {
      case .unused, .unfinished: break
      case .finished(let outcome):
        // A process was ended between the program's end and the seal; or the failure has been seen,
        // and the result is to be kept.
        let isKept = options.keepsFailed && !outcome.ending.interrupted
        if !outcome.ending.isFailure || isKept {
          return .sealed(try seal(run, outcome.ending), seconds: nil)
        }
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
    return .sealed(try seal(run, ending), seconds: attempt.seconds)
  }

  private func earlierRuns() throws -> [ProgramRunDirectory] {
    try directory.earlierFolders(of: claim).map { try directory.programDirectory(in: $0) }
  }

  /// Seals a finished record and removes it.
  private func seal(
    _ run: ProgramRunDirectory, _ ending: ProgramOutcome.Ending
  ) throws -> SweepSealing {
    var sealing = try directory.seal(run, as: cell, claim)
    if ending.isFailure { sealing.failure = ending }
    try run.discard(as: Self.discarded)
    return sealing
  }

  /// Removes what is left of a cell that was sealed by a process that was then killed.
  func clearAway() throws {
    for run in try earlierRuns() {
      switch try run.state() {
      case .unused: break
      case .unfinished: try run.discard(as: Self.discarded)
      case .finished(let outcome):
        // A failed run beside the sealed one is evidence, so it stays.
        if !outcome.ending.isFailure { try run.discard(as: Self.discarded) }
      }
    }
  }
}

/// Observes one program, and passes on the demands of its sweep.
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
