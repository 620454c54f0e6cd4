import Training

extension TrainingError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .arithmetic: .impossibleHere
    case .system, .busy: .inputOutput
    case .notOurs, .exists: .usage
    case .checkpoint, .damaged, .noValidCheckpoint: .damaged
    // The end of a run, never of the program.
    case .diverged: .bug
    }
  }
}
