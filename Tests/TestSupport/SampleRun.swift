private import Catalogue
package import RunRecords

/// A finished run, made by hand: nothing was trained, but all records agree.
package struct SampleRun {
  package var spec: RunSpec
  package var trace: Trace
  package var checkpoints: [Checkpoint]
  package var outcome: Outcome
  /// Files by their path in the run directory; tests change them to make bad runs.
  package var files: [String: [UInt8]]

  /// - Parameters:
  ///   - values: Values in each of the two parameters of a checkpoint.
  ///   - grokked: Whether the stop rule ends the run, which takes at least 5 rows.
  package init(
    rows: Int = 5, values: Int = 3, checkpointInterval: Int = 20, diverged: Bool = false,
    grokked: Bool = false, seed: UInt64 = 42
  ) {
    spec = RunSpec(
      seed: seed,
      task: .modular(.init(operation: .addition, modulus: 7, trainFraction: 0.5)),
      model: .transformer(
        .init(embedding: .shared, width: 16, heads: 2, feedforward: 32, embeddingScale: 1)),
      optimizer: .adamW(
        .init(learningRate: 0.001, weightDecay: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8)),
      batch: 16, maxSteps: diverged || grokked ? 1000 : 10 * (rows - 1) + 7, logInterval: 10,
      checkpointInterval: checkpointInterval,
      stop: StopRule(
        memorized: 0.99, grokked: 0.99, stepsAfterGrokking: grokked ? 10 * (rows - 4) - 1 : 1000))
    trace = Trace()
    checkpoints = []
    for row in 0..<rows {
      let step = 10 * row
      let checkpoint = Self.checkpoint(step: step, values: values)
      trace.metrics.append(
        MetricsRow(
          step: step, trainLoss: 1 / Double(row + 1), trainAccuracy: row > 1 ? 1 : 0.25,
          validationLoss: 2.5 / Double(row + 3), validationAccuracy: row > 2 ? 1 : 0.12,
          squaredNorm: 100.0 / Double(row + 7)))
      trace.hashes.append(checkpoint.hashes)
      if checkpointInterval > 0 && (step % checkpointInterval == 0 || row == rows - 1 && !diverged)
      {
        checkpoints.append(checkpoint)
      }
    }
    outcome = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: 123.5, lastStep: 10 * (rows - 1),
      stopReason: diverged ? .diverged : grokked ? .grokked : .maxSteps)
    if rows == 0 { outcome.lastStep = -1 }
    files = [
      "config.json": spec.canonicalJSON.utf8,
      "outcome.json": outcome.json.utf8,
      "environment.json": (["tool": "regrok 0.1.0"] as CanonicalJSON).utf8,
      "run.json":
        ([
          "command": ["regrok", "run", "a config.yaml", "-o", "/home/ada/runs/a"],
          "ended": "2026-11-24T02:03:04.005+00:00",
          "host": "sample", "started": "2026-11-23T23:59:59.999+00:00",
        ] as CanonicalJSON).utf8,
      "trace/metrics.csv": trace.metricsCSV,
      "trace/hashes.csv": trace.hashesCSV,
    ]
    for checkpoint in checkpoints {
      files["checkpoints/" + Checkpoint.fileName(step: checkpoint.step)] = Safetensors.encode(
        checkpoint, runID: spec.runID, numerics: spec.numerics)
    }
  }

  private static func checkpoint(step: Int, values: Int) -> Checkpoint {
    func tensor(_ name: String, _ salt: UInt32) -> NamedTensor {
      // A small generator, so that the values do not compress.
      var state = UInt32(step) &* 2_654_435_761 &+ salt
      let values = (0..<values).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return Float(bitPattern: 0x3f00_0000 | state >> 9)
      }
      return NamedTensor(name: name, shape: [values.count], values: values)
    }
    return Checkpoint(
      step: step, parameters: [tensor("head.weight", 1), tensor("head.bias", 2)],
      optimizer: [
        tensor("optimizer.exp_avg.head.weight", 3), tensor("optimizer.exp_avg.head.bias", 4),
      ])
  }

  /// Writes the run directory.
  package func write(to directory: TemporaryDirectory, name: String = "run") -> String {
    for (path, bytes) in files { directory.write(bytes, to: name + "/" + path) }
    return directory.path + "/" + name
  }
}

extension SampleRun: CustomStringConvertible {
  package var description: String {
    "\(trace.metrics.count) rows, \(checkpoints.count) checkpoints, \(outcome.stopReason)"
  }
}
