import Archive
public import Bundles
import Configs
public import Digests
import RunRecords

/// The runs at hand for each experiment.
public struct Evidence: Sendable {
  /// What an experiment asks for.
  struct Planned: Sendable {
    /// One planned run for each cell.
    var cells: [Observation]
    /// How many runs that a conclusion needs are not there, cell by cell.
    var missing: [Int]
  }

  private var observations: [String: [Observation]]
  private let planned: [String: Planned]

  init(_ observations: [String: [Observation]], planned: [String: Planned] = [:]) {
    self.observations = observations
    self.planned = planned
  }

  /// The runs of an experiment; empty if there are none.
  public subscript(experiment: String) -> [Observation] { observations[experiment] ?? [] }

  public func runs(of experiments: [String]) -> [Observation] { experiments.flatMap { self[$0] } }

  public var isEmpty: Bool { observations.values.allSatisfy(\.isEmpty) }

  func planned(_ experiment: String) -> Planned? { planned[experiment] }
}

// MARK: From runs

extension Evidence {
  /// Matches runs with the experiments' cells by their configs. Where no run has exactly a cell's
  /// config, the cell is derived from a run that logged the same trajectory more finely or for
  /// longer.
  ///
  /// - Parameter spectra: Spectra of the runs' logits, by the identity of the run's result.
  public init(_ file: ClaimsFile, runs: [RecordedRun], spectra: [Digest: RunSpectra] = [:])
    throws(AnalysisError)
  {
    var all: [Candidate] = []
    for run in runs {
      do throws(RecordError) {
        all.append(Candidate(spec: try RunSpec(json: run.config), run: run))
      } catch {
        throw AnalysisError(config: error, of: run.path)
      }
    }
    let byTrajectory = Dictionary(grouping: all, by: \.spec.trajectoryKey)
    // Without their seeds, for cells that count with any seed.
    let byConfig = Dictionary(grouping: all, by: \.spec.withoutSeed.trajectoryKey)
    var observations: [String: [Observation]] = [:]
    var planned: [String: Planned] = [:]
    for experiment in file.experiments {
      var found: [(view: Observation, run: RecordedRun)] = []
      switch experiment.source {
      case .cells(let named, let later, let takesAnySeed):
        var cells = named
        // Runs that cannot be planned yet, because the runs that they fork from are not there.
        var unknown: [Observation] = []
        for run in later {
          guard case .trainer(let parent) = run.config else { continue }
          guard
            let (view, _) = Self.observation(
              of: parent, among: byTrajectory[parent.trajectoryKey] ?? [])
          else {
            var open = Observation(planned: parent)
            open.config["at"] = .text(run.label)
            unknown.append(open)
            continue
          }
          if let step = view.memorizationStep,
            case .trainer(let spec)? = try? run.config(memorizationStep: step)
          {
            cells.append(spec)
          }
        }
        var missing: [Int] = []
        for cell in cells {
          let before = found.count
          let others = takesAnySeed ? byConfig[cell.withoutSeed.trajectoryKey] ?? [] : []
          for seed in takesAnySeed ? Set(others.map(\.spec.seed)).sorted() : [cell.seed] {
            var view = cell
            view.seed = seed
            if let entry = Self.observation(
              of: view, among: byTrajectory[view.trajectoryKey] ?? [])
            {
              found.append(entry)
            }
          }
          missing.append(max(0, experiment.leastSeeds - (found.count - before)))
        }
        planned[experiment.name] = Planned(
          cells: cells.map { Observation(planned: $0) } + unknown,
          missing: missing + unknown.map { _ in experiment.leastSeeds })
      case .recorded(let condition):
        for candidate in all {
          guard let entry = Self.observation(of: candidate.spec, among: [candidate]),
            ExpressionContext([entry.view]).value(of: condition, run: 0) == .truth(true)
          else { continue }
          found.append(entry)
        }
        // Each cell that is there needs `leastSeeds` runs.
        if experiment.leastSeeds > 1 {
          let numbers = Cell.numbers(of: found.map(\.view))
          let firsts = Set(numbers).sorted()
          planned[experiment.name] = Planned(
            cells: firsts.map { first in
              var run = found[first].view
              run.config["seed"] = nil
              return run
            },
            missing: firsts.map { first in
              max(0, experiment.leastSeeds - numbers.count { $0 == first })
            })
        }
      }
      observations[experiment.name] = found.map { view, run in
        var view = view
        if let resolution = experiment.spectrumResolution(of: view),
          let measured = run.identities.flatMap({ spectra[$0.result] })
        {
          view.takeSpectra(from: measured, at: resolution)
        }
        return view
      }
    }
    self.init(observations, planned: planned)
  }

  private struct Candidate {
    var spec: RunSpec
    var run: RecordedRun
  }

  private static func observation(
    of view: RunSpec, among candidates: [Candidate]
  ) -> (view: Observation, run: RecordedRun)? {
    func isExact(_ candidate: Candidate) -> Bool {
      candidate.spec.maxSteps == view.maxSteps && candidate.spec.logInterval == view.logInterval
        && candidate.spec.stop == view.stop
    }
    // Exact ones first, then in the order given.
    for candidate in candidates.filter(isExact) + candidates.filter({ !isExact($0) }) {
      let run = candidate.run
      let hasDiverged =
        run.outcome["stop_reason"]?.stringValue == Outcome.StopReason.diverged.rawValue
      var initial: Double?
      if case .number(let value) = run.outcome["v_initial"] { initial = value }
      if var found = Observation(
        of: candidate.spec, trace: run.trace, viewedAs: view, mayEndEarly: hasDiverged,
        initialSquaredNorm: initial, source: run.identities?.bundle.hex ?? run.path)
      {
        found.claims = run.environment?["claims"]?.stringValue
        found.stopReason = found.stopReason ?? Outcome.StopReason.diverged.rawValue
        return (found, run)
      }
    }
    return nil
  }
}

extension RunSpec {
  fileprivate var withoutSeed: RunSpec {
    var spec = self
    spec.seed = 0
    return spec
  }
}
