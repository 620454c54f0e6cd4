/// How the learning rate changes from step to step: the config's η times a factor.
public enum RateSchedule: Sendable, Hashable {
  case constant
  case linearWarmup(LinearWarmupSpec)
  case cosine(CosineSpec)
}

/// The names that a config gives schedules.
public enum RateScheduleName: String, FieldName {
  case constant
  case linearWarmup = "linear-warmup"
  case cosine
}

extension RateSchedule {
  /// It rises to η in equal steps, and stays there.
  public struct LinearWarmupSpec: Sendable, Hashable {
    /// The number of steps, the last of which has η.
    public var warmupSteps: Int

    public static let standard = Self(warmupSteps: 10)

    public init(warmupSteps: Int) { self.warmupSteps = warmupSteps }
  }

  /// After a warm-up it falls along half a cosine (Loshchilov and Hutter, arXiv 1608.03983).
  public struct CosineSpec: Sendable, Hashable {
    public var warmupSteps: Int
    /// The number of steps until it has come to its end, the warm-up included.
    public var steps: Int
    /// What it ends at and stays, as a share of η.
    public var final: Double

    public static let standard = Self(warmupSteps: 0, steps: 10_000, final: 0)

    public init(warmupSteps: Int, steps: Int, final: Double) {
      self.warmupSteps = warmupSteps
      self.steps = steps
      self.final = final
    }
  }

  /// The schedule of a name, each key with its default.
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

  /// The most steps that anything takes.
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

  /// What of the values does not go together.
  public var conflict: Conflict? {
    guard case .cosine(let spec) = self, spec.steps <= spec.warmupSteps else { return nil }
    return Conflict(
      key: "schedule.steps",
      reason: "must be more than the warm-up's \(spec.warmupSteps), not \(spec.steps)")
  }
}

/// Which training examples the batch of a step has.
public enum Sampling: String, FieldName {
  /// Each is drawn by itself.
  case withReplacement = "with-replacement"
  /// All of them, in their order.
  case full
}
