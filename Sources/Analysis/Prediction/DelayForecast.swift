import Archive
public import Bundles
import Digests
public import RunRecords

/// What each form of the predictor says about one run.
public struct DelayForecast: Sendable {
  public struct Line: Sendable {
    public var form: DelayPredictor.Form
    /// Nil if the form gives no prediction.
    public var delay: Double?
  }

  public var run: Observation
  public var predictor: DelayPredictor
  /// How many runs it is calibrated on; nil for the paper's published means.
  public var calibrationCount: Int?
  public var lines: [Line]

  /// T_mem; a forecast exists from memorisation on.
  public var memorizationStep: Int
  /// The delay that came; nil before the run has grokked.
  public var actualDelay: Double? { run.delay }
}

extension DelayForecast {
  /// - Parameters:
  ///   - recorded: The run, finished or not.
  ///   - calibration: Runs to calibrate on. Of these, runs of the same kind with another seed are
  ///     used. With nil, the paper's published means for the run's cell are used.
  public init(of recorded: RecordedRun, calibratedOn calibration: [RecordedRun]?)
    throws(AnalysisError)
  {
    let run = try Self.observation(of: recorded)
    guard let memorized = run.memorizationStep else {
      throw .notPredictable(
        reason: "\(recorded.path): the run has not memorised yet, so nothing can be predicted")
    }
    // The law holds only while the settings stay the same.
    if let change = recorded.firstChange(from: memorized) {
      throw .notPredictable(
        reason: "\(recorded.path): it is changed at step \(change), after it has memorised")
    }
    self.run = run
    memorizationStep = memorized
    if let calibration {
      var others: [Observation] = []
      // A run without rows has no delay and is not used.
      for other in calibration where !other.trace.metrics.isEmpty {
        let other = try Self.observation(of: other)
        if other.isSameKind(as: run) && other.seed != run.seed { others.append(other) }
      }
      guard let predictor = DelayPredictor(calibratedOn: others) else {
        throw .notPredictable(
          reason:
            "\(recorded.path): no run of its kind with another seed to calibrate on has grokked")
      }
      self.predictor = predictor
      calibrationCount = others.count { $0.delay != nil }
    } else {
      guard let predictor = DelayPredictor(publishedFor: run) else {
        throw .notPredictable(
          reason: "\(recorded.path): the paper has no mean values for such runs; "
            + "--calibrate DIR takes them from your own runs")
      }
      self.predictor = predictor
    }
    let predictor = self.predictor
    lines = DelayPredictor.Form.all.map { Line(form: $0, delay: predictor.delay($0, for: run)) }
  }

  /// The forecast from the paper's published means, at the first logged row that counts as
  /// memorised. Nil if the row does not count as memorised, if the config has changes on the way,
  /// or if the paper has no means for such runs.
  public init?(at row: MetricsRow, of spec: RunSpec) {
    var run = Observation(planned: spec)
    run.rows = [row]
    run.memorizationStep = row.step
    run.squaredNormAtMemorization = row.squaredNorm
    run.finalSquaredNorm = row.squaredNorm
    guard row.trainAccuracy >= spec.stop.memorized, spec.changes.isEmpty,
      let predictor = DelayPredictor(publishedFor: run)
    else { return nil }
    self.run = run
    self.predictor = predictor
    memorizationStep = row.step
    lines = DelayPredictor.Form.all.map { Line(form: $0, delay: predictor.delay($0, for: run)) }
  }

  private static func observation(of recorded: RecordedRun) throws(AnalysisError) -> Observation {
    let spec: RunSpec
    do throws(RecordError) {
      spec = try RunSpec(json: recorded.config)
    } catch {
      throw AnalysisError(config: error, of: recorded.path)
    }
    guard
      let run = Observation(
        of: spec, trace: recorded.trace, viewedAs: spec, mayEndEarly: true,
        source: recorded.identities?.bundle.hex ?? recorded.path)
    else {
      throw .notPredictable(
        reason: recorded.outcome["stop_reason"]?.stringValue == nil
          ? "\(recorded.path): nothing is logged yet"
          : "\(recorded.path): it has no row, as it diverged at once")
    }
    return run
  }
}

extension RecordedRun {
  /// The first step above `step` at which the run's settings change.
  fileprivate func firstChange(from step: Int) -> Int? {
    ((try? RunSpec(json: config))?.changes ?? []).map(\.step).first { $0 > step }
  }
}

extension Observation {
  /// Whether both have the same config but for the seed, the stop rule, the number of steps and the
  /// checkpoint interval.
  func isSameKind(as other: Observation) -> Bool {
    func kinds(_ run: Observation) -> [Cell] {
      Cell.all(of: run) { key in
        key == "max_steps" || key == "checkpoint_interval" || key.hasPrefix("stop.")
      }
    }
    let own = kinds(self)
    return kinds(other).contains { own.contains($0) }
  }
}

extension DelayPredictor {
  /// The means of V_post and of the delay that arXiv 2603.13331 prints (S2, S3 and S9). Nil if it
  /// has none for runs of this kind.
  public init?(publishedFor run: Observation) {
    guard run.config["optimizer.name"] == .text("adamw"), run.learningRate == 1e-3,
      let decay = run.weightDecay, let modulus = run.modulus
    else { return nil }
    let means: (Double, Double)? =
      switch (run.config["task.name"], modulus, decay) {
      case (.text("modular-addition"), 97, 0.1): (1942, 12150)
      case (.text("modular-addition"), 97, 0.3): (970, 4200)
      case (.text("modular-addition"), 97, 0.5): (568, 2150)
      case (.text("modular-addition"), _, 1):
        [
          53: (188, 2086), 67: (220, 1715), 89: (277, 1328), 97: (307, 950), 101: (291, 942),
          113: (390, 671), 127: (428, 585),
        ][modulus]
      case (.text("modular-multiplication"), _, 1):
        [53: (257, 4280), 67: (305, 4040), 89: (388, 3440), 97: (394, 3320)][modulus]
      default: nil
      }
    guard let means else { return nil }
    self.init(finalSquaredNorm: means.0, delay: means.1)
  }
}

extension DelayPredictor.Form: CustomStringConvertible {
  public var description: String {
    switch self {
    case .algorithm(let gamma): "Algorithm 1, γ = \(gamma.rawValue)"
    case .meanDelay: "mean delay"
    case .firstPassage: "first passage"
    }
  }
}
