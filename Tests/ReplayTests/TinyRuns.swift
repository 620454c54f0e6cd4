import Foundation
import RunRecords
import Testing
import Training

/// Real runs of a short `tiny`, in a directory that is removed when the test ends.
final class TinyRuns {
  let folder = NSTemporaryDirectory() + "regrok-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The directory of a finished run.
  func perform(
    _ name: String = "run", _ change: (inout RunSpec) -> Void = { _ in }
  ) throws -> String {
    var spec = Preset.tiny.spec
    // 101 steps, because tests are not optimised; checkpoints after 0, 40, 80 and 100.
    spec.maxSteps = 120
    spec.checkpointInterval = 40
    change(&spec)
    let path = folder + "/" + name
    let performer = RunPerformer(spec: spec, directory: RunDirectory(path), threads: 1)
    guard case .finished = try performer.perform(resume: false, observer: Unseen()) else {
      Issue.record("the run did not end")
      return path
    }
    return path
  }

  private struct Unseen: RunObserver {
    func begins(_ start: RunStart) {}
    func logged(_ row: MetricsRow) {}
    func took(step: Int) -> Bool { false }
  }

  /// Replaces text that occurs exactly once in a file.
  func edit(_ path: String, _ old: String, _ new: String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try #require(text.components(separatedBy: old).count == 2)
    try text.replacingOccurrences(of: old, with: new)
      .write(toFile: path, atomically: true, encoding: .utf8)
  }
}
