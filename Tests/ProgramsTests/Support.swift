import Files
import Foundation
import Programs
// Exported to the whole module.
@_exported import TestSupport

/// Collects what a program writes, and makes a demand at a moment that the test chooses.
final class WatchedOutput: ChildObserver {
  private(set) var bytes: [UInt8] = []
  private(set) var count = 0
  private(set) var process: Int32 = 0
  /// What is demanded, and the output after which it is demanded.
  var demand: (after: String, then: ChildProcess.Demand)?
  /// The most bytes that are kept.
  var most = 1 << 20

  var text: String { String(decoding: bytes, as: UTF8.self) }

  func started(_ process: Int32) { self.process = process }

  func wrote(_ bytes: ArraySlice<UInt8>, asError: Bool) {
    count += bytes.count
    self.bytes += bytes.prefix(max(0, most - self.bytes.count))
  }

  func demand(_ process: Int32, after seconds: Double) -> ChildProcess.Demand? {
    guard let demand, text.contains(demand.after) else { return nil }
    return demand.then
  }
}

/// A script's background jobs ignore SIGINT, and so do programs that such a job starts. This
/// restores the default, so that the tests also work in such a job.
let hearsInterrupts: Void = { _ = signal(SIGINT, SIG_DFL) }()

/// A shell script as a child process. Each script ends by itself within a minute, whatever the test
/// does.
func script(_ text: String, in directory: String? = nil) -> ChildProcess {
  _ = hearsInterrupts
  let mark = "REGROK_TEST_MARK=\(UUID().uuidString)"
  let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
  var child = ChildProcess(
    ["sh", "-c", text], variables: ["PATH=\(path)", mark], mark: mark, directory: directory)
  child.graceSeconds = 0.4
  return child
}

/// Observes programs, and demands an end while a file exists.
final class QuietObserver: ProgramObserver {
  private(set) var attempts: [Int] = []
  private(set) var steps: [Int] = []
  var endsAtStep: Int?
  /// What is demanded while this file exists.
  var ending: (file: String, then: ChildProcess.Demand)?

  func began(attempt: Int) { attempts.append(attempt) }

  func logged(_ reader: MetricsReader) -> Bool {
    if let step = reader.lastStep { steps.append(step) }
    return endsAtStep.map { steps.last ?? -1 >= $0 } ?? false
  }

  func demand() -> ChildProcess.Demand? {
    guard let ending, FileManager.default.fileExists(atPath: ending.file) else { return nil }
    return ending.then
  }
}

extension TemporaryDirectory {
  func write(_ text: String, to name: String) { write(Array(text.utf8), to: name) }

  func text(_ name: String) -> String { String(decoding: read(name), as: UTF8.self) }

  func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }

  /// The files below a directory, sorted.
  func files(in name: String) -> [String] {
    DirectoryWalk.entries(of: path + "/" + name).entries.filter { $0.kind != .directory }
      .map(\.path).sorted()
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: path + "/" + name, withDestinationPath: target)
  }
}
