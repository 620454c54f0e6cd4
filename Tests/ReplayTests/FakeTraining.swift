import Archive
import Bundles
import Comparison
import Digests
import Replay
import RunRecords

/// A "trainer" whose state is four numbers that each step scrambles. With it everything about
/// replay can be tested in microseconds. Training accuracy reaches 1 at step 40, validation
/// accuracy at step 80.
struct FakeTraining: Reexecutor {
  /// The parameters change by one ULP at this step.
  var disturbedStep: Int?
  /// A loss is not finite at this step.
  var divergingStep: Int?
  /// The loss of the batch is finite at this step, but its row is not.
  var stepWithoutRow: Int?

  static let spec: RunSpec = {
    var spec = Preset.tiny.spec
    spec.maxSteps = 400
    spec.logInterval = 20
    spec.checkpointInterval = 40
    spec.stop = StopRule(memorized: 0.99, grokked: 0.99, stepsAfterGrokking: 60)
    return spec
  }()

  func supports(numerics: Int) -> Bool { numerics == 1 }

  func start(
    _ spec: RunSpec, from checkpoint: Checkpoint?, threads: Int
  ) throws -> any Reexecution {
    FakeEngine(
      training: self, step: checkpoint?.step ?? -1,
      values: checkpoint?.parameters[0].values ?? [Float(spec.seed % 1000), 1, 2, 3])
  }

  /// The record of a whole run.
  func record(
    _ spec: RunSpec = Self.spec, path: String = "run", stored: Bool = true, listed: Bool = true
  ) throws -> RecordedRun {
    var engine = try start(spec, from: nil, threads: 1)
    var trace = Trace()
    var checkpoints: [Int: Checkpoint] = [:]
    var reason = Outcome.StopReason.maxSteps
    var course = RunCourse(spec)
    while course.stopReason == nil {
      guard try engine.advance() else {
        reason = .diverged
        break
      }
      guard engine.step == course.nextStep else { continue }
      guard let row = try engine.metrics() else {
        reason = .diverged
        break
      }
      course.advance(by: row)
      trace.metrics.append(row)
      trace.hashes.append(engine.checkpoint().hashes)
      checkpoints[row.step] = engine.checkpoint()
    }
    reason = course.stopReason ?? reason
    let kept = course.schedule.checkpointSteps(lastStep: course.lastStep, stopReason: reason)
    checkpoints = checkpoints.filter { kept.contains($0.key) }
    let outcome = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: engine.initialSquaredNorm,
      lastStep: trace.metrics.last?.step ?? -1, stopReason: reason)
    return RecordedRun(
      path: path, spec: spec, trace: trace, outcome: outcome, checkpoints: checkpoints,
      stored: stored, listed: listed)
  }
}

private struct FakeEngine: Reexecution {
  let training: FakeTraining
  var step: Int
  var values: [Float]
  var initialSquaredNorm: Double { 100 }

  mutating func advance() throws -> Bool {
    step += 1
    if step == training.divergingStep { return false }
    for index in values.indices {
      // The next state depends on every bit of this one.
      let scrambled = (values[index].bitPattern &+ UInt32(step)) &* 2_654_435_761
      values[index] = Float(scrambled >> 8) * 0x1p-24
    }
    if step == training.disturbedStep { values[2] = values[2].nextUp }
    return true
  }

  func metrics() throws -> MetricsRow? {
    if step == training.stepWithoutRow { return nil }
    return MetricsRow(
      step: step, trainLoss: 1 / Double(step + 1), trainAccuracy: step >= 40 ? 1 : 0.5,
      validationLoss: 2 / Double(step + 1), validationAccuracy: step >= 80 ? 1 : 0.25,
      squaredNorm: values.reduce(0) { $0 + Double($1) * Double($1) })
  }

  func checkpoint() -> Checkpoint {
    Checkpoint(
      step: step, parameters: [NamedTensor(name: "w", shape: [2, 2], values: values)],
      optimizer: [NamedTensor(name: "optimizer.exp_avg.w", shape: [1], values: [Float(step)])])
  }
}

extension RecordedRun {
  /// A record from its parts.
  init(
    path: String = "run", spec: RunSpec, trace: Trace, outcome: Outcome,
    checkpoints: [Int: Checkpoint], stored: Bool = true, listed: Bool = true
  ) {
    let bytes = checkpoints.mapValues {
      Safetensors.encode($0, runID: spec.runID, numerics: spec.numerics)
    }
    self.init(
      path: path, identities: nil, config: spec.canonicalJSON, trace: trace,
      outcome: outcome.json, environment: nil,
      checkpoints: bytes.map {
        KeptCheckpoint(step: $0, digest: listed ? Digest(of: $1) : nil, isStored: stored)
      },
      readCheckpoint: { step throws(BundleError) in
        guard stored, let bytes = bytes[step] else { throw .noSuchMember(name: "step \(step)") }
        return bytes
      })
  }

  /// The same record with one checkpoint changed, and listed as changed.
  func replacingCheckpoint(
    of step: Int, _ change: @Sendable (inout Checkpoint) -> Void
  ) throws -> RecordedRun {
    var changed = try checkpoint(step: step)
    change(&changed)
    let bytes = Safetensors.encode(changed, runID: runID, numerics: 1)
    let original = self
    return RecordedRun(
      path: path, identities: identities, config: config, trace: trace, outcome: outcome,
      environment: environment,
      checkpoints: checkpoints.map {
        $0.step == step
          ? KeptCheckpoint(step: step, digest: Digest(of: bytes), isStored: $0.isStored) : $0
      },
      readCheckpoint: { asked throws(BundleError) in
        try asked == step ? bytes : original.checkpointBytes(step: asked)
      })
  }
}

extension CanonicalJSON {
  /// The same object with new values for keys that it has; throws if it lacks one of them.
  func setting(_ values: [CanonicalJSON.Key: CanonicalJSON]) throws -> CanonicalJSON {
    guard case .object(let members) = self, Set(values.keys).isSubset(of: members.keys) else {
      throw ComparisonError.unknownKey(values.keys.map(\.text).joined(separator: ", "))
    }
    return .object(members.merging(values) { $1 })
  }
}
