public import Files

/// Why a run could not be performed, resumed or read from its directory.
public enum TrainingError: Error, Sendable, Hashable {
  /// The loss of the batch of `step` is not finite.
  case diverged(step: Int)
  /// A thread does not compute as IEEE 754 and SPEC.md require.
  case arithmetic(reason: String)
  /// A checkpoint does not fit the run.
  case checkpoint(reason: String)
  /// A file or directory of the run could not be read or written.
  case file(FileError)
  /// The system lacks what the run needs.
  case resources(reason: String)
  /// The directory holds a run with a version of the arithmetic that this program does not have.
  case unsupported(path: String, reason: String)
  /// The directory holds something else, or another run.
  case notOurs(path: String, reason: String)
  /// The directory already holds this run.
  case exists(path: String, finished: Bool)
  /// A record in the directory is invalid.
  case damaged(path: String, reason: String)
  /// There are checkpoints, but none validates; `reasons` has a sentence for each.
  case noValidCheckpoint(path: String, reasons: [String])
}

extension TrainingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .diverged(let step): "diverged at step \(step)"
    case .arithmetic(let reason): reason
    case .checkpoint(let reason): reason
    case .file(.busy(let path)): "\(path): another process is writing this run"
    case .file(let error): "\(error)"
    case .resources(let reason): reason
    case .unsupported(let path, let reason), .notOurs(let path, let reason): "\(path): \(reason)"
    case .exists(let path, let finished):
      finished
        ? "\(path): this run is finished already; give another directory with -o"
        : "\(path): this run was started before; continue it with --resume"
    case .damaged(let path, let reason): "\(path): \(reason)"
    case .noValidCheckpoint(let path, let reasons):
      "\(path): no checkpoint validates: \(reasons.joined(separator: "; "))"
    }
  }
}

/// Does `work` on the file system. A file that is too large or unusable counts as a damaged record.
func onDisk<Value>(
  _ work: @autoclosure () throws(FileError) -> Value
) throws(TrainingError) -> Value {
  do {
    return try work()
  } catch {
    switch error {
    case .unfit, .tooLarge: throw .damaged(path: error.path, reason: error.detail)
    case .system, .busy: throw .file(error)
    }
  }
}
