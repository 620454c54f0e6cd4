internal import Archive
internal import Bundles
public import RunRecords

/// Why a cell cannot be finished.
public enum SweepError: Error, Sendable, Hashable {
  /// The file with the name of a cell's bundle is damaged, or holds another run.
  case notTheCell(path: String, reason: String)
  /// The file cannot be read, so its content is unknown.
  case unreadable(path: String, reason: String)
  /// Its format or version of the arithmetic is not supported by this program.
  case unsupported(path: String, reason: String)
  /// A process is, or may be, working in the directory.
  case isAtWork(path: String, host: String, process: Int)
  /// One config of the trainer has two results. Both are kept.
  case contradiction(paths: [String])
  /// The program has run and failed. What is left of it is at `path`.
  case programFailed(path: String, ending: ProgramOutcome.Ending)
  /// The program has run and failed, and its run is sealed as it is. `others` are bundles with
  /// other results of the same run.
  case failureSealed(bundle: String, others: [String], ending: ProgramOutcome.Ending)
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
      "\(path): \(reason); remove it, and the run is computed again"
    case .unreadable(let path, let reason), .unsupported(let path, let reason):
      "\(path): \(reason)"
    case .isAtWork(let path, let host, let process):
      "\(path): process \(process) on \(host) is at work there, or was less than ten minutes ago: "
        + "end it, or wait"
    case .contradiction(let paths):
      "one config has two results, \(paths.joined(separator: " and ")), and both are kept: "
        + "regrok diff shows where they differ, and regrok replay which one this machine gets; "
        + "remove one of them to continue"
    case .programFailed(let path, let ending):
      "the program \(ending); what it wrote is in \(path)"
    case .failureSealed(let bundle, let others, let ending):
      "the program \(ending); its run is sealed as it is, in \(bundle)"
        + (others.isEmpty ? "" : ", beside \(others.joined(separator: ", "))")
    }
  }
}
