public import RunRecords

/// What covers a difference, so that it does not make two runs different; or that nothing does.
public enum Cover: Sendable, Hashable {
  case nothing
  /// It lies outside the tolerance that was declared for it.
  case beyondTolerance(Tolerance)
  /// It is larger than any difference between the repeats, and there are enough repeats to say so.
  case beyondRepeats(SpreadUse)
  case tolerance(Tolerance)
  /// The record's own repeats differ there, too.
  case repeats(SpreadUse)

  /// How the distance of a difference compares with that of the record's own repeats.
  public struct SpreadUse: Sendable, Hashable {
    /// How many runs there are, including the first.
    public var count: Int
    /// The distance of the difference, and the largest of the repeats. Both are nil if none is
    /// measured, as for files.
    public var distance: Distance?
    public var largest: Distance?

    public init(count: Int, distance: Distance? = nil, largest: Distance? = nil) {
      self.count = count
      self.distance = distance
      self.largest = largest
    }

    /// The distance divided by the largest of the repeats; nil if one of the two is no number, or
    /// if the largest is 0.
    public var factor: Double? {
      guard case .number(let distance)? = distance, case .number(let largest)? = largest,
        largest > 0, (distance / largest).isFinite
      else { return nil }
      return distance / largest
    }
  }

  /// With at least this many runs, a distance beyond their spread makes a difference.
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
