public import RunRecords

/// All claims of the paper, held against our runs and against the released data.
public struct ClaimsTable: Sendable {
  public var results: [ClaimResult]

  /// - Parameters:
  ///   - runs: Ours.
  ///   - released: The authors', where the reader has them.
  public init(runs: Evidence, released: Evidence?) {
    results = PaperClaims.all.map { claim in
      let lines = claim.quantities.enumerated().map { place, quantity in
        let seed = UInt64(claim.id * 1000 + place)
        return ClaimResult.Line(
          quantity: quantity,
          recomputed: released.flatMap { quantity.estimate(from: $0, seed: seed) },
          ours: quantity.estimate(from: runs, seed: seed))
      }
      return ClaimResult(claim: claim, lines: lines)
    }
  }

  public func count(of verdict: Verdict) -> Int { results.count { $0.verdict == verdict } }
}

// MARK: JSON

extension ClaimsTable {
  public var json: CanonicalJSON {
    let counts = Verdict.allCases.map {
      (CanonicalJSON.Key($0.rawValue), CanonicalJSON(count(of: $0)))
    }
    return [
      "claims": .array(results.map(\.json)),
      "verdicts": .object(Dictionary(uniqueKeysWithValues: counts)),
    ]
  }
}

extension ClaimResult {
  fileprivate var json: CanonicalJSON {
    [
      "id": CanonicalJSON(claim.id),
      "statement": .string(claim.statement),
      "verdict": .string(verdict.rawValue),
      "quantities": .array(lines.map(\.json)),
      "bundles": .array(sources.map { .string($0) }),
    ]
  }
}

extension ClaimResult.Line {
  fileprivate var json: CanonicalJSON {
    [
      "name": .string(quantity.name),
      "published": quantity.published.map { .number($0.value) } ?? .null,
      "released": quantity.released.map { .number($0.value) } ?? .null,
      "recomputed": recomputed?.json ?? .null,
      "recomputed_agrees": agreesWithReleased.map { .bool($0) } ?? .null,
      "ours": ours?.json ?? .null,
      "band": quantity.band.map { .string($0.description) } ?? .null,
      "within_band": isWithinBand.map { .bool($0) } ?? .null,
    ]
  }
}

extension Estimate {
  fileprivate var json: CanonicalJSON {
    [
      "value": CanonicalJSON(finite: value),
      "interval": interval.map {
        [CanonicalJSON(finite: $0.lowerBound), CanonicalJSON(finite: $0.upperBound)]
      } ?? .null,
      "n": CanonicalJSON(runCount),
      "planned": CanonicalJSON(plannedCount),
      "sources": .array(sources.map { .string($0) }),
    ]
  }
}

extension Quantity.Band: CustomStringConvertible {
  public var description: String {
    switch self {
    case .relative(let share): "± \(shortestDecimal((share * 1000).rounded() / 10)) %"
    case .absolute(let distance): "± \(shortestDecimal(distance))"
    case .exact: "exact"
    case .atLeast(let bound): "≥ \(shortestDecimal(bound))"
    case .atMost(let bound): "≤ \(shortestDecimal(bound))"
    }
  }
}
