import Programs
import RunRecords

extension ProgramError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .request, .input, .secrets, .directory: .usage
    case .record(let error):
      switch error {
      // Of what the user gave: names of inputs, rules of comparison.
      case .program: .usage
      case .notJSON, .config, .unknownNumerics, .unknownConfig, .trace, .checkpoint:
        error.exitStatus
      }
    case .cannotStart: .impossibleHere
    case .written: .damaged
    case .file(let error), .unfinished(let error, _): error.exitStatus
    }
  }
}
