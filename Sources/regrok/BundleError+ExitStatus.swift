import Bundles

extension BundleError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .damaged: .damaged
    case .unsupported: .impossibleHere
    case .notARun, .noSuchMember: .usage
    case .inputOutput: .inputOutput
    }
  }

  /// The same error as a command says it of the bundle at `path`.
  func of(_ path: String) -> CommandFailure {
    switch self {
    // These name their path themselves.
    case .inputOutput, .notARun: CommandFailure(exitStatus, description)
    case .damaged, .unsupported, .noSuchMember:
      CommandFailure(exitStatus, "\(path): \(description)")
    }
  }
}
