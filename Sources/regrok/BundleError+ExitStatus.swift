import Bundles

extension BundleError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .damaged: .damaged
    case .unsupported: .impossibleHere
    case .notTrusted: .notTrusted
    case .notARun, .noSuchMember: .usage
    case .inputOutput: .inputOutput
    case .of(_, let error): error.exitStatus
    }
  }

  /// The same error as a command says it of the bundle at `path`.
  func of(_ path: String) -> CommandFailure {
    switch self {
    // These name their path themselves.
    case .inputOutput, .notARun, .of: CommandFailure(exitStatus, description)
    case .damaged, .unsupported, .notTrusted, .noSuchMember:
      CommandFailure(exitStatus, "\(path): \(description)")
    }
  }

  /// Does `body`, whose errors of a bundle are those of the one at `path`.
  static func naming<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as BundleError {
      throw error.of(path)
    }
  }
}
