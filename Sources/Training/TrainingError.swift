public import Files

/// Why a run could not be performed, resumed or read from its directory.
public enum TrainingError: Error, Sendable, Hashable {
  /// The loss of the batch of `step` is not finite.
  case diverged(step: Int)
  /// A thread does not compute as IEEE 754 and SPEC.md ask.
  case arithmetic(reason: String)
  /// A checkpoint does not fit the run.
  case checkpoint(reason: String)
  /// A file or directory of the run could not be read or written.
  case file(FileError)
  /// The system has not what the run needs.
  case resources(reason: String)
  /// The directory holds a run of an arithmetic that this program does not have.
  case unsupported(path: String, reason: String)
  /// The directory holds something else, or another run.
  case notOurs(path: String, reason: String)
  /// The directory holds this run already.
  case exists(path: String, finished: Bool)
  /// A record in the directory is not what it should be.
  case damaged(path: String, reason: String)
  /// There are checkpoints and none validates; `reasons` has a sentence for each.
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
        ? "\(path): this run is finished already"
        : "\(path): this run has been started; go on with --resume"
    case .damaged(let path, let reason): "\(path): \(reason)"
    case .noValidCheckpoint(let path, let reasons):
      "\(path): no checkpoint validates: \(reasons.joined(separator: "; "))"
    }
  }
}

/// Does `work` on the file system. A file that is too large, or none at all, is a record that is
/// not what it should be.
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
