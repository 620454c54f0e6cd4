internal import RunRecords

/// Something among the given files that the analysis cannot use, and why.
public enum AnalysisError: Error, Sendable, Hashable {
  /// It cannot be read; `reason` has the system's words.
  case unreadable(path: String, reason: String)
  /// Nothing that is there is a run.
  case noRuns(path: String)
  /// It is not a record, or belongs to no run at hand.
  case foreign(path: String, reason: String)
  /// It is a sound run of a kind that was not asked for.
  case anotherKind(path: String, reason: String)
  /// It needs an arithmetic or a config that this program does not know.
  case unsupported(path: String, reason: String)
  /// The run has no spectra.
  case noSpectrum(path: String, reason: String)
  /// Why no prediction can be made for a run.
  case notPredictable(reason: String)

  /// What is wrong with a file of claims, and where.
  case claims(reason: String)

  /// Why the config of the run at `path` could not be read.
  init(config error: RecordError, of path: String) {
    switch error {
    case .unknownNumerics, .unknownConfig:
      self = .unsupported(path: path, reason: error.description)
    case .notJSON, .config, .trace, .checkpoint, .program:
      self = .foreign(path: path, reason: "its config: \(error)")
    }
  }
}

extension AnalysisError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let reason), .foreign(let path, let reason),
      .anotherKind(let path, let reason),
      .unsupported(let path, let reason), .noSpectrum(let path, let reason):
      "\(path): \(reason)"
    case .noRuns(let path):
      "\(path): no run in this directory or below it, neither a bundle (*.tar.zst) nor the "
        + "directory of one"
    case .notPredictable(let reason), .claims(let reason): reason
    }
  }
}
