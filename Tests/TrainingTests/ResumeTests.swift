import Files
import Foundation
import RunRecords
import Synchronization
import Testing
import Training

/// A run that ends at any moment can be resumed, and ends with the same bits.
@Suite struct ResumeTests {
  /// The results of an undisturbed run.
  static let expected: [String: [UInt8]] = {
    let folder = TemporaryDirectory()
    _ = try! perform(shortSpec, in: folder.path)
    return results(folder.path)
  }()

  @Test(arguments: [0, 1, 2, 8, 9, 17, 34, 35])
  func interruptedAfterAStep(step: Int) throws {
    let folder = TemporaryDirectory()
    let (ending, _) = try perform(shortSpec, in: folder.path, endAfter: step)
    guard case .interrupted(step) = ending else {
      Issue.record("it ended as \(ending)")
      return
    }
    let (_, observer) = try perform(shortSpec, in: folder.path, threads: 2)
    #expect(observer.start?.step == step)
    #expect(observer.steps.first == (step == 35 ? nil : step + 1))
    #expect(results(folder.path) == Self.expected)
  }

  @Test func savedAfterEveryStepAndInterruptedOften() throws {
    let folder = TemporaryDirectory()
    for step in stride(from: 1, to: 36, by: 5) {
      try perform(shortSpec, in: folder.path, endAfter: step, saveIntervalSeconds: 0)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path + "/resume").count <= 2)
    }
    try perform(shortSpec, in: folder.path, saveIntervalSeconds: 0)
    #expect(results(folder.path) == Self.expected)
    let run = try CanonicalJSON(canonical: content(folder.path + "/run.json")!)
    guard case .array(let resumes)? = run["resumes"] else {
      Issue.record("no resumes")
      return
    }
    #expect(resumes.compactMap { $0["step"]?.intValue } == [1, 6, 11, 16, 21, 26, 31])
    #expect(run["ended"]?.stringValue != nil)
  }

  /// Ends the run before each change of the file system in turn, as a kill would, then resumes it.
  @Test func endedBeforeAnyChangeOfTheFileSystem() throws {
    var spec = shortSpec
    spec.maxSteps = 6
    spec.logInterval = 2
    spec.checkpointInterval = 2
    let whole = Mutex(0)
    let first = TemporaryDirectory()
    try perform(spec, in: first.path, saveIntervalSeconds: 0) { _, _ in
      whole.withLock { $0 += 1 }
    }
    let changes = whole.withLock { $0 }
    #expect(changes > 100)
    let expected = results(first.path)
    for change in 0..<changes {
      let folder = TemporaryDirectory()
      let count = Mutex(0)
      // After a kill the process does not clean up and changes nothing more.
      @Sendable func kill(operation: String, path: String) throws(FileError) {
        let now = count.withLock { value in
          value += 1
          return value
        }
        if now > change { throw .system(operation: operation, path: path, code: 0) }
      }
      #expect(throws: TrainingError.self) {
        try perform(spec, in: folder.path, saveIntervalSeconds: 0, beforeChange: kill)
      }
      try perform(spec, in: folder.path)
      #expect(results(folder.path) == expected, "killed before change \(change)")
    }
  }

  /// Cuts both traces at every byte of their last rows.
  @Test func aTornTraceIsCut() throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 19)
    let before = folder.path + "/before"
    try FileManager.default.createDirectory(atPath: before, withIntermediateDirectories: true)
    for name in ["config.json", "trace", "checkpoints", "resume", "run.json", "environment.json"] {
      try FileManager.default.moveItem(
        atPath: folder.path + "/" + name, toPath: before + "/" + name)
    }
    for name in ["metrics.csv", "hashes.csv"] {
      // Rows that came after the checkpoint, the last of them torn.
      let whole = content(before + "/trace/" + name)!
      let last = Self.expected["trace/" + name]!
      for extra in stride(from: 0, through: 150, by: 15) {
        let copy = folder.path + "/copy"
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: before, toPath: copy)
        put(Array(last.prefix(whole.count + extra)), copy + "/trace/" + name)
        let (_, observer) = try perform(shortSpec, in: copy)
        #expect(observer.start?.step == 19)
        #expect(results(copy) == Self.expected)
      }
      // If a trace ends before the checkpoint, the run goes back to an older one.
      let copy = folder.path + "/copy"
      try? FileManager.default.removeItem(atPath: copy)
      try FileManager.default.copyItem(atPath: before, toPath: copy)
      put(Array(whole.dropLast(1)), copy + "/trace/" + name)
      let (_, observer) = try perform(shortSpec, in: copy)
      #expect(observer.start?.step == 9)
      #expect(
        observer.start?.rejected == [
          "resume/step-00000019.safetensors: the traces are not whole up to it",
          "checkpoints/step-00000018.safetensors: the traces are not whole up to it",
        ])
      #expect(results(copy) == Self.expected)
    }
  }

  private static let damages = ["flip", "truncate", "empty", "remove", "other step"]

  /// Damages the checkpoint of a step.
  private func damage(_ damage: String, _ step: Int, in folder: TemporaryDirectory) throws {
    let name = folder.path + "/checkpoints/" + Checkpoint.fileName(step: step)
    var bytes = try #require(content(name))
    switch damage {
    case "flip": bytes[bytes.count - 100] ^= 1
    case "truncate": bytes.removeLast(5)
    case "empty": bytes = []
    case "remove":
      try FileManager.default.removeItem(atPath: name)
      return
    default:
      let other = Checkpoint.fileName(step: step == 0 ? 9 : 0)
      bytes = try #require(content(folder.path + "/checkpoints/" + other))
    }
    put(bytes, name)
  }

  /// If the newest checkpoint is damaged, the run goes back to the one before. A damaged older
  /// checkpoint is computed again at the end, and the newer ones stay.
  @Test(arguments: [0, 9, 18], damages)
  func aDamagedCheckpointCostsOneInterval(step: Int, damage: String) throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 18)
    try self.damage(damage, step, in: folder)
    let (_, observer) = try perform(shortSpec, in: folder.path)
    #expect(observer.start?.step == (step == 18 ? 9 : 18))
    #expect(results(folder.path) == Self.expected)
  }

  @Test func aCheckpointOutsideTheScheduleCountsWhereOneBeforeItIsDamaged() throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 19)
    for step in [0, 18] { try damage("flip", step, in: folder) }
    let (_, observer) = try perform(shortSpec, in: folder.path)
    #expect(observer.start?.step == 19)
    #expect(observer.start?.rejected == [])
    #expect(results(folder.path) == Self.expected)
  }

  @Test(arguments: damages)
  func whereNoneValidatesNothingIsChanged(damage: String) throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 9)
    for step in [9, 0] { try self.damage(step == 0 ? "flip" : damage, step, in: folder) }
    let before = results(folder.path)
    let error = #expect(throws: TrainingError.self) { try perform(shortSpec, in: folder.path) }
    #expect(error?.description.contains("no checkpoint validates") == true)
    #expect(results(folder.path) == before)
  }

  @Test func computingACheckpointAnewCanBeInterrupted() throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 18)
    for step in [0, 9] { try damage("flip", step, in: folder) }
    // The run itself does not report its last step; the repair comes after it.
    let (ending, observer) = try perform(shortSpec, in: folder.path, endAfter: 36)
    guard case .interrupted(36) = ending else {
      Issue.record("it ended as \(ending)")
      return
    }
    #expect(observer.steps.last == 36)
    #expect(content(folder.path + "/outcome.json") == nil)
    try perform(shortSpec, in: folder.path)
    #expect(results(folder.path) == Self.expected)
  }

  /// The row and the computed state disagree, so neither can be trusted.
  @Test func aRowThatTheRunDoesNotGiveEndsIt() throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 18)
    let hashes = folder.path + "/trace/hashes.csv"
    var lines = String(decoding: try #require(content(hashes)), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    let row = try #require(lines.firstIndex { $0.hasPrefix("9,") })
    lines[row] = "9," + lines[row - 1].drop { $0 != "," }.dropFirst()
    put(Array((lines.joined(separator: "\n") + "\n").utf8), hashes)
    let error = #expect(throws: TrainingError.self) { try perform(shortSpec, in: folder.path) }
    #expect(error?.description.contains("step 9 is not what the run computes") == true)
    #expect(content(folder.path + "/outcome.json") == nil)
  }

  @Test func theNameOfACheckpointCanSayAnyStep() throws {
    var spec = shortSpec
    (spec.logInterval, spec.checkpointInterval) = (1, 9)
    let folder = TemporaryDirectory()
    try perform(spec, in: folder.path, endAfter: 18)
    let name = "checkpoints/" + Checkpoint.fileName(step: Int.max)
    put([1], folder.path + "/" + name)
    let (_, observer) = try perform(spec, in: folder.path)
    #expect(
      observer.start?.rejected == ["\(name): its step is beyond the last one of the run"])
    #expect(content(folder.path + "/" + name) == nil)
  }

  @Test func aCheckpointOfAnotherRunIsNotUsed() throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 18)
    var other = shortSpec
    other.seed = 1
    let foreign = TemporaryDirectory()
    try perform(other, in: foreign.path)
    let name = "/checkpoints/" + Checkpoint.fileName(step: 18)
    put(content(foreign.path + name)!, folder.path + name)
    let (_, observer) = try perform(shortSpec, in: folder.path)
    #expect(observer.start?.checkpoint == "checkpoints/step-00000009.safetensors")
    #expect(
      observer.start?.rejected == [
        "checkpoints/step-00000018.safetensors: it belongs to the run \(other.runID)"
      ])
    #expect(results(folder.path) == Self.expected)
  }

  /// The traces have no row for a checkpoint outside the schedule, so its name must give its step.
  @Test func aCheckpointOutsideTheScheduleIsOfTheStepOfItsName() throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 19)
    let name = "resume/" + Checkpoint.fileName(step: 19)
    try #require(content(folder.path + "/" + name) != nil)
    let other = folder.path + "/checkpoints/" + Checkpoint.fileName(step: 18)
    put(try #require(content(other)), folder.path + "/" + name)
    let (_, observer) = try perform(shortSpec, in: folder.path)
    #expect(observer.start?.rejected == ["\(name): it is of step 18"])
    #expect(observer.start?.checkpoint == "checkpoints/" + Checkpoint.fileName(step: 18))
    #expect(results(folder.path) == Self.expected)
  }

  @Test func whatWasHalfWrittenIsRemoved() throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 10)
    for name in [
      "/.outcome.json.partial", "/resume/.step-00000011.safetensors.partial",
      "/checkpoints/.step-00000018.safetensors.partial", "/trace/.metrics.csv.partial",
    ] {
      put([1, 2], folder.path + name)
    }
    try perform(shortSpec, in: folder.path)
    #expect(results(folder.path) == Self.expected)
  }

  @Test func aFailedWriteKeepsTheOldFileAndSaysSo() throws {
    let folder = TemporaryDirectory()
    @Sendable func fill(operation: String, path: String) throws(FileError) {
      if operation == "sync" && path.hasSuffix("18.safetensors.partial") {
        throw .system(operation: operation, path: path, code: 28)
      }
    }
    let error = #expect(throws: TrainingError.self) {
      try perform(shortSpec, in: folder.path, beforeChange: fill)
    }
    #expect(
      error?.description == "cannot sync \(folder.path)/checkpoints/"
        + ".step-00000018.safetensors.partial: No space left on device")
    try perform(shortSpec, in: folder.path)
    #expect(results(folder.path) == Self.expected)
  }
}
