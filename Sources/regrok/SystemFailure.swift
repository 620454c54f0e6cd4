import Foundation

/// Foundation's errors in the words that the system has for them.
enum SystemFailure {
  /// Nil where `error` is none of the system's.
  static func reason(of error: any Error) -> String? {
    switch error {
    case let error as POSIXError: Output.errorText(error.errorCode)
    case let error as CocoaError: reason(of: error)
    default: nil
    }
  }

  private static func reason(of error: CocoaError) -> String {
    let cause = (error.underlying as? POSIXError).map { Output.errorText($0.errorCode) }
    return [error.filePath, cause ?? error.localizedDescription].compactMap(\.self)
      .joined(separator: ": ")
  }
}

extension POSIXError {
  fileprivate var errorCode: Int32 { Int32(code.rawValue) }
}
