#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Why a file or directory could not be read, written or given its name.
public enum FileError: Error, Sendable, Hashable {
  /// The system refused `operation` on `path` with the error number `code`.
  case system(operation: String, path: String, code: Int32)
  /// What has this name is not what is wanted, and nothing was done with it.
  case unfit(path: String, reason: String)
  /// The file has more bytes than are ever read of one of its kind.
  case tooLarge(path: String, limit: Int)
  /// Another process is writing it.
  case busy(path: String)

  public var path: String {
    switch self {
    case .system(_, let path, _), .unfit(let path, _), .tooLarge(let path, _), .busy(let path): path
    }
  }

  /// What is wrong with the file, for a sentence that names it before.
  public var detail: String {
    switch self {
    case .system(let operation, _, let code): "cannot \(operation): \(systemMessage(code))"
    case .unfit(_, let reason): reason
    case .tooLarge(_, let limit): "it has more than \(limit) bytes, the most that are read of it"
    case .busy: "another process is writing it"
    }
  }

  /// Whether there is nothing of that name.
  public var isMissing: Bool {
    if case .system(_, _, ENOENT) = self { true } else { false }
  }
}

extension FileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .system(let operation, let path, let code):
      "cannot \(operation) \(path): \(systemMessage(code))"
    case .unfit, .tooLarge, .busy: "\(path): \(detail)"
    }
  }
}

/// The system's words for an error number.
package func systemMessage(_ number: Int32) -> String {
  // SAFETY: strerror returns a terminated string, which is copied at once.
  unsafe String(cString: strerror(number))
}
