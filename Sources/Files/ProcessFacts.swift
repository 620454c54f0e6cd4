#if canImport(FoundationEssentials)
  private import FoundationEssentials
#else
  private import Foundation
#endif
#if canImport(Darwin)
  private import Darwin
#endif

/// What the system tells this process: its environment, directories, user and executable.
package enum ProcessFacts {
  /// The environment variables as they are now.
  package static var environment: [String: String] { ProcessInfo.processInfo.environment }

  package static var workingDirectory: String { FileManager.default.currentDirectoryPath }

  /// The directory for temporary files: TMPDIR, or the system's.
  package static var temporaryDirectory: String {
    let path = FileManager.default.temporaryDirectory.path
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  package static var userName: String { ProcessInfo.processInfo.userName }

  package static var homeDirectory: String {
    environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
  }

  /// The version of the system in its own words, for systems without /etc/os-release.
  static var systemVersion: String { ProcessInfo.processInfo.operatingSystemVersionString }

  /// The path of the running executable. On Linux it leads to that file even if another one has its
  /// name by now.
  package static var executable: String {
    #if canImport(Darwin)
      var size: UInt32 = 0
      _ = unsafe _NSGetExecutablePath(nil, &size)
      var path = [CChar](repeating: 0, count: Int(size) + 1)
      // SAFETY: the call writes at most `size` bytes, and the one behind them stays NUL.
      guard unsafe _NSGetExecutablePath(&path, &size) == 0 else { return CommandLine.arguments[0] }
      return String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    #else
      "/proc/self/exe"
    #endif
  }

  /// 64 random bits as 16 hexadecimal digits, for a name that nothing else has.
  package static func randomWord() -> String {
    String(printf: "%016llx", UInt64.random(in: 0...UInt64.max))
  }
}
