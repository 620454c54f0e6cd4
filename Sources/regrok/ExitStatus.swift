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
  /// A required signature is bad or missing, or there are too few witnesses.
  case notTrusted = 3
  /// Unknown numerics or format version, a CPU feature or a program is missing: not to be done
  /// here.
  case impossibleHere = 4
  /// Within its tolerance or its own spread, not identical.
  case withinSpread = 5
  /// Recorded, but the program failed; or a sweep has cells that failed.
  case workFailed = 6
  /// A wrong argument or config.
  case usage = 64
  /// A bug in regrok.
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

  /// Thrown by a command that has printed everything itself, to end with this status.
  var exit: ExitCode { ExitCode(rawValue) }

  /// The status a command ends with if several apply; `done` if there are none.
  static func first(of statuses: some Sequence<ExitStatus>) -> ExitStatus {
    statuses.min { $0.rank < $1.rank } ?? .done
  }

  /// The most important first: a signal, a bug, then failures of the system, then what was found,
  /// and last what was not done.
  private var rank: Int {
    switch self {
    case .hungUp, .interrupted, .terminated: 0
    case .bug: 1
    case .inputOutput: 2
    case .noResources: 3
    case .damaged: 4
    case .notTrusted: 5
    case .different: 6
    case .withinSpread: 7
    case .workFailed: 8
    case .usage: 9
    case .impossibleHere: 10
    case .done: 11
    }
  }

  /// The list in `regrok --help`; the README has it too.
  static let listed = """
            0  done or identical
            1  different
            2  damaged
            3  not trusted or too few witnesses
            4  cannot be done here
            5  within its tolerance but not identical
            6  recorded but failed
           64  wrong usage, config or plan
           70  a bug in regrok
           71  no memory or threads
           74  input/output
        129, 130, 143  ended by HUP, INT, TERM

    If several apply, it is the first of 70, 74, 71, 2, 3, 1, 5, 6, 64, 4.
    """
}

/// An error that knows how the program ends; its description is the one line on stderr.
///
/// Each module's error type conforms in the file of the command that first uses it.
protocol ExitStatusProviding: Error, CustomStringConvertible {
  var exitStatus: ExitStatus { get }
}

/// A failure whose text only the command line knows.
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
    case .unknownNumerics, .unknownConfig: .impossibleHere
    case .notJSON, .trace, .checkpoint, .program: .damaged
    }
  }
}
