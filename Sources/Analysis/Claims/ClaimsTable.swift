import Digests
public import RunRecords

/// All claims of a file, compared with our runs and with published results.
public struct ClaimsTable: Sendable {
  public var file: ClaimsFile
  public var results: [ClaimResult]
  /// How many runs of the experiments recorded this very file as the file of claims that stood
  /// before them, and how many there are.
  public var runsAfterClaims: (after: Int, all: Int)
  /// How many recorded an earlier file that a change names, for each name.
  public var runsAfterEarlier: [(name: String, count: Int)]

  /// - Parameters:
  ///   - runs: Our runs.
  ///   - released: The authors' runs, if the reader has them.
  public init(_ file: ClaimsFile, runs: Evidence, released: Evidence?) {
    self.file = file
    let found = Dictionary(
      runs.runs(of: file.experiments.map(\.name)).map { ($0.source, $0.claims) }
    ) { first, _ in first }
    func count(_ digest: Digest) -> Int { found.values.count { $0 == digest.hex } }
    runsAfterClaims = (count(file.digest), found.count)
    var told: Set = [file.digest]
    runsAfterEarlier = file.changes.compactMap(\.earlier).filter { told.insert($0.digest).inserted }
      .map { ($0.name, count($0.digest)) }
    results = file.claims.map { claim in
      func lines(_ quantities: [Quantity], _ role: ClaimResult.Role) -> [ClaimResult.Line] {
        quantities.map { quantity in
          let ours = quantity.estimate(from: runs)
          return ClaimResult.Line(
            role: role, quantity: quantity,
            recomputed: released.flatMap { quantity.estimate(from: $0) }, ours: ours,
            gaps: quantity.gaps(in: runs, hasValue: ours != nil))
        }
      }
      return ClaimResult(
        claim: claim,
        lines: lines(claim.headlines, .headline) + lines(claim.secondaries, .published)
          + lines(claim.beside, .beside))
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
      "title": .string(file.title),
      "file": .string(file.digest.hex),
      "runs": CanonicalJSON(runsAfterClaims.all),
      "runs_after_claims": CanonicalJSON(runsAfterClaims.after),
      "changes": .array(file.changes.map(\.json)),
      "runs_after_earlier_claims": .object(
        Dictionary(
          runsAfterEarlier.map { (CanonicalJSON.Key($0.name), CanonicalJSON($0.count)) }
        ) { first, _ in first }),
      "claims": .array(results.map(\.json)),
      "verdicts": .object(Dictionary(uniqueKeysWithValues: counts)),
    ]
  }
}

extension ClaimsFile.Change {
  fileprivate var json: CanonicalJSON {
    [
      "claims": .array(claims.map { CanonicalJSON($0) }), "date": .string(date),
      "what": .string(what), "before": .string(before), "after": .string(after),
      "reason": .string(reason), "earlier": earlier.map { .string($0.digest.hex) } ?? .null,
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
      "role": .string(role.rawValue),
      "name": .string(quantity.name),
      "published": quantity.published.map { .number($0.value) } ?? .null,
      "released": quantity.released.map { .number($0.value) } ?? .null,
      "recomputed": recomputed?.json ?? .null,
      "recomputed_agrees": agreesWithReleased.map { .bool($0) } ?? .null,
      "ours": ours?.json ?? .null,
      "band": quantity.band?.json ?? .null,
      "decision": decision?.json ?? .null,
    ]
  }
}

extension Band {
  fileprivate var json: CanonicalJSON {
    let (low, high) = edges
    return [
      "low": low.map { CanonicalJSON(finite: $0) } ?? .null,
      "high": high.map { CanonicalJSON(finite: $0) } ?? .null,
      "source": .string(source),
    ]
  }
}

extension Decision {
  fileprivate var json: CanonicalJSON {
    switch self {
    case .holds: ["is": "within"]
    case .fails: ["is": "outside"]
    case .open(let needed):
      ["is": "undetermined", "needed": needed.map { CanonicalJSON($0) } ?? .null]
    case .incomplete: ["is": "incomplete"]
    case .noInterval: ["is": "no interval"]
    case .notTested: ["is": "not tested"]
    }
  }
}

extension Estimate {
  fileprivate var json: CanonicalJSON {
    [
      "value": CanonicalJSON(finite: value),
      "interval": interval.map {
        [CanonicalJSON(finite: $0.range.lowerBound), CanonicalJSON(finite: $0.range.upperBound)]
      } ?? .null,
      "method": interval.map { .string($0.method.rawValue) } ?? .null,
      "n": CanonicalJSON(count),
      "runs": CanonicalJSON(runCount),
      "planned": plannedCount.map { CanonicalJSON($0) } ?? .null,
      "sources": .array(sources.map { .string($0) }),
    ]
  }
}
