private import Foundation
public import RunRecords

/// What the analysis knows of one run under one log interval and stop rule, whoever trained it.
public struct Observation: Sendable {
  public enum Task: Sendable, Hashable {
    case addition(modulus: Int)
    case multiplication(modulus: Int)
    case parity(bits: Int)
  }

  public enum Optimizer: Sendable, Hashable {
    case adamW
    /// Decay enters the gradient as w·θ, w a multiple of λ.
    case sgd(decayFactor: Double)
  }

  /// The bundle's identity, or the released file and the place in it.
  public var source: String
  /// What the source is a view of: runs with the same value are one trajectory.
  public var trajectory: String
  public var seed: UInt64
  public var task: Task
  public var optimizer: Optimizer
  /// η.
  public var learningRate: Double
  /// λ.
  public var weightDecay: Double
  public var logInterval: Int
  /// Empty where only the results are released.
  public var rows: [MetricsRow]
  public var memorizationStep: Int?
  public var grokkingStep: Int?
  public var squaredNormAtMemorization: Double?
  public var finalSquaredNorm: Double?
  public var fit: ExponentialFit?
  /// Fourier spectra of the logits, where they were measured.
  public var spectra: [Spectrum] = []

  public struct Spectrum: Sendable, Hashable {
    public var step: Int
    /// All p bins.
    public var power: [Double]
    /// R and K over all p bins, as the paper's scripts have them: K the bins above 1 % of the peak, R the share of the
    /// power in the others.
    public var outsideShare: Double
    public var strongBins: Int
    /// Averaged over all operands and classes.
    public var isFull = false
  }
}

// MARK: What is derived

extension Observation {
  /// The three meanings that the paper gives γ.
  public enum Gamma: String, Sendable, CaseIterable {
    /// 1 − ρ of the fit.
    case fitted = "γ_fit"
    /// ηλ.
    case single = "ηλ"
    /// 2ηλ: the rate of V under pure decay.
    case double = "2ηλ"
  }

  /// ηλ.
  public var decay: Double { learningRate * weightDecay }

  /// T_grok − T_mem.
  public var delay: Double? {
    guard let grokkingStep, let memorizationStep else { return nil }
    return Double(grokkingStep - memorizationStep)
  }

  /// log(V_mem / V_post).
  public var logRatio: Double? {
    guard let squaredNormAtMemorization, let finalSquaredNorm, squaredNormAtMemorization > 0,
      finalSquaredNorm > 0
    else { return nil }
    return log(squaredNormAtMemorization / finalSquaredNorm)
  }

  public func gamma(_ meaning: Gamma) -> Double? {
    switch meaning {
    case .fitted: fit?.gamma
    case .single: decay
    case .double: 2 * decay
    }
  }

  /// T_esc = log(V_mem / V_post) / γ.
  public func escapeTime(_ meaning: Gamma) -> Double? {
    guard let logRatio, let gamma = gamma(meaning), gamma > 0 else { return nil }
    return logRatio / gamma
  }

  /// T̃ = delay · λ / log(V_mem / V_post); nil where the norm does not fall.
  public var scaledDelay: Double? {
    guard let delay, let logRatio, logRatio > 0 else { return nil }
    return delay * weightDecay / logRatio
  }

  /// The modulus, or the number of bits.
  public var size: Int {
    switch task {
    case .addition(let modulus), .multiplication(let modulus): modulus
    case .parity(let bits): bits
    }
  }

  /// The time to grokking, censored at the last logged step.
  public var timeToGrokking: KaplanMeier.Duration? {
    if let grokkingStep { return .init(time: Double(grokkingStep), isObserved: true) }
    return rows.last.map { .init(time: Double($0.step), isObserved: false) }
  }

  /// The paper's fit of V from T_mem on; nil without at least five rows there.
  static func fit(rows: [MetricsRow], from start: Int?, decay: Double) -> ExponentialFit? {
    guard let start else { return nil }
    let rows = rows.filter { $0.step >= start }
    return ExponentialFit(
      normDecay: rows.map(\.squaredNorm), times: rows.map { Double($0.step - start) },
      decay: decay)
  }
}

// MARK: Spectra

extension Observation.Spectrum {
  /// - Parameter half: The one-sided bins 0 ... p/2.
  init(step: Int, oneSided half: [Double], modulus: Int, isFull: Bool) {
    self.step = step
    self.isFull = isFull
    power = half + (half.count..<max(modulus, half.count)).map { half[modulus - $0] }
    let threshold = 0.01 * (power.max() ?? 0)
    let strong = power.filter { $0 > threshold }
    let total = power.reduce(0, +)
    strongBins = strong.count
    outsideShare = total > 0 ? 1 - strong.reduce(0, +) / total : 0
  }

  /// The bins 0 ... p/2.
  var oneSided: [Double] { Array(power.prefix(power.count / 2 + 1)) }

  /// K over the one-sided bins.
  var strongOneSidedBins: Int { strongHalf.count }

  /// R over the one-sided bins; nil without power.
  var oneSidedOutsideShare: Double? {
    let total = oneSided.reduce(0, +)
    return total > 0 ? 1 - strongHalf.reduce(0, +) / total : nil
  }

  private var strongHalf: [Double] {
    let half = oneSided
    let threshold = 0.01 * (half.max() ?? 0)
    return half.filter { $0 > threshold }
  }
}

extension Observation {
  /// Takes the spectra of one resolution, up to the view's last row.
  mutating func takeSpectra(from measured: RunSpectra, at resolution: SpectrumResolution) {
    let last = rows.last?.step ?? -1
    spectra = measured.rows.filter { $0.resolution == resolution && $0.step <= last }.map {
      Spectrum(
        step: $0.step, oneSided: $0.power, modulus: size,
        isFull: resolution == .full(modulus: size))
    }
  }
}

// MARK: From our own records

extension Observation {
  /// The view of a trajectory under `view`'s log interval and stop rule; nil where the recorded rows do not
  /// determine it: other steps are logged, or the run ended before the view does.
  ///
  /// - Parameters:
  ///   - recorded: What was run; equal to `view` but for how long and how often it was logged.
  ///   - mayEndEarly: Rows may end before the view does: the run diverged, or goes on.
  public init?(
    of recorded: RunSpec, trace: Trace, viewedAs view: RunSpec, mayEndEarly: Bool = false,
    source: String
  ) {
    guard view.logInterval % recorded.logInterval == 0 else { return nil }
    var rows: [MetricsRow] = []
    var course = RunCourse(view)
    for row in trace.metrics where course.advance(by: row) { rows.append(row) }
    guard let last = rows.last, course.stopReason != nil || mayEndEarly else { return nil }
    self.init(planned: view)
    let memorized = rows.first { $0.trainAccuracy >= view.stop.memorized }
    self.source = source
    self.rows = rows
    memorizationStep = memorized?.step
    grokkingStep = course.grokkingStep
    squaredNormAtMemorization = memorized?.squaredNorm
    finalSquaredNorm = last.squaredNorm
    fit = Self.fit(rows: rows, from: memorized?.step, decay: decay)
  }

  /// A run of which nothing is known but what it is to be.
  init(planned view: RunSpec) {
    source = ""
    trajectory = view.trajectoryKey
    seed = view.seed
    switch view.task {
    case .modular(let task):
      self.task =
        task.operation == .addition
        ? .addition(modulus: task.modulus) : .multiplication(modulus: task.modulus)
    case .sparseParity(let task): self.task = .parity(bits: task.bits)
    }
    switch view.optimizer {
    case .adamW: optimizer = .adamW
    case .sgd(let spec): optimizer = .sgd(decayFactor: spec.decayConvention == .lambda ? 1 : 2)
    }
    learningRate = view.optimizer.learningRate
    weightDecay = view.optimizer.weightDecay
    logInterval = view.logInterval
    rows = []
  }
}
