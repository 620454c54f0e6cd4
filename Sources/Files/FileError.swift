#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Why a file or directory could not be read, written or given its name.
public enum FileError: Error, Sendable, Hashable {
  /// The system refused `operation` on `path` with the error number `code`.
  case system(operation: String, path: String, code: Int32)
  /// What has this name cannot be used, for the given reason. It was left alone.
  case unfit(path: String, reason: String)
  /// The file has more than `limit` bytes, the most that is read of its kind.
  case tooLarge(path: String, limit: Int)
  /// Another process is writing it.
  case busy(path: String)

  public var path: String {
    switch self {
    case .system(_, let path, _), .unfit(let path, _), .tooLarge(let path, _), .busy(let path): path
    }
  }

  /// What is wrong with the file, to follow the file's name in a sentence.
  public var detail: String {
    switch self {
    case .system(let operation, _, let code): "cannot \(operation): \(systemMessage(code))"
    case .unfit(_, let reason): reason
    case .tooLarge(_, let limit): "it has more than \(limit) bytes, which is the limit"
    case .busy: "another process is writing it"
    }
  }

  /// Whether the error is that nothing has that name.
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
