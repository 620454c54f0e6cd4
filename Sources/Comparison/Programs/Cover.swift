public import RunRecords

/// Why a difference does not make two runs different, or that nothing covers it.
public enum Cover: Sendable, Hashable {
  case nothing
  /// It lies outside of the tolerance that was declared for it.
  case beyondTolerance(Tolerance)
  /// It is further apart than any of so many repeats, which are enough to say so.
  case beyondRepeats(SpreadUse)
  case tolerance(Tolerance)
  /// The record's own repeats parted there, too.
  case repeats(SpreadUse)

  /// How a distance lies to that of the record's own repeats.
  public struct SpreadUse: Sendable, Hashable {
    /// Runs, the first included.
    public var count: Int
    /// Of the difference, and of the repeats; both nil where none is measured, as of files.
    public var distance: Distance?
    public var largest: Distance?

    public init(count: Int, distance: Distance? = nil, largest: Distance? = nil) {
      self.count = count
      self.distance = distance
      self.largest = largest
    }

    /// How many times the largest distance of the repeats; nil where one of the two is no number,
    /// or 0.
    public var factor: Double? {
      guard case .number(let distance)? = distance, case .number(let largest)? = largest,
        largest > 0, (distance / largest).isFinite
      else { return nil }
      return distance / largest
    }
  }

  /// With so many runs a spread may say that a difference is one.
  public static let repeatsThatDecide = 10

  /// Whether the difference is within what was declared or measured.
  public var isWithin: Bool {
    switch self {
    case .tolerance, .repeats: true
    case .nothing, .beyondTolerance, .beyondRepeats: false
    }
  }
}

extension Cover {
  public var json: CanonicalJSON {
    func spread(_ kind: String, _ use: SpreadUse) -> CanonicalJSON {
      [
        "kind": .string(kind), "repeats": CanonicalJSON(use.count),
        "distance": use.distance.map { .string("\($0)") } ?? .null,
        "largest_of_repeats": use.largest.map { .string("\($0)") } ?? .null,
        "factor": CanonicalJSON(finite: use.factor),
      ]
    }
    switch self {
    case .nothing: return ["kind": "nothing"]
    case .beyondTolerance(let tolerance):
      return ["kind": "beyond-tolerance", "tolerance": tolerance.json]
    case .beyondRepeats(let use): return spread("beyond-repeats", use)
    case .tolerance(let tolerance): return ["kind": "tolerance", "tolerance": tolerance.json]
    case .repeats(let use): return spread("repeats", use)
    }
  }
}
