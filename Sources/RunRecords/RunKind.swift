/// The kinds of run that can be recorded. An exhaustive switch over this handles what differs
/// between them.
public enum RunKind: String, Sendable, Hashable, CaseIterable {
  /// A run of this program's trainer. Every machine must get the same bits.
  case trainer
  /// A run of some program. It was recorded, and one machine got these bits.
  case program

  /// The format of the bundles that hold such runs (SPEC.md, parts 3 and 4).
  public var bundleFormat: Int {
    switch self {
    case .trainer: 1
    case .program: 2
    }
  }

  /// The kind of run in bundles of that format; nil if there is none.
  public init?(bundleFormat: Int) {
    guard let kind = Self.allCases.first(where: { $0.bundleFormat == bundleFormat }) else {
      return nil
    }
    self = kind
  }

  /// What such a run is called.
  public var noun: String {
    switch self {
    case .trainer: "run"
    case .program: "a program's run"
    }
  }
}
