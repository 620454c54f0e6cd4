/// The kinds of run that can be recorded. What differs between them is an exhaustive switch over
/// this.
public enum RunKind: String, Sendable, Hashable, CaseIterable {
  /// A run of the trainer here: every machine has to get its bits.
  case trainer
  /// A run of anybody's program: it was recorded, and one machine got these bits.
  case program

  /// The format of the bundles that hold such runs (SPEC.md, parts 3 and 4).
  public var bundleFormat: Int {
    switch self {
    case .trainer: 1
    case .program: 2
    }
  }

  /// The kind of run in bundles of that format; nil where none is.
  public init?(bundleFormat: Int) {
    guard let kind = Self.allCases.first(where: { $0.bundleFormat == bundleFormat }) else {
      return nil
    }
    self = kind
  }

  /// What people call one.
  public var noun: String {
    switch self {
    case .trainer: "run"
    case .program: "a program's run"
    }
  }
}
