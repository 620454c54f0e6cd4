import Archive
import Digests
import Foundation
import RunRecords
import Testing

@testable import Bundles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Every command reads a run directory as strictly as a bundle.
@Suite struct RunDirectoryReaderTests {
  private let directory = TemporaryDirectory()

  /// Why the directory of `run` is refused; nil if it is read.
  private func error(_ run: SampleRun, unfinished: Bool = false) -> BundleError? {
    let path = run.write(to: directory, name: UUID().uuidString)
    do throws(BundleError) {
      _ = try RecordedRun(opening: path, unfinished: unfinished)
      return nil
    } catch {
      #expect(error.description.hasPrefix(path))
      return error
    }
  }

  private func changed(_ path: String, _ old: String, _ new: String) -> SampleRun {
    var run = SampleRun()
    let text = String(decoding: run.files[path]!, as: UTF8.self)
    #expect(text.contains(old))
    run.files[path] = Array(text.replacing(old, with: new).utf8)
    return run
  }

  @Test(arguments: [
    SampleRun(), SampleRun(rows: 1), SampleRun(rows: 0, diverged: true),
    SampleRun(rows: 3, diverged: true), SampleRun(rows: 9, grokked: true),
    SampleRun(checkpointInterval: 0),
  ]) func theRecordsOfAFinishedRunAreRead(run: SampleRun) throws {
    let recorded = try RecordedRun(opening: run.write(to: directory))
    #expect(recorded.trace == run.trace)
    #expect(recorded.outcome == run.outcome.json)
    #expect(recorded.checkpoints.map(\.step) == run.checkpoints.map(\.step))
    #expect(recorded.checkpoints.allSatisfy { $0.isStored && $0.digest == nil })
    for (kept, checkpoint) in zip(recorded.checkpoints, run.checkpoints) {
      #expect(try recorded.checkpoint(step: kept.step) == checkpoint)
      let name = "checkpoints/" + Checkpoint.fileName(step: kept.step)
      #expect(try recorded.digest(of: kept) == Digest(of: run.files[name]!))
    }
    let results = run.files.filter { !["environment.json", "run.json"].contains($0.key) }
    #expect(recorded.sizeInBytes == results.values.reduce(0) { $0 + $1.count })
  }

  @Test func aRecordThatLiesIsRefusedForItsReason() {
    let lies: [(String, String, String, BundleError.Reason)] = [
      ("outcome.json", "\"t_grok\":30", "\"t_grok\":40", .json),
      ("outcome.json", "\"last_step\":40", "\"last_step\":30", .trace),
      ("outcome.json", "max-steps", "diverged", .trace),
      ("outcome.json", "max-steps", "tired", .json),
      ("outcome.json", "}", "}\n", .json), ("environment.json", "{", "[", .json),
      ("config.json", "\"heads\":2", "\"heads\":3", .configLimit),
      ("trace/metrics.csv", "0,1,0.25", "0,1,0.26", .trace),
      ("trace/metrics.csv", "\n10,", "\n11,", .trace),
      ("trace/hashes.csv", "\n40,", "\n50,", .trace),
    ]
    for (path, old, new, reason) in lies {
      let error = error(changed(path, old, new))
      #expect(error?.reason == reason, "\(path), \(new): \(String(describing: error))")
    }
    var run = SampleRun()
    run.files["environment.json"] = Array("[]".utf8)
    #expect(error(run)?.reason == .json)
    for unfinished in [false, true] {
      let other = error(
        changed("config.json", "\"numerics\":1", "\"numerics\":2"), unfinished: unfinished)
      guard case .of(_, .unsupported)? = other else {
        Issue.record("\(String(describing: other))")
        continue
      }
    }
  }

  @Test func checkpointsAreThoseThatTheRunKeeps() {
    var run = SampleRun()
    let name = "checkpoints/step-00000020.safetensors"
    run.files["checkpoints/step-00000010.safetensors"] = run.files[name]
    #expect(error(run)?.member == "checkpoints/step-00000010.safetensors")
    run = SampleRun()
    run.files[name] = nil
    #expect(error(run)?.reason == .checkpoint)
    #expect(error(run)?.member == name)
    // Names that are no checkpoint's are ignored.
    run = SampleRun()
    run.files["checkpoints/step-20.safetensors"] = []
    run.files["checkpoints/notes.txt"] = []
    #expect(error(run) == nil)
  }

  /// The name gives one step and the content another.
  @Test func aCheckpointOfAnotherStepIsRefused() throws {
    var run = SampleRun()
    let name = "checkpoints/step-00000020.safetensors"
    run.files[name] = run.files["checkpoints/step-00000040.safetensors"]
    let recorded = try RecordedRun(opening: run.write(to: directory))
    let error = #expect(throws: BundleError.self) { try recorded.checkpoint(step: 20) }
    #expect(error?.reason == .checkpoint)
    #expect(error?.member == name)
    #expect(error?.description.hasSuffix("it says that it is of step 40") == true)
    #expect(try recorded.checkpoint(step: 40).step == 40)
  }

  @Test(arguments: ["config.json", "outcome.json", "environment.json", "trace/metrics.csv"])
  func whatIsNoRegularFileIsNotOpened(name: String) throws {
    for make in [
      { unsafe mkfifo($0, 0o644) }, { unsafe mkdir($0, 0o755) },
      { unsafe symlink("/dev/zero", $0) },
      // A sparse file of 64 GiB.
      { path in
        let file = unsafe open(path, O_WRONLY | O_CREAT, 0o644)
        defer { close(file) }
        return ftruncate(file, 64 << 30)
      },
    ] as [(String) -> Int32] {
      let path = SampleRun().write(to: directory, name: UUID().uuidString)
      try FileManager.default.removeItem(atPath: path + "/" + name)
      #expect(make(path + "/" + name) == 0)
      for unfinished in [false, true] {
        let error = #expect(throws: BundleError.self) {
          try RecordedRun(opening: path, unfinished: unfinished)
        }
        guard case .inputOutput(path + "/" + name, _)? = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
      }
    }
  }

  @Test func aGrowingTraceIsReadAsFarAsItIsWhole() throws {
    var run = SampleRun()
    run.files["outcome.json"] = nil
    #expect(error(run)?.description.hasSuffix("there is no outcome.json") == true)
    run.files["environment.json"] = nil
    run.files["trace/hashes.csv"]!.removeLast(30)
    run.files["checkpoints/step-00000020.safetensors"] = nil
    let recorded = try RecordedRun(
      opening: run.write(to: directory), unfinished: true)
    #expect(recorded.trace.metrics.map(\.step) == [0, 10, 20, 30])
    #expect(recorded.environment == nil)
    #expect(recorded.outcome["stop_reason"] == .null)
    #expect(recorded.outcome["t_grok"] == 30)
    #expect(recorded.checkpoints.map(\.step) == [0, 40])
    run.files["trace/hashes.csv"] = Array("step,para".utf8)
    #expect(error(run, unfinished: true) == nil)
    run.files["trace/hashes.csv"] = nil
    #expect(error(run, unfinished: true) == nil)
    var other = changed("trace/metrics.csv", "\n10,", "\n11,")
    other.files["trace/hashes.csv"] = Array(
      String(decoding: other.files["trace/hashes.csv"]!, as: UTF8.self)
        .replacing("\n10,", with: "\n11,").utf8)
    other.files["outcome.json"] = nil
    #expect(error(other, unfinished: true)?.reason == .trace)
    // Its rows are checked like those of a finished run.
    var lie = changed("trace/metrics.csv", "0,1,0.25", "0,1,0.26")
    lie.files["outcome.json"] = nil
    #expect(error(lie, unfinished: true)?.reason == .trace)
  }

  @Test func aDirectoryThatIsNotThereIsNotCalledARun() {
    let absent = directory.path + "/absent"
    #expect(throws: BundleError.inputOutput(path: absent, detail: "No such file or directory")) {
      try RunDirectoryReader(path: absent)
    }
    #expect(
      throws: BundleError.notARun(
        path: directory.path, detail: "it is not a run directory: it has no config.json")
    ) { try RecordedRun(opening: directory.path) }
  }

  /// SPEC.md 3.11: an opened bundle stays the bundle that is read, though no file stays open.
  @Test func aBundleThatTakesAnothersPlaceIsNotRead() throws {
    let path = directory.path + "/b"
    try BundleWriter.pack(runDirectory: SampleRun().write(to: directory), to: path)
    let recorded = try RecordedRun(opening: path)
    _ = try recorded.checkpoint(step: 20)
    try FileManager.default.removeItem(atPath: path)
    try BundleWriter.pack(
      runDirectory: SampleRun(seed: 43).write(to: directory, name: "other"), to: path)
    #expect(#expect(throws: BundleError.self) { try recorded.verify() }?.reason == .changed)
    #expect(
      #expect(throws: BundleError.self) { try recorded.checkpoint(step: 20) }?.reason == .changed)
  }
}
