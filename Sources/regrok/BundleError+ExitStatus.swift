import Archive
import Bundles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

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
    // These errors contain their path already.
    case .inputOutput, .notARun, .of: CommandFailure(exitStatus, description)
    case .damaged, .unsupported, .notTrusted, .noSuchMember:
      CommandFailure(exitStatus, "\(path): \(description)")
    }
  }

  /// Does `body`, and adds `path` to its errors about a bundle.
  static func naming<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    try refusePipe(path)
    do {
      return try body()
    } catch let error as BundleError {
      throw error.of(path)
    }
  }

  /// A bundle is read from its end, so it cannot come through a pipe.
  static func refusePipe(_ path: String) throws(CommandFailure) {
    var status = stat()
    let isThere = unsafe stat(path, &status) == 0
    let isStream = isThere && [S_IFIFO, S_IFCHR, S_IFSOCK].contains(status.st_mode & S_IFMT)
    guard isStream || path == "-" && !isThere else { return }
    throw CommandFailure(
      .usage,
      "\(path): bundles and runs are not read from pipes, standard input or devices; "
        + "give the name of a file or a directory")
  }
}
