/// A statement, and the numbers that decide it.
public struct Claim: Sendable {
  public var id: Int
  public var statement: String
  /// What decides it: all have to hold. Empty where no run can decide it.
  public var headlines: [Quantity]
  /// What else is published; one that fails makes a claim whose headline holds one that holds in
  /// part.
  public var secondaries: [Quantity]
  /// What is shown beside them.
  public var beside: [Quantity]
  /// Why no run can decide it.
  public var untestableReason: String?
  public var notes: [String]
}

/// What became of a claim.
public enum Verdict: String, Sendable, CaseIterable {
  /// The interval of the headline lies in its band.
  case reproduced
  /// So it does, and a published secondary is outside its own.
  case inPart = "reproduced in part"
  /// The interval of the headline reaches across an edge of its band.
  case undetermined
  /// It lies outside.
  case notReproduced = "not reproduced"
  /// No run can decide it.
  case notTestable = "not testable"
  /// The runs are not there.
  case notTested = "not tested"
}

/// What an estimate says of a band.
public enum Decision: Sendable, Hashable {
  case holds, fails
  /// The interval reaches across an edge; nil: more values than `most` are needed to decide.
  case open(needed: Int?)
  /// Runs that were asked for are missing: those that ended first may be of one kind.
  case incomplete(runs: Int, planned: Int)
  /// There are too few values for an interval, or it has none.
  case noInterval(values: Int)
  /// There is no value.
  case notTested

  /// More values are not asked for.
  public static let most = 1000

  /// - Parameter asItIs: It has no interval, and is compared without.
  init(_ estimate: Estimate?, in band: Band, asItIs: Bool) {
    guard let estimate else {
      self = .notTested
      return
    }
    if !estimate.isComplete, let planned = estimate.plannedCount {
      self = .incomplete(runs: estimate.runCount, planned: planned)
    } else if asItIs {
      self = band.contains(estimate.value) ? .holds : .fails
    } else if let interval = estimate.interval?.range {
      if band.contains(interval.lowerBound) && band.contains(interval.upperBound) {
        self = .holds
      } else if band.excludes(interval) {
        self = .fails
      } else {
        self = .open(needed: Self.needed(estimate, interval, band))
      }
    } else {
      self = .noInterval(values: estimate.count)
    }
  }

  /// n · (half width ÷ distance to the nearer edge)², rounded up; of a share what Wilson's interval
  /// of the same share needs, which near 0 and 1 is more.
  private static func needed(
    _ estimate: Estimate, _ interval: ClosedRange<Double>, _ band: Band
  ) -> Int? {
    if estimate.interval?.method == .wilson {
      return (estimate.count + 1...max(most, estimate.count + 1)).first { count in
        let range = Interval.ofShare(hits: estimate.value * Double(count), of: count)?.range
        return range.map {
          band.excludes($0) || band.contains($0.lowerBound) && band.contains($0.upperBound)
        } ?? false
      }
    }
    let half = (interval.upperBound - interval.lowerBound) / 2
    let share = half / band.distance(of: estimate.value)
    let count = (Double(estimate.count) * share * share).rounded(.up)
    return count.isFinite && count <= Double(most) ? max(Int(count), estimate.count + 1) : nil
  }
}

/// A claim with what came out.
public struct ClaimResult: Sendable {
  public enum Role: String, Sendable { case headline, published, beside }

  public struct Line: Sendable {
    public var role: Role
    public var quantity: Quantity
    /// From the published data.
    public var recomputed: Estimate?
    /// From our own runs.
    public var ours: Estimate?

    /// Nil where nothing is decided.
    public var decision: Decision? {
      quantity.band.map { Decision(ours, in: $0, asItIs: quantity.isComparedAsItIs) }
    }

    /// The recomputed value is the known one; nil where either is missing.
    public var agreesWithReleased: Bool? {
      guard let recomputed, let released = quantity.released else { return nil }
      return released.agrees(with: recomputed.value)
    }
  }

  public var claim: Claim
  public var lines: [Line]

  public func decisions(_ role: Role) -> [Decision] {
    lines.filter { $0.role == role }.compactMap(\.decision)
  }

  public var verdict: Verdict {
    if claim.untestableReason != nil { return .notTestable }
    let headlines = decisions(.headline)
    if headlines.contains(.fails) { return .notReproduced }
    if headlines.contains(.notTested) { return .notTested }
    guard headlines.allSatisfy({ $0 == .holds }) else { return .undetermined }
    return decisions(.published).contains(.fails) ? .inPart : .reproduced
  }

  /// The sources of our runs behind it, sorted, each once.
  public var sources: [String] { Set(lines.flatMap { $0.ours?.sources ?? [] }).sorted() }
}
