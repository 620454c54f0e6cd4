import Archive
import ArchiveFiles
import Digests
import Foundation
import RunRecords
import Testing

@testable import Bundles

@Suite struct BundleRoundTripTests {
  private let directory = TemporaryDirectory()

  private func pack(
    _ run: SampleRun, to name: String = "run.tar.zst", thin: Bool = false, level: Int? = nil
  ) throws -> String {
    let path = directory.path + "/" + name
    try BundleWriter.pack(
      runDirectory: run.write(to: directory, name: name + ".d"), to: path, thin: thin, level: level)
    return path
  }

  @Test func everythingComesBack() throws {
    let run = SampleRun()
    let reader = try BundleReader(path: try pack(run))
    let verification = try reader.verify()
    #expect(verification.runID == run.spec.runID)
    #expect(verification.checkpointCount == 3)
    #expect(verification.memberCount == 16)
    #expect(!verification.isThin)
    #expect(verification.identity == reader.identity)
    #expect(try reader.trainer().spec == run.spec)
    #expect(try reader.trainer().outcome == run.outcome)
    #expect(reader.checkpointSteps == [0, 20, 40])
    #expect(try reader.trace() == run.trace)
    for checkpoint in run.checkpoints.reversed() {
      #expect(try reader.checkpoint(step: checkpoint.step) == checkpoint)
    }
    for (path, bytes) in run.files where path != "run.json" {
      #expect(try reader.read("data/" + path) == bytes)
    }
    #expect(throws: BundleError.noSuchMember(name: "data/run.json")) {
      try reader.read("data/run.json")
    }
  }

  @Test func identitiesAreTheDigestsOfTheTwoLists() throws {
    let reader = try BundleReader(path: try pack(SampleRun()))
    #expect(reader.identity.bundle == Digest(of: try reader.read("tagmanifest-sha256.txt")))
    #expect(reader.identity.result == Digest(of: try reader.read("data/expected-sha256.txt")))
  }

  @Test func theSameRunGivesTheSameBytes() throws {
    let run = SampleRun(values: 5000)
    _ = try pack(run, to: "a")
    _ = try pack(run, to: "b")
    #expect(directory.read("a") == directory.read("b"))
  }

  @Test func aThinBundleHasTheResultOfTheFullOne() throws {
    let run = SampleRun()
    let full = try BundleReader(path: try pack(run, to: "full"))
    let thin = try BundleReader(path: try pack(run, to: "thin", thin: true))
    #expect(try thin.verify().isThin)
    #expect(try thin.verify().checkpointCount == 0)
    #expect(thin.identity.result == full.identity.result)
    #expect(thin.identity.bundle != full.identity.bundle)
    #expect(thin.expected == full.expected)
    #expect(thin.expected.entries.count == 7)
    #expect(thin.checkpointSteps == [])
  }

  @Test func aRunWithoutCheckpointsIsNotThin() throws {
    for thin in [false, true] {
      let reader = try BundleReader(
        path: try pack(SampleRun(checkpointInterval: 0), to: "\(thin)", thin: thin))
      #expect(try !reader.verify().isThin)
      #expect(reader.checkpointSteps == [])
    }
  }

  @Test(arguments: [0, 1, 3]) func aDivergedRunIsARun(rows: Int) throws {
    let run = SampleRun(rows: rows, diverged: true)
    let reader = try BundleReader(path: try pack(run))
    _ = try reader.verify()
    #expect(try reader.trainer().outcome == run.outcome)
    #expect(try reader.trainer().outcome.stopReason == .diverged)
  }

  /// A checkpoint of several frames, of exactly one, and of one block more.
  @Test(arguments: [1 << 20, 1_048_000, 600_000]) func largeMembersAreCut(values: Int) throws {
    let run = SampleRun(rows: 2, values: values / 4 * 3)
    let reader = try BundleReader(path: try pack(run, level: 1))
    #expect(reader.store.frames.allSatisfy { $0.content <= 4 << 20 })
    _ = try reader.verify()
    for checkpoint in run.checkpoints {
      #expect(try reader.checkpoint(step: checkpoint.step) == checkpoint)
    }
  }

  @Test(arguments: [1, 12]) func theLevelDoesNotChangeTheIdentity(level: Int) throws {
    let run = SampleRun()
    let reader = try BundleReader(path: try pack(run, to: "level", level: level))
    let usual = try BundleReader(path: try pack(run, to: "usual"))
    #expect(reader.identity == usual.identity)
  }

  @Test func anExistingFileIsNeverOverwritten() throws {
    let run = SampleRun()
    let path = try pack(run)
    let runDirectory = path + ".d"
    // The same bundle is there, so there is nothing to do.
    _ = try BundleWriter.pack(runDirectory: runDirectory, to: path)
    #expect(throws: BundleError.self) {
      try BundleWriter.pack(runDirectory: runDirectory, to: path, thin: true)
    }
    _ = try BundleReader(path: path).verify()
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(names.allSatisfy { !$0.hasSuffix(".partial") })
  }

  @Test(arguments: ["outcome.json", "run.json", "config.json", "environment.json"])
  func anUnfinishedRunIsRefused(missing: String) throws {
    var run = SampleRun()
    run.files[missing] = nil
    #expect(throws: BundleError.self) { try pack(run) }
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(names == ["run.tar.zst.d"])
  }

  /// Only the process that performs a run writes `run.json`; a finished run has both times in it.
  @Test func whatDoesNotSayWhenItWasPerformedIsNoRun() throws {
    var run = SampleRun()
    let record = String(decoding: try #require(run.files["run.json"]), as: UTF8.self)
    func refusal() -> BundleError? {
      #expect(throws: BundleError.self) { try pack(run) }
    }
    func expected(_ detail: String) -> BundleError {
      .notARun(path: directory.path + "/run.tar.zst.d", detail: detail)
    }
    for (old, new) in [
      ("2026-11-23T23:59:59.999+00:00", "yesterday"), ("2026-11-24T02:03:04.005+00:00", "now"),
      ("\"ended\":\"2026-11-24T02:03:04.005+00:00\"", "\"ended\":null"),
    ] {
      try #require(record.contains(old))
      run.files["run.json"] = Array(record.replacing(old, with: new).utf8)
      #expect(refusal() == expected("run.json does not say when the run was performed"))
    }
    try FileManager.default.removeItem(atPath: directory.path + "/run.tar.zst.d/run.json")
    run.files["run.json"] = nil
    #expect(
      refusal()
        == expected(
          "there is no run.json, which says when it was performed; only run writes it"))
  }

  @Test func aRunThatLacksACheckpointIsRefused() throws {
    var run = SampleRun()
    run.files["checkpoints/step-00000020.safetensors"] = nil
    #expect(throws: BundleError.self) { try pack(run) }
  }
}
