import ArgumentParser
import RunRecords

/// How the program ends; the same numbers for every command.
enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Identical, or done.
  case done = 0
  /// Compared, and different.
  case different = 1
  /// A file is not what it says it is.
  case damaged = 2
  /// A signature was demanded and is bad or missing.
  case notTrusted = 3
  /// Unknown numerics or format version, or a CPU feature is missing.
  case impossibleHere = 4
  /// A wrong argument or config.
  case usage = 64
  /// A bug of ours.
  case bug = 70
  /// The system refused memory or threads.
  case noResources = 71
  /// The file system or a pipe refused.
  case inputOutput = 74
  /// Ended by SIGHUP, as when its terminal is closed; a run can be resumed.
  case hungUp = 129
  /// Stopped by SIGINT; a run can be resumed.
  case interrupted = 130
  /// Stopped by SIGTERM; a run can be resumed.
  case terminated = 143

  /// What a command throws to end with this status after it has said all itself.
  var exit: ExitCode { ExitCode(rawValue) }
}

/// An error that knows how the program ends; its description is the one line on stderr.
///
/// Each module's error type conforms beside the command that meets it first.
protocol ExitStatusProviding: Error, CustomStringConvertible {
  var exitStatus: ExitStatus { get }
}

/// A failure that only the command line can word.
struct CommandFailure: ExitStatusProviding {
  let exitStatus: ExitStatus
  let description: String

  init(_ exitStatus: ExitStatus, _ description: String) {
    self.exitStatus = exitStatus
    self.description = description
  }
}

extension RecordError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .config: .usage
    case .unknownNumerics: .impossibleHere
    case .notJSON, .trace, .checkpoint: .damaged
    }
  }
}
