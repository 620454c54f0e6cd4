import Bundles
import Comparison
import Digests
import Replay
import Reports
import RunRecords
import Testing

/// What replay, diff and show print on a run of two rows and one checkpoint, made by hand.
@Suite struct ReportTextTests {
  static let spec: RunSpec = {
    var spec = Preset.tiny.spec
    spec.maxSteps = 40
    spec.logInterval = 20
    spec.checkpointInterval = 20
    return spec
  }()

  static func checkpoint(_ step: Int) -> Checkpoint {
    Checkpoint(
      step: step,
      parameters: [NamedTensor(name: "w", shape: [2, 2], values: [1, 2, 3, Float(step)])],
      optimizer: [])
  }

  static func run(path: String = "a", stored: Bool = true) -> RecordedRun {
    let rows = [0, 20].map { step in
      MetricsRow(
        step: step, trainLoss: 0.5, trainAccuracy: step == 20 ? 1 : 0.25, validationLoss: 2,
        validationAccuracy: 0.125, squaredNorm: Double(14 + step * step))
    }
    let trace = Trace(metrics: rows, hashes: [0, 20].map { checkpoint($0).hashes })
    let outcome = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: 20, lastStep: 20, stopReason: .maxSteps)
    return RecordedRun(
      path: path, identities: nil, config: spec.canonicalJSON, trace: trace,
      outcome: outcome.json, environment: ["cpu": "x"],
      checkpoints: [0, 20].map { step in
        let bytes = Safetensors.encode(checkpoint(step), runID: spec.runID, numerics: 1)
        return .init(step: step, digest: Digest(of: bytes), isStored: stored)
      },
      sizeInBytes: 12_345
    ) { Safetensors.encode(Self.checkpoint($0), runID: Self.spec.runID, numerics: 1) }
  }

  /// Returns the recorded states.
  struct Player: Reexecutor {
    var changed = false

    func supports(numerics: Int) -> Bool { numerics == 1 }
    func start(
      _ spec: RunSpec, from checkpoint: Checkpoint?, threads: Int
    ) throws -> any Reexecution { Playing(changed: changed, step: checkpoint?.step ?? -1) }

    struct Playing: Reexecution {
      var changed: Bool
      var step: Int
      var initialSquaredNorm: Double { 20 }
      mutating func advance() throws -> Bool {
        step += 1
        return true
      }
      func metrics() throws -> MetricsRow? {
        ReportTextTests.run().trace.metrics.first { $0.step == step }
      }
      func checkpoint() -> Checkpoint {
        var checkpoint = ReportTextTests.checkpoint(step)
        if changed && step == 20 { checkpoint.parameters[0].values[2] = Float(3).nextUp }
        return checkpoint
      }
    }
  }

  static func text(of replay: Replay) throws -> [String] {
    var report = try replay.perform()
    report.seconds = 0.25
    return report.textLines
  }

  @Test func identicalReplay() throws {
    #expect(
      try Self.text(of: Replay(Self.run(), with: Player(), jobs: 2)) == [
        "identical: 2 rows of metrics and hashes, 2 checkpoints, the outcome",
        "  executed  21 steps in 0.25 s; 2 segments, 2 at once",
        "  run       \(Self.spec.runID)",
      ])
    let thin = try Self.text(of: Replay(Self.run(stored: false), with: Player(), jobs: 2))
    #expect(thin[1].hasSuffix("no stored checkpoints to cut at, so one engine with 2 threads"))
  }

  @Test func replayNamesStepColumnTensorAndElement() throws {
    let changed = Player(changed: true)
    let before = Self.checkpoint(20).hashes.parameters.hex.prefix(16)
    var other = Self.checkpoint(20)
    other.parameters[0].values[2] = Float(3).nextUp
    let after = other.hashes.parameters.hex.prefix(16)
    #expect(
      try Self.text(of: Replay(Self.run(), with: changed, jobs: 1)) == [
        "different at step 20: parameters_sha256",
        "  column             stored             replayed           apart",
        "  parameters_sha256  \(before)…  \(after)…",
        "  checkpoint of step 20",
        "  1 of 1 tensors differ, the first of them in 1 of 4 values",
        "  element of w  stored  replayed   apart",
        "  [1, 0]        3.0     3.0000002  1 ULP",
        "  before it  1 row and 1 checkpoint are identical",
        "  executed   21 steps in 0.25 s; from the first step on one thread",
        "  run        \(Self.spec.runID)",
      ])
  }

  @Test func editedRowIsSaidToBeOnlyARecord() throws {
    var run = Self.run()
    run.trace.metrics[1].trainLoss = 0.5.nextUp
    let lines = try Self.text(of: Replay(run, with: Player(), jobs: 1))
    #expect(lines[0] == "different at step 20: train_loss")
    #expect(lines[2] == "  train_loss  0.5000000000000001  0.5       1 ULP")
    #expect(lines[3].contains("only what was recorded of it differs"))
  }

  @Test func equalRunsTakeOneLine() throws {
    #expect(
      try RunDiff(Self.run(), Self.run()).textLines == [
        "identical: the config, 2 rows, the outcome, 2 checkpoints by digest, 1 tensor of step 20"
      ])
  }

  @Test func diffShowsOnlyWhatDiffers() throws {
    var b = Self.run(path: "b")
    b.trace.metrics[1].squaredNorm = 414.0.nextUp.nextUp
    b.environment = ["cpu": "y"]
    let text = try RunDiff(Self.run(), b).textLines
    #expect(
      text == [
        "different: trace from step 20",
        "  A  a  run \(Self.spec.runID)",
        "  B  b  run \(Self.spec.runID)",
        "  trace, step 20  A    B                  apart",
        "    squared_norm  414  414.0000000000001  2 ULPs",
        "  curves          from step  rows    largest  at step  A    B",
        "    squared_norm  20         1 of 2  2 ULPs   20       414  414.0000000000001",
        "  equal to step 0",
        "  environment (no part of the result)  A  B",
        "    cpu                                x  y",
      ])
  }

  @Test func summaryNamesTheLogInterval() {
    let facts = RunSummary(Self.run()).facts
    let value = Dictionary(uniqueKeysWithValues: facts.map { ($0.name, $0.value) })
    #expect(value["T_mem"] == "20   (training accuracy at least 0.99, logged every 20 steps)")
    #expect(value["T_grok"] == "never   (validation accuracy at least 0.99, logged every 20 steps)")
    #expect(value["delay"] == "none")
    #expect(
      value["V"] == "20 at the start, 414 at T_mem, 414 at the end; V_mem/V_post 1, its log 0")
    #expect(value["last step"] == "20; all steps were taken")
    #expect(value["checkpoints"] == "2, after every 20 steps and the last")
    #expect(value["size"] == "12.3 kB")
    #expect(value["task"] == "modular-addition: modulus 7, train fraction 0.5")
  }
}
