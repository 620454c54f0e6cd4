/// A statement, and the numbers that decide it.
public struct Claim: Sendable {
  public var id: Int
  public var statement: String
  /// The quantities that decide the claim: all must hold. Empty if no run can decide it.
  public var headlines: [Quantity]
  /// The other published quantities. If the headlines hold and one of these fails, the claim is
  /// reproduced in part.
  public var secondaries: [Quantity]
  /// Quantities that are shown and decide nothing.
  public var beside: [Quantity]
  /// Why no run can decide the claim; nil if runs can.
  public var untestableReason: String?
  public var notes: [String]
}

/// What became of a claim.
public enum Verdict: String, Sendable, CaseIterable {
  /// The interval of every headline lies in its band.
  case reproduced
  /// Every headline holds, but a published secondary is outside its band.
  case inPart = "reproduced in part"
  /// No headline fails, but one is not decided: its interval reaches across an edge of its band,
  /// runs are missing, or it has no interval.
  case undetermined
  /// The interval of a headline lies outside its band.
  case notReproduced = "not reproduced"
  /// No run can decide it.
  case notTestable = "not testable"
  /// A headline has no value: its runs are missing, or lack what it is computed from.
  case notTested = "not tested"
}

/// How an estimate compares with a band.
public enum Decision: Sendable, Hashable {
  case holds, fails
  /// The interval reaches across an edge. `needed` is how many values would decide; nil if more
  /// than `most`.
  case open(needed: Int?)
  /// Planned runs are missing. The runs that ended first may all be of one kind.
  case incomplete(runs: Int, planned: Int)
  /// There are too few values for an interval, or the quantity has none.
  case noInterval(values: Int)
  /// There is no value.
  case notTested

  /// The largest number of values that `needed` may ask for.
  public static let most = 1000

  /// - Parameter asItIs: Whether the value is compared without an interval.
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

  /// How many values would decide if the value stayed: n · q², rounded up, where q is how far the
  /// interval reaches over how far the edge is. For a value in the band it is the larger of both
  /// sides, else that of the band's side. For a share, the smallest count at which Wilson's
  /// interval of the same share decides; near 0 and 1 that is more. Nil if more than `most`.
  private static func needed(
    _ estimate: Estimate, _ interval: ClosedRange<Double>, _ band: Band
  ) -> Int? {
    guard estimate.count < most else { return nil }
    if estimate.interval?.method == .wilson {
      return (estimate.count + 1...most).first { count in
        let range = Interval.ofShare(hits: estimate.value * Double(count), of: count)?.range
        return range.map {
          band.excludes($0) || band.contains($0.lowerBound) && band.contains($0.upperBound)
        } ?? false
      }
    }
    let (value, edges) = (estimate.value, band.edges)
    let below = edges.low.map { (value - interval.lowerBound) / (value - $0) }
    let above = edges.high.map { (interval.upperBound - value) / ($0 - value) }
    let share: Double
    if band.contains(value) {
      share = max(below ?? 0, above ?? 0)
    } else if let low = edges.low, value <= low {
      share = (interval.upperBound - value) / (low - value)
    } else if let high = edges.high {
      share = (value - interval.lowerBound) / (value - high)
    } else {
      return nil
    }
    let count = (Double(estimate.count) * share * share).rounded(.up)
    return count.isFinite && count <= Double(most) ? max(Int(count), estimate.count + 1) : nil
  }
}

/// A claim with its results.
public struct ClaimResult: Sendable {
  public enum Role: String, Sendable { case headline, published, beside }

  public struct Line: Sendable {
    public var role: Role
    public var quantity: Quantity
    /// From the published data.
    public var recomputed: Estimate?
    /// From our own runs.
    public var ours: Estimate?
    /// What our runs lack: columns, and where they give no value, why.
    public var gaps: [String] = []

    /// Nil if the quantity has no band.
    public var decision: Decision? {
      quantity.band.map { Decision(ours, in: $0, asItIs: quantity.isComparedAsItIs) }
    }

    /// Whether the recomputed value agrees with the released one; nil if either is missing.
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

  /// The sources of our runs behind the claim, sorted, each once.
  public var sources: [String] { Set(lines.flatMap { $0.ours?.sources ?? [] }).sorted() }
}
