public import RunRecords

/// The config of a planned run of any kind.
public enum PlannedConfig: Sendable, Hashable {
  case trainer(RunSpec)
  case program(PlannedProgram)

  public var kind: RunKind {
    switch self {
    case .trainer: .trainer
    case .program: .program
    }
  }
}

/// A program file with the config that one run of a plan gives it.
public struct PlannedProgram: Sendable, Hashable {
  /// The program file, as the plan names it.
  public var file: String
  /// An object; nil if the program has no config.
  public var config: CanonicalJSON?

  public init(file: String, config: CanonicalJSON?) {
    self.file = file
    self.config = config
  }
}
