import Files
import Foundation
import RunRecords
import Testing
import Training

/// A run that one process begins and another one continues, from memory to a directory and from
/// directory to directory.
@Suite struct SuccessionTests {
  private let folder = TemporaryDirectory()

  private func directory(_ name: String) -> RunDirectory { RunDirectory(folder.path + "/" + name) }

  private func memory(_ spec: RunSpec, endAfter step: Int? = nil, patience: Double = 15) throws
    -> MemoryRun
  {
    try MemoryRun(
      performing: spec, threads: 1, command: ["test"], before: [:], patienceSeconds: patience,
      observer: TestObserver(endAfter: step))
  }

  @Test func inMemoryARunRecordsTheSame() throws {
    let run = try memory(shortSpec)
    guard case .ended(let outcome) = run.ending else {
      Issue.record("it ended as \(run.ending)")
      return
    }
    let expected = ResumeTests.expected
    let performed = run.performed(shortSpec, trace: run.trace, outcome: outcome)
    #expect(performed.trace.metricsCSV == expected["trace/metrics.csv"])
    #expect(performed.trace.hashesCSV == expected["trace/hashes.csv"])
    #expect(performed.outcome.json.utf8 == expected["outcome.json"])
    for checkpoint in performed.checkpoints {
      let bytes = Safetensors.encode(
        checkpoint, runID: shortSpec.runID, numerics: shortSpec.numerics)
      #expect(bytes == expected["checkpoints/" + Checkpoint.fileName(step: checkpoint.step)])
    }
    #expect(performed.checkpoints.count == expected.keys.count { $0.hasPrefix("checkpoints/") })
  }

  @Test(arguments: [0, 8, 9, 34]) func writtenToADirectoryItGoesOn(step: Int) throws {
    let run = try memory(shortSpec, endAfter: step)
    #expect(run.ending == .interrupted && !run.hasEnded)
    try run.write(to: directory("run"))
    let (_, observer) = try perform(shortSpec, in: directory("run").path)
    #expect(observer.start?.step == step)
    #expect(results(directory("run").path) == ResumeTests.expected)
  }

  @Test func withoutPatienceItIsOutgrownAtOnce() throws {
    #expect(try memory(shortSpec, patience: 0).ending == .outgrown)
    #expect(try memory(shortSpec, endAfter: 0, patience: 0).ending == .interrupted)
  }

  /// The newest state is taken, wherever it is; what is not a state of this run is ignored.
  @Test func theNewestStateIsTakenOver() throws {
    for (name, step) in [("first", 12), ("second", 21), ("third", 3)] {
      try perform(shortSpec, in: directory(name).path, endAfter: step)
    }
    var other = shortSpec
    other.seed += 1
    try perform(other, in: directory("other").path, endAfter: 30)
    let before = results(directory("second").path)
    let others = ["first", "second", "third", "other", "none"].map { directory($0) }
    let successor = directory("successor")
    #expect(try successor.takeOver(shortSpec, from: others))
    let (_, observer) = try perform(shortSpec, in: successor.path)
    #expect(observer.start?.step == 21)
    #expect(results(successor.path) == ResumeTests.expected)
    #expect(results(directory("second").path) == before)
  }

  @Test func aDamagedStateIsPassedOver() throws {
    try perform(shortSpec, in: directory("old").path, endAfter: 12)
    try perform(shortSpec, in: directory("new").path, endAfter: 21)
    for folder in ["resume", "checkpoints"] {
      let path = directory("new").path + "/" + folder
      for name in try FileManager.default.contentsOfDirectory(atPath: path) {
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path + "/" + name))
      }
    }
    let successor = directory("successor")
    #expect(try successor.takeOver(shortSpec, from: [directory("new"), directory("old")]))
    let (_, observer) = try perform(shortSpec, in: successor.path)
    #expect(observer.start?.step == 12)
    #expect(results(successor.path) == ResumeTests.expected)
  }

  @Test func whatHasEndedIsTakenOverWhole() throws {
    try perform(shortSpec, in: directory("done").path)
    try perform(shortSpec, in: directory("begun").path, endAfter: 30)
    let successor = directory("successor")
    #expect(try successor.takeOver(shortSpec, from: [directory("begun"), directory("done")]))
    #expect(results(successor.path) == ResumeTests.expected)
    #expect(try successor.readOutcome() != nil)
    // The files on who performed the run, and when.
    for name in ["environment.json", "run.json"] {
      let written = try #require(content(directory("done").path + "/" + name))
      #expect(content(successor.path + "/" + name) == written, "\(name)")
    }
  }

  /// A checkpoint names its run; an outcome does not.
  @Test func whatHasEndedOfAnotherConfigIsNotTakenOver() throws {
    var other = shortSpec
    other.seed += 1
    try perform(other, in: directory("other").path)
    let successor = directory("successor")
    #expect(try !successor.takeOver(shortSpec, from: [directory("other")]))
    #expect(!FileManager.default.fileExists(atPath: successor.path))
  }

  @Test func ofNothingNothingIsTaken() throws {
    try FileManager.default.createDirectory(
      atPath: directory("empty").path, withIntermediateDirectories: true)
    let successor = directory("successor")
    #expect(try !successor.takeOver(shortSpec, from: [directory("empty"), directory("none")]))
    #expect(!FileManager.default.fileExists(atPath: successor.path))
  }
}
