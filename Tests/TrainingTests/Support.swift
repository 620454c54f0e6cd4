import Files
import Foundation
import RunRecords
import Synchronization
// Exported to the whole module.
@_exported import TestSupport
import Training

func pause(milliseconds: Int) { Thread.sleep(forTimeInterval: Double(milliseconds) / 1000) }

func content(_ path: String) -> [UInt8]? {
  FileManager.default.contents(atPath: path).map(Array.init)
}

func put(_ bytes: [UInt8], _ path: String) {
  precondition(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
}

/// The results in a run directory, by file name.
func results(_ directory: String) -> [String: [UInt8]] {
  var files: [String: [UInt8]] = [:]
  for name in FileManager.default.enumerator(atPath: directory)!.allObjects as! [String] {
    var isDirectory: ObjCBool = false
    _ = unsafe FileManager.default.fileExists(
      atPath: directory + "/" + name, isDirectory: &isDirectory)
    let isInformational = ["run.json", "environment.json", "lock"].contains(name)
    if !isDirectory.boolValue && !isInformational { files[name] = content(directory + "/" + name) }
  }
  return files
}

/// A shorter tiny preset: 13 logged steps and 5 checkpoints, the last one outside the interval.
let shortSpec: RunSpec = {
  var spec = Preset.tiny.spec
  spec.maxSteps = 39
  spec.logInterval = 3
  spec.checkpointInterval = 9
  return spec
}()

/// Records what a test asks for, and ends the run after a given step.
final class TestObserver: RunObserver {
  let lastStep: Int?
  private let state = Mutex<(start: RunStart?, rows: [MetricsRow], steps: [Int])>((nil, [], []))

  init(endAfter lastStep: Int? = nil) { self.lastStep = lastStep }

  var start: RunStart? { state.withLock { $0.start } }
  var rows: [MetricsRow] { state.withLock { $0.rows } }
  var steps: [Int] { state.withLock { $0.steps } }

  func begins(_ start: RunStart) { state.withLock { $0.start = start } }
  func logged(_ row: MetricsRow) { state.withLock { $0.rows.append(row) } }
  func took(step: Int) -> Bool {
    state.withLock { $0.steps.append(step) }
    return step == lastStep
  }
}

/// Performs or resumes a run.
@discardableResult func perform(
  _ spec: RunSpec, in path: String, threads: Int = 1, resume: Bool = true, endAfter: Int? = nil,
  saveIntervalSeconds: Double = 1000,
  beforeChange: (@Sendable (String, String) throws(FileError) -> Void)? = nil
) throws -> (ending: RunEnding, observer: TestObserver) {
  var directory = RunDirectory(path)
  directory.disk.beforeChange = beforeChange
  var performer = RunPerformer(spec: spec, directory: directory, threads: threads)
  performer.saveIntervalSeconds = saveIntervalSeconds
  let observer = TestObserver(endAfter: endAfter)
  return (try performer.perform(resume: resume, observer: observer), observer)
}
