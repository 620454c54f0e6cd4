private import DeterministicNumerics
internal import RunRecords

/// Predicts at memorisation when a run will grok, from other runs of its kind.
public struct DelayPredictor: Sendable {
  public enum Form: Sendable, Hashable {
    /// The paper's Algorithm 1: delay = log(V_mem / V̂_post) / γ. γ_fit is minus the slope of log V
    /// over the first 100 steps after memorisation.
    case algorithm(Observation.Gamma)
    /// The mean delay of the calibration runs: what a predictor has to beat.
    case meanDelay
    /// delay = log(V_mem / V*) / (2κηλ), with V* the mean V at grokking and κ from the calibration
    /// runs (arXiv 2605.18845).
    case firstPassage

    public static let all: [Form] =
      Observation.Gamma.allCases.map(Form.algorithm) + [.meanDelay, .firstPassage]
  }

  /// V̂_post: the mean V at the end.
  public var finalSquaredNorm: Double
  /// The mean delay.
  public var delay: Double
  /// V*; nil where it is not known.
  public var squaredNormAtGrokking: Double?
  /// κ, in units of 2ηλ; nil where it is not known.
  public var kappa: Double?

  /// How many steps after memorisation γ is fitted over.
  static let window = 100
  /// Algorithm 1 gives a prediction only where V_mem is more than this many times V̂_post.
  static let leastSeparation = 2.0
  /// Algorithm 1 trains until T_mem + this many times its delay.
  public static let safetyFactor = 1.5

  public init(finalSquaredNorm: Double, delay: Double) {
    self.finalSquaredNorm = finalSquaredNorm
    self.delay = delay
  }

  /// Nil where none of the runs has a delay.
  public init?(calibratedOn runs: [Observation]) {
    self.init(calibratedOn: runs.compactMap(Calibration.init))
  }

  private init?(calibratedOn grokked: [Calibration]) {
    guard let delay = grokked.map(\.delay).mean,
      let final = grokked.compactMap(\.finalSquaredNorm).mean
    else { return nil }
    self.init(finalSquaredNorm: final, delay: delay)
    guard let threshold = grokked.compactMap(\.squaredNormAtGrokking).mean, delay > 0 else {
      return
    }
    squaredNormAtGrokking = threshold
    // Σ log(V_mem / V*) = κ Σ 2ηλ · delay
    var (logs, times) = (0.0, 0.0)
    for run in grokked {
      guard let memorized = run.squaredNormAtMemorization, let decay = run.decay else { continue }
      logs += Elementary64.log(memorized / threshold)
      times += 2 * decay * run.delay
    }
    kappa = times > 0 && logs > 0 ? logs / times : nil
  }

  /// What a predictor takes from one run that has grokked.
  private struct Calibration {
    var delay: Double
    var decay: Double?
    var squaredNormAtMemorization: Double?
    var squaredNormAtGrokking: Double?
    var finalSquaredNorm: Double?

    /// Nil for a run without a delay.
    init?(_ run: Observation) {
      guard let delay = run.delay else { return nil }
      self.delay = delay
      decay = run.decay
      squaredNormAtMemorization = run.squaredNormAtMemorization
      squaredNormAtGrokking = run.squaredNormAtGrokking
      finalSquaredNorm = run.finalSquaredNorm
    }
  }

  /// The predicted delay of `run` in steps, from its rows up to shortly after memorisation.
  ///
  /// Nil before memorisation, and where the form gives no prediction: V_mem is not well above
  /// V̂_post, or V does not fall after memorisation.
  public func delay(_ form: Form, for run: Observation) -> Double? {
    guard let memorized = run.squaredNormAtMemorization, memorized > 0 else { return nil }
    switch form {
    case .algorithm(let meaning):
      guard memorized > Self.leastSeparation * finalSquaredNorm, finalSquaredNorm > 0,
        let gamma = meaning == .fitted ? run.earlyGamma : run.gamma(meaning), gamma > 0
      else { return nil }
      return Elementary64.log(memorized / finalSquaredNorm) / gamma
    case .meanDelay: return delay
    case .firstPassage:
      guard let squaredNormAtGrokking, let kappa, memorized > squaredNormAtGrokking,
        let decay = run.decay
      else { return nil }
      return Elementary64.log(memorized / squaredNormAtGrokking) / (2 * kappa * decay)
    }
  }
}

extension Observation {
  /// V at T_grok.
  public var squaredNormAtGrokking: Double? {
    rows.first { $0.step == grokkingStep }?.squaredNorm
  }

  /// Minus the slope of log V over the first 100 steps after memorisation. If fewer than two rows
  /// lie in that window, the first two rows are used. Nil if V does not fall.
  public var earlyGamma: Double? {
    guard let memorizationStep else { return nil }
    let rows = rows.filter { $0.step >= memorizationStep && $0.squaredNorm > 0 }
    let near = rows.prefix { $0.step <= memorizationStep + DelayPredictor.window }
    let used = near.count >= 2 ? near : rows.prefix(2)
    let fit = LinearFit(
      x: used.map { Double($0.step) }, y: used.map { Elementary64.log($0.squaredNorm) })
    return fit.flatMap { $0.slope < 0 ? -$0.slope : nil }
  }
}

// MARK: Each from the others

extension DelayPredictor {
  /// For each run, the predictor that is calibrated on all the others, which must be of the same
  /// kind; nil where none of these has a delay.
  static func leavingOut(_ runs: [Observation]) -> [DelayPredictor?] {
    let samples = runs.map(Calibration.init)
    return samples.indices.map { index in
      DelayPredictor(
        calibratedOn: (samples[..<index] + samples[(index + 1)...]).compactMap { $0 })
    }
  }
}
