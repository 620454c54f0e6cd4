import Foundation
// Exported to the whole module.
@_exported import TestSupport

/// The built program, run as a user would.
struct Program {
  struct Answer {
    /// The exit status; 128 + n when signal n ended it.
    var status: Int32
    var output: String
    var error: String
  }

  /// The program lies beside the test bundle, where the package manager puts all products.
  static let path: String = {
    let bundles = Bundle.allBundles.map(\.bundlePath).filter { $0.hasSuffix(".xctest") }
    let test = bundles.first ?? Bundle.main.executablePath ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: test).deletingLastPathComponent().path + "/regrok"
  }()

  /// Runs the program in `folder` to its end.
  static func run(_ arguments: String..., in folder: String) throws -> Answer {
    try run(arguments, in: folder)
  }

  static func run(_ arguments: [String], in folder: String) throws -> Answer {
    try Running(path, arguments, in: folder).wait()
  }

  /// Runs a shell script in which `$R` is the program.
  static func shell(_ script: String, in folder: String) throws -> Answer {
    try Running("/bin/sh", ["-c", "R='\(path)'; " + script], in: folder).wait()
  }

  /// Starts the program.
  static func start(_ arguments: String..., in folder: String) throws -> Running {
    try Running(path, arguments, in: folder)
  }

  /// A process that has been started. Its output goes to files, so it never waits for a reader.
  final class Running {
    private let process = Process()
    private let files: (output: String, error: String)

    fileprivate init(_ program: String, _ arguments: [String], in folder: String) throws {
      let base = folder + "/.process-" + UUID().uuidString
      files = (base + ".out", base + ".err")
      for file in [files.output, files.error] {
        _ = FileManager.default.createFile(atPath: file, contents: nil)
      }
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle(forWritingAtPath: files.output)
      process.standardError = FileHandle(forWritingAtPath: files.error)
      try process.run()
    }

    var isRunning: Bool { process.isRunning }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    func wait() -> Answer {
      process.waitUntilExit()
      let status = process.terminationStatus
      func text(_ path: String) -> String {
        let content = FileManager.default.contents(atPath: path) ?? Data()
        try? FileManager.default.removeItem(atPath: path)
        return String(decoding: content, as: UTF8.self)
      }
      return Answer(
        status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
        output: text(files.output), error: text(files.error))
    }
  }
}

typealias TemporaryFolder = TemporaryDirectory

extension TemporaryDirectory {
  func content(_ name: String) -> Data? { FileManager.default.contents(atPath: path + "/" + name) }

  func put(_ text: String, _ name: String) {
    _ = FileManager.default.createFile(atPath: path + "/" + name, contents: Data(text.utf8))
  }
}
