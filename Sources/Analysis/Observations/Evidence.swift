public import Bundles
private import Foundation
public import RunRecords

/// The observations of every experiment that there are.
public struct Evidence: Sendable {
  private var observations: [Experiment: [Observation]]

  public init(_ observations: [Experiment: [Observation]]) { self.observations = observations }

  /// Empty where nothing of it is there.
  public subscript(experiment: Experiment) -> [Observation] { observations[experiment] ?? [] }

  public var isEmpty: Bool { observations.values.allSatisfy(\.isEmpty) }
}

/// A file among those given that is no record the analysis can use.
public enum AnalysisError: Error, Sendable, Hashable {
  case unreadable(path: String, reason: String)
  case noRuns(path: String)
  /// A file of spectra that belongs to no run at hand, or is none.
  case foreign(path: String, reason: String)
  /// A run that has no spectra.
  case noSpectrum(path: String, reason: String)
  /// Why nothing can be said of a run.
  case notPredictable(reason: String)
}

extension AnalysisError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let reason), .foreign(let path, let reason),
      .noSpectrum(let path, let reason):
      "\(path): \(reason)"
    case .noRuns(let path): "\(path): no bundle (*.tar.zst) in this directory"
    case .notPredictable(let reason): reason
    }
  }
}

// MARK: From bundles

extension Evidence {
  /// The bundles in a directory and the directories below it, sorted by path.
  public static func bundles(in directory: String) throws(AnalysisError) -> [String] {
    guard let names = FileManager.default.enumerator(atPath: directory) else {
      throw .unreadable(path: directory, reason: "not a directory that can be read")
    }
    var paths: [String] = []
    while let name = names.nextObject() as? String {
      if name.hasSuffix(".tar.zst") { paths.append(directory + "/" + name) }
    }
    guard !paths.isEmpty else { throw .noRuns(path: directory) }
    return paths.sorted()
  }

  /// Matches runs with the experiments' cells by their configs; a cell for which there is no run with exactly its
  /// config is derived from one that logged the same trajectory more finely or for longer.
  ///
  /// - Parameter spectra: Of the runs' logits, by the identity of the result they are of.
  public init(runs: [RecordedRun], spectra: [Digest: RunSpectra] = [:]) throws(AnalysisError) {
    var byTrajectory: [String: [(spec: RunSpec, run: RecordedRun)]] = [:]
    for run in runs {
      let spec: RunSpec
      do {
        spec = try RunSpec(json: run.config)
      } catch {
        throw .unreadable(path: run.path, reason: "\(error)")
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
