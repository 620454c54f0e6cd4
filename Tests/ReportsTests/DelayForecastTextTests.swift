import Analysis
import Archive
import Bundles
import Digests
import Reports
import RunRecords
import Testing

/// What `predict` prints, on runs made by hand.
@Suite struct DelayForecastTextTests {
  /// A run that has memorised at step 20 and grokked at step 40; `norms` are V at steps 0, 20, 40.
  private static func run(seed: UInt64, norms: [Double]) -> RecordedRun {
    var spec = Preset.tiny.spec
    spec.seed = seed
    let course: [(step: Int, training: Double, validation: Double)] = [
      (0, 0.25, 0.125), (20, 1, 0.25), (40, 1, 1),
    ]
    let rows = zip(course, norms).map { row, norm in
      MetricsRow(
        step: row.step, trainLoss: 0.5, trainAccuracy: row.training, validationLoss: 2,
        validationAccuracy: row.validation, squaredNorm: norm)
    }
    let digest = Digest(of: [UInt8(seed)])
    let trace = Trace(
      metrics: rows,
      hashes: rows.map { HashRow(step: $0.step, parameters: digest, optimizer: digest) })
    let outcome = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: norms[0], lastStep: 40,
      stopReason: .maxSteps)
    return RecordedRun(
      path: "run \(seed)", identities: nil, config: spec.canonicalJSON, trace: trace,
      outcome: outcome.json, environment: nil, checkpoints: [], readCheckpoint: { _ in [] })
  }

  /// κ = log(300 / 100) / (2 · 0.001 · 1 · 20).
  @Test func theNumbersOfTheFirstPassageAreSaid() throws {
    let forecast = try DelayForecast(
      of: Self.run(seed: 1, norms: [400, 300, 100]),
      calibratedOn: [Self.run(seed: 2, norms: [400, 300, 100])])
    let lines = forecast.textLines
    #expect(lines[1] == "calibrated on 1 run: V_post = 100, delay = 20, V* = 100, κ = 27.47")
    #expect(!lines.contains { $0.contains(" -  ") })
    #expect(forecast.json["v_star"] == 100)
    #expect(forecast.json["kappa"]?.doubleValue.map { abs($0 - 27.46531) < 1e-5 } == true)
  }

  @Test func whereAFormGivesNoValueTheReasonIsSaid() throws {
    let forecast = try DelayForecast(
      of: Self.run(seed: 3, norms: [50, 90, 120]),
      calibratedOn: [Self.run(seed: 2, norms: [400, 300, 100])])
    func row(_ name: String) -> String? { forecast.textLines.first { $0.hasPrefix(name) } }
    for (name, reason) in [
      ("Algorithm 1, γ = γ_fit", "V does not fall after T_mem"),
      ("Algorithm 1, γ = ηλ", "V_mem is not well above V_post"),
      ("Algorithm 1, γ = 2ηλ", "V_mem is not well above V_post"),
      ("first passage", "V_mem is not above V*"),
    ] {
      #expect(row(name)?.hasSuffix("  " + reason) == true, "\(row(name) ?? name)")
    }
    #expect(row("mean delay")?.hasPrefix("mean delay ") == true)
  }
}
