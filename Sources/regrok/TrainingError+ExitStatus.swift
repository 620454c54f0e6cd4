import Files
import Training

extension TrainingError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .arithmetic, .unsupported: .impossibleHere
    case .file(let error): error.exitStatus
    case .resources: .noResources
    case .notOurs, .exists: .usage
    case .checkpoint, .damaged, .noValidCheckpoint: .damaged
    // Where a step was asked for that the run does not have.
    case .diverged: .impossibleHere
    }
  }
}
