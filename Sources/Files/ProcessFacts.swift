#if canImport(FoundationEssentials)
  private import FoundationEssentials
#else
  private import Foundation
#endif
#if canImport(Darwin)
  private import Darwin
#endif

/// What the system told this process, and where it works.
package enum ProcessFacts {
  /// The variables as they are now.
  package static var environment: [String: String] { ProcessInfo.processInfo.environment }

  package static var workingDirectory: String { FileManager.default.currentDirectoryPath }

  /// Where files go that nobody keeps: TMPDIR, or the system's.
  package static var temporaryDirectory: String {
    let path = FileManager.default.temporaryDirectory.path
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  package static var userName: String { ProcessInfo.processInfo.userName }

  package static var homeDirectory: String {
    environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
  }

  /// As the C library of other systems than Linux says it.
  static var systemVersion: String { ProcessInfo.processInfo.operatingSystemVersionString }

  /// The file that runs, even where another has its name by now.
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

  /// A word of 64 random bits for a name that nothing else has.
  package static func randomWord() -> String {
    String(printf: "%016llx", UInt64.random(in: 0...UInt64.max))
  }
}
