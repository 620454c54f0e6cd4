/// How the learning rate changes from step to step: the config's η times a factor.
public enum RateSchedule: Sendable, Hashable {
  case constant
  case linearWarmup(LinearWarmupSpec)
  case cosine(CosineSpec)
}

/// The names of schedules in a config.
public enum RateScheduleName: String, FieldName {
  case constant
  case linearWarmup = "linear-warmup"
  case cosine
}

extension RateSchedule {
  /// The rate rises to η in equal steps and stays there.
  public struct LinearWarmupSpec: Sendable, Hashable {
    /// The number of steps; the last of them has η.
    public var warmupSteps: Int

    public static let standard = Self(warmupSteps: 10)

    public init(warmupSteps: Int) { self.warmupSteps = warmupSteps }
  }

  /// After a warm-up the rate falls along half a cosine (Loshchilov and Hutter, arXiv 1608.03983).
  public struct CosineSpec: Sendable, Hashable {
    public var warmupSteps: Int
    /// The number of steps until the rate has reached its end, including the warm-up.
    public var steps: Int
    /// The rate at the end and from then on, as a share of η.
    public var final: Double

    public static let standard = Self(warmupSteps: 0, steps: 10_000, final: 0)

    public init(warmupSteps: Int, steps: Int, final: Double) {
      self.warmupSteps = warmupSteps
      self.steps = steps
      self.final = final
    }
  }

  /// The schedule with this name. Each key has its default.
  public init(_ name: RateScheduleName) {
    self =
      switch name {
      case .constant: .constant
      case .linearWarmup: .linearWarmup(.standard)
      case .cosine: .cosine(.standard)
      }
  }

  public var name: RateScheduleName {
    switch self {
    case .constant: .constant
    case .linearWarmup: .linearWarmup
    case .cosine: .cosine
    }
  }

  /// The most steps that a key may have.
  private static let mostSteps = Int(clamping: 1 << 31 as Int64)

  public mutating func visitFields<V: FieldVisitor>(_ visitor: inout V) throws(V.Failure) {
    try visitor.addedVariant("schedule.name", name, absent: .constant)
    switch self {
    case .constant: break
    case .linearWarmup(var spec):
      try visitor.integer(
        "schedule.warmup_steps", IntegerBounds(0...Self.mostSteps), &spec.warmupSteps)
      self = .linearWarmup(spec)
    case .cosine(var spec):
      try visitor.integer(
        "schedule.warmup_steps", IntegerBounds(0...Self.mostSteps), &spec.warmupSteps)
      try visitor.integer("schedule.steps", IntegerBounds(1...Self.mostSteps), &spec.steps)
      try visitor.number("schedule.final", NumberBounds(.from(0), .upTo(1)), &spec.final)
      self = .cosine(spec)
    }
  }

  /// Values that do not go together; nil if there are none.
  public var conflict: Conflict? {
    guard case .cosine(let spec) = self, spec.steps <= spec.warmupSteps else { return nil }
    return Conflict(
      key: "schedule.steps",
      reason: "must be more than the warm-up's \(spec.warmupSteps), not \(spec.steps)")
  }
}

/// Which training examples a step's batch has.
public enum Sampling: String, FieldName {
  /// Each example is drawn independently.
  case withReplacement = "with-replacement"
  /// All of them, in order.
  case full
}
