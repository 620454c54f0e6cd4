import Archive
import Bundles
import Catalogue
import Digests
import Foundation
import RunRecords

@testable import Analysis

/// Runs whose every figure is known: V = floor + (13 500 − floor)·e^{−2c·ηλ·s} at step s, where c
/// is `contraction`. They memorise and grok at given steps.
struct SyntheticRun {
  var spec: RunSpec
  var memorization = 800
  var grokking = 1800
  var contraction = 0.7
  var floor = 250.0
  var lastStep: Int

  init(_ spec: RunSpec) {
    self.spec = spec
    lastStep = spec.maxSteps - 1
  }

  func norm(at step: Int) -> Double {
    guard case .adamW(let optimizer) = spec.optimizer else { return .nan }
    let decay = optimizer.learningRate * optimizer.weightDecay
    return floor + (13_500 - floor) * exp(-2 * contraction * decay * Double(step))
  }

  var trace: Trace {
    var trace = Trace()
    for step in stride(from: 0, through: lastStep, by: spec.logInterval) {
      trace.metrics.append(
        MetricsRow(
          step: step, trainLoss: 1, trainAccuracy: step >= memorization ? 1 : 0.5,
          validationLoss: 2, validationAccuracy: step >= grokking ? 1 : 0.01,
          squaredNorm: norm(at: step)))
    }
    return trace
  }

  var recorded: RecordedRun {
    let trace = trace
    let outcome = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: 13_500,
      lastStep: trace.metrics.last?.step ?? -1, stopReason: .maxSteps)
    let digest = Digest(of: Array("\(spec.canonicalJSON.text) \(lastStep)".utf8))
    return RecordedRun(
      path: "synthetic", identities: .init(bundle: digest, result: digest),
      config: spec.canonicalJSON, trace: trace, outcome: outcome.json, environment: nil,
      checkpoints: [], readCheckpoint: { _ in [] })
  }

  /// The view of the run that its own config asks for.
  var observation: Observation {
    Observation(of: spec, trace: trace, viewedAs: spec, mayEndEarly: true, source: "synthetic")!
  }
}

/// The base cell logged every 10 steps for `steps`.
func fineSpec(seed: UInt64 = 42, steps: Int = 6000) -> RunSpec {
  var spec = Preset.modularAddition.spec
  spec.seed = seed
  spec.logInterval = 10
  spec.maxSteps = steps
  return spec
}
