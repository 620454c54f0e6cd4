public import Bundles
public import RunRecords

/// The observations of every experiment that there are.
public struct Evidence: Sendable {
  private var observations: [Experiment: [Observation]]

  public init(_ observations: [Experiment: [Observation]]) { self.observations = observations }

  /// Empty where nothing of it is there.
  public subscript(experiment: Experiment) -> [Observation] { observations[experiment] ?? [] }

  public var isEmpty: Bool { observations.values.allSatisfy(\.isEmpty) }
}

// MARK: From runs

extension Evidence {
  /// Matches runs with the experiments' cells by their configs; a cell for which there is no run with exactly its
  /// config is derived from one that logged the same trajectory more finely or for longer.
  ///
  /// - Parameter spectra: Of the runs' logits, by the identity of the result they are of.
  public init(runs: [RecordedRun], spectra: [Digest: RunSpectra] = [:]) throws(AnalysisError) {
    var byTrajectory: [String: [(spec: RunSpec, run: RecordedRun)]] = [:]
    for run in runs {
      let spec: RunSpec
      do throws(RecordError) {
        spec = try RunSpec(json: run.config)
      } catch {
        throw AnalysisError(config: error, of: run.path)
      }
      byTrajectory[spec.trajectoryKey, default: []].append((spec, run))
    }
    let seeds = Set(runs.compactMap { $0.config["seed"]?.stringValue.flatMap { UInt64($0) } })
      .sorted()
    var observations: [Experiment: [Observation]] = [:]
    for experiment in Experiment.allCases {
      for cell in experiment.cells {
        for seed in experiment.takesAnySeed ? seeds : [cell.seed] {
          var view = cell
          view.seed = seed
          let candidates = byTrajectory[view.trajectoryKey] ?? []
          guard let (viewed, run) = Self.observation(of: view, among: candidates) else { continue }
          var found = viewed
          if let resolution = experiment.spectrumResolution(of: view),
            let measured = run.identities.flatMap({ spectra[$0.result] })
          {
            found.takeSpectra(from: measured, at: resolution)
          }
          observations[experiment, default: []].append(found)
        }
      }
    }
    self.init(observations)
  }

  private static func observation(
    of view: RunSpec, among runs: [(spec: RunSpec, run: RecordedRun)]
  ) -> (Observation, RecordedRun)? {
    func isExact(_ spec: RunSpec) -> Bool {
      spec.maxSteps == view.maxSteps && spec.logInterval == view.logInterval
        && spec.stop == view.stop
    }
    // Exact ones first, then in the order given.
    for (spec, run) in runs.filter({ isExact($0.spec) }) + runs.filter({ !isExact($0.spec) }) {
      let hasDiverged =
        run.outcome["stop_reason"]?.stringValue == Outcome.StopReason.diverged.rawValue
      if let found = Observation(
        of: spec, trace: run.trace, viewedAs: view, mayEndEarly: hasDiverged,
        source: run.identities?.bundle.hex ?? run.path)
      {
        return (found, run)
      }
    }
    return nil
  }
}
