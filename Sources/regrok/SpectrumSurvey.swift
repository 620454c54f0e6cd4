import Analysis
import Archive
import Bundles
import Digests
import Replay
import RunRecords
import Synchronization

/// Measures the spectra of a sealed run while performing it again, which is how a bundle without
/// checkpoints has them: what is measured belongs to a trajectory that was found identical, row by
/// row, to the sealed one.
struct SpectrumSurvey: Sendable {
  private let run: RecordedRun
  private let result: Digest
  private let modulus: Int
  private let interval: Int
  private let resolutions: [SpectrumResolution]

  /// - Parameters:
  ///   - interval: Spectra are those of the steps that it divides, the first one included.
  ///   - resolutions: Given the modulus, which to measure; each at most the modulus.
  init(
    _ run: RecordedRun, interval: Int, resolutions: (Int) -> [SpectrumResolution]
  ) throws(AnalysisError) {
    guard let result = run.identities?.result else {
      throw .noSpectrum(path: run.path, reason: "a run directory is not sealed; pack it first")
    }
    guard let modulus = (try? RunSpec(json: run.config))?.spectralModulus else {
      throw .noSpectrum(
        path: run.path, reason: "its task is neither addition nor multiplication modulo p")
    }
    self.run = run
    self.result = result
    self.modulus = modulus
    self.interval = interval
    self.resolutions = resolutions(modulus)
    for resolution in self.resolutions
    where max(resolution.operands, resolution.classes) > modulus {
      throw .noSpectrum(
        path: run.path,
        reason: "\(resolution.operands)x\(resolution.classes) is more than the modulus \(modulus)")
    }
  }

  /// The report of the replay; and the spectra, nil unless it is identical.
  func perform(
    with reexecutor: any Reexecutor, threads: Int,
    progress: @escaping @Sendable (ReplayProgress) -> Void
  ) throws -> (report: ReplayReport, spectra: RunSpectra?) {
    let spectrum = LogitSpectrum(modulus: modulus)
    let rows = Mutex<[RunSpectra.Row]>([])
    let observer = Replay.Observer(interval: interval) { [resolutions] state in
      guard let logits = state.pairLogits() else { return }
      let parameters = state.checkpoint().hashes.parameters
      let measured = resolutions.map {
        RunSpectra.Row(
          step: state.step, parameters: parameters, resolution: $0,
          power: spectrum.power(of: logits, at: $0))
      }
      rows.withLock { $0 += measured }
    }
    let report = try Replay(run, with: reexecutor, jobs: threads, observer: observer)
      .perform(progress: progress)
    guard case .identical = report.verdict else { return (report, nil) }
    // Segments of a run with checkpoints are performed in any order.
    let byStep = Dictionary(grouping: rows.withLock { $0 }, by: \.step)
    return (
      report,
      RunSpectra(result: result, rows: byStep.keys.sorted().flatMap { byStep[$0] ?? [] })
    )
  }
}
