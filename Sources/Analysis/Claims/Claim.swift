/// A statement of the paper, and the numbers that decide it.
public struct Claim: Sendable {
  /// 1...30, as in the project's checklist.
  public var id: Int
  public var statement: String
  public var quantities: [Quantity]
}

/// What became of a claim.
public enum Verdict: String, Sendable, CaseIterable {
  /// Every deciding quantity is in its band.
  case reproduced
  /// Some are in their band and some are not, or could not be computed.
  case inPart = "reproduced in part"
  /// All that could be computed are outside.
  case notReproduced = "not reproduced"
  case notTested = "not tested"
}

/// A claim with what came out.
public struct ClaimResult: Sendable {
  public struct Line: Sendable {
    public var quantity: Quantity
    /// From the released data.
    public var recomputed: Estimate?
    /// From our own runs.
    public var ours: Estimate?

    /// Ours is in the band, whatever the missing runs give; nil where nothing is decided, or not yet.
    public var isWithinBand: Bool? { ours.flatMap(quantity.decides) }

    /// The recomputed value is the known one; nil where either is missing.
    public var agreesWithReleased: Bool? {
      guard let recomputed, let released = quantity.released else { return nil }
      return released.agrees(with: recomputed.value)
    }
  }

  public var claim: Claim
  public var lines: [Line]

  public var verdict: Verdict { Verdict(lines) }

  /// Of the deciding quantities: how many are in their bands, outside them, and still open.
  public var tally: (within: Int, outside: Int, open: Int) {
    let decisions = lines.filter { $0.quantity.band != nil }.map(\.isWithinBand)
    return (
      decisions.count { $0 == true }, decisions.count { $0 == false },
      decisions.count { $0 == nil }
    )
  }

  /// The sources of our runs behind it, sorted, each once.
  public var sources: [String] { Set(lines.flatMap { $0.ours?.sources ?? [] }).sorted() }
}

extension Verdict {
  fileprivate init(_ lines: [ClaimResult.Line]) {
    let deciding = lines.filter { $0.quantity.band != nil }
    let decisions = deciding.compactMap(\.isWithinBand)
    if decisions.isEmpty {
      self = .notTested
    } else if decisions.allSatisfy({ $0 }) {
      self = decisions.count == deciding.count ? .reproduced : .inPart
    } else {
      self = decisions.contains(true) ? .inPart : .notReproduced
    }
  }
}
