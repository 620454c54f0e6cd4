internal import Catalogue
public import RunRecords

/// What the analysis knows of one run under one log interval and stop rule, whoever trained it.
public struct Observation: Sendable {
  /// The bundle's identity, the path of a run's directory, or the released file and the run's place
  /// in it.
  public var source: String
  /// The trajectory that this is a view of. Observations with the same value share a trajectory.
  public var trajectory: String
  /// Every key of the view's config, by its dotted name. For a released run, the keys that are
  /// known.
  public var config: [String: Value]
  /// What is changed during the run.
  var interventions: [Intervention] = []
  /// The digest of the file of claims that stood before the run, from its environment.
  public var claims: String?
  /// Empty if only the results are released.
  public var rows: [MetricsRow]
  /// The headings of the columns that the rows have beyond those of every run.
  public var addedHeadings: [String] = []
  public var stopReason: String?
  public var initialSquaredNorm: Double?
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
    /// R and K over all p bins, as in the paper's scripts: K is the number of bins above 1 % of the
    /// peak, R the share of the power in the others.
    public var outsideShare: Double
    public var strongBins: Int
    /// Whether it is averaged over all operands and classes.
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

  public var seed: Double? { config["seed"]?.number }
  /// η.
  public var learningRate: Double? { config["optimizer.learning_rate"]?.number }
  /// λ.
  public var weightDecay: Double? { config["optimizer.weight_decay"]?.number }
  /// p; nil if the task has none.
  public var modulus: Int? { config["task.modulus"]?.number.flatMap { Int(exactly: $0) } }

  /// ηλ.
  public var decay: Double? {
    guard let learningRate, let weightDecay else { return nil }
    return learningRate * weightDecay
  }

  /// T_grok − T_mem.
  public var delay: Double? {
    guard let grokkingStep, let memorizationStep else { return nil }
    return Double(grokkingStep - memorizationStep)
  }

  public func gamma(_ meaning: Gamma) -> Double? {
    switch meaning {
    case .fitted: fit?.gamma
    case .single: decay
    case .double: decay.map { 2 * $0 }
    }
  }

  /// The paper's fit of V from T_mem on. Nil with fewer than five rows there, or where the start of
  /// the fit is out of bounds.
  static func fit(rows: [MetricsRow], from start: Int?, decay: Double?) -> ExponentialFit? {
    guard let start, let decay else { return nil }
    let rows = rows.filter { $0.step >= start }
    return ExponentialFit(
      normDecay: rows.map(\.squaredNorm), times: rows.map { Double($0.step - start) },
      decay: decay)
  }
}

// MARK: Spectra

extension Observation.Spectrum {
  /// - Parameter half: The power in the one-sided bins 0 ... p/2.
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

  /// The share of the one-sided power outside `bins`; nil without power.
  func share(outside bins: Set<Int>) -> Double? {
    let half = oneSided
    let total = half.reduce(0, +)
    guard total > 0 else { return nil }
    return 1 - half.indices.reduce(0) { bins.contains($1) ? $0 + half[$1] : $0 } / total
  }

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
    guard let modulus else { return }
    let last = rows.last?.step ?? -1
    spectra = measured.rows.filter { $0.resolution == resolution && $0.step <= last }.map {
      Spectrum(
        step: $0.step, oneSided: $0.power, modulus: modulus,
        isFull: resolution == .full(modulus: modulus))
    }
  }
}

// MARK: From our own records

extension Observation {
  /// The view of a trajectory under `view`'s log interval and stop rule. Nil if the recorded rows
  /// do not determine it: other steps were logged, or the run ended before the view does.
  ///
  /// - Parameters:
  ///   - recorded: The config that was run. It equals `view` but for the number of steps and how
  ///     often rows were logged.
  ///   - mayEndEarly: Whether rows may end before the view does, because the run diverged or is not
  ///     finished.
  public init?(
    of recorded: RunSpec, trace: Trace, viewedAs view: RunSpec, mayEndEarly: Bool = false,
    initialSquaredNorm: Double? = nil, source: String
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
    addedHeadings = trace.addedHeadings
    self.initialSquaredNorm = initialSquaredNorm
    memorizationStep = memorized?.step
    grokkingStep = course.grokkingStep
    squaredNormAtMemorization = memorized?.squaredNorm
    finalSquaredNorm = last.squaredNorm
    stopReason = course.stopReason?.rawValue
    fit = Self.fit(rows: rows, from: memorized?.step, decay: decay)
  }

  /// A run of which only the plan is known.
  init(planned view: RunSpec) {
    source = ""
    trajectory = view.trajectoryKey
    config = view.canonicalJSON.leaves.merging(view.unwrittenValues) { written, _ in written }
      .mapValues { Value($0) }
    // The config writes the seed as text, because a binary64 may not hold it exactly. Up to 2^53 it
    // does.
    if view.seed <= 1 << 53 { config["seed"] = .number(Double(view.seed)) }
    interventions = view.interventions
    rows = []
  }
}

extension Value {
  init(_ json: CanonicalJSON) {
    switch json {
    case .number(let value): self = .number(value)
    case .string(let text): self = .text(text)
    case .bool(let truth): self = .truth(truth)
    // Changes on the way: runs that differ by them are of different kinds.
    case .array: self = .text(json.text)
    case .null, .object: self = .missing
    }
  }
}
