internal import Archive
internal import Bundles
public import RunRecords

/// Why a cell cannot be finished.
public enum SweepError: Error, Sendable, Hashable {
  /// What has the name of a cell's bundle is damaged, or another run.
  case notTheCell(path: String, reason: String)
  /// It cannot be read, so that nobody knows what it is.
  case unreadable(path: String, reason: String)
  /// It is of a format or an arithmetic that this program does not have.
  case unsupported(path: String, reason: String)
  /// A process works in the directory, or may.
  case isAtWork(path: String, host: String, process: Int)
  /// One config of the trainer has two results, which are both kept.
  case contradiction(paths: [String])
  /// The program has run and failed; what is left of it lies at `path`.
  case programFailed(path: String, ending: ProgramOutcome.Ending)
}

extension SweepError {
  init(_ error: BundleError, of path: String) {
    self =
      switch error {
      case .of(let path, let error): SweepError(error, of: path)
      case .inputOutput(let path, let detail): .unreadable(path: path, reason: detail)
      case .unsupported(let detail): .unsupported(path: path, reason: detail)
      case .notARun(_, let detail): .notTheCell(path: path, reason: detail)
      case .damaged, .notTrusted, .noSuchMember: .notTheCell(path: path, reason: "\(error)")
      }
  }
}

extension SweepError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notTheCell(let path, let reason):
      "\(path): \(reason); remove it to have the cell computed"
    case .unreadable(let path, let reason), .unsupported(let path, let reason):
      "\(path): \(reason)"
    case .isAtWork(let path, let host, let process):
      "\(path): process \(process) on \(host) is at work there, or was less than ten minutes ago: "
        + "end it, or wait"
    case .contradiction(let paths):
      "one config has two results, \(paths.joined(separator: " and ")), and both are kept: "
        + "regrok diff shows where they part, regrok replay which of them this machine computes; "
        + "nothing goes on before one of them is gone"
    case .programFailed(let path, let ending):
      "the program \(ending); what it wrote is in \(path)"
    }
  }
}
