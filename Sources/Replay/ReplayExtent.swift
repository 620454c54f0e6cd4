import Digests
import RunRecords

/// How much of a run is replayed.
public enum ReplayExtent: Sendable, Hashable {
  case whole
  /// This many segments between stored checkpoints.
  case sample(count: Int, seed: UInt64)
  /// As many segments as this program completes in this time.
  case budget(seconds: Double, seed: UInt64)

  var seed: UInt64? {
    switch self {
    case .whole: nil
    case .sample(_, let seed), .budget(_, let seed): seed
    }
  }

  /// The most segments that can be replayed, out of `count`.
  func greatestCount(of count: Int) -> Int {
    if case .sample(let wanted, _) = self { min(max(wanted, 1), count) } else { count }
  }

  /// How many segments to take if they need these times, in the order in which they are taken; at
  /// least one.
  func count(of seconds: [Double]) -> Int {
    switch self {
    case .whole: return seconds.count
    case .sample: return greatestCount(of: seconds.count)
    case .budget(let budget, _):
      var sum = 0.0
      let fitting = seconds.prefix {
        sum += $0
        return sum <= budget
      }
      return max(1, fitting.count)
    }
  }
}

/// Which part of a run was replayed, and how much that proves.
public struct ReplaySample: Sendable, Hashable {
  /// Segments that were replayed.
  public var segments: Int
  /// Segments of the whole run.
  public var of: Int
  public var seed: UInt64
  /// The steps that were replayed, as a share of all.
  public var stepShare: Double

  /// If exactly one segment of the run were forged, no matter which: the chance that it was not
  /// replayed.
  public var missChance: Double { Double(of - segments) / Double(of) }

  /// The order in which a sample takes the segments of a bundle (SPEC.md, what replay compares): by
  /// ascending SHA-256 of the bundle's identity, the seed and the segment's number.
  static func order(of count: Int, bundle: Digest, seed: UInt64) -> [Int] {
    func bytes(_ value: UInt64) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
    let keys = (0..<count).map { index in
      Digest(of: bundle.bytes + bytes(seed) + bytes(UInt64(index))).bytes
    }
    return (0..<count).sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) }
  }
}

/// What a replay is about to do.
public struct ReplayEstimate: Sendable, Hashable {
  public var steps: Int
  public var segments: Int
  public var division: ReplayDivision
  /// Estimated from the speed of the first steps.
  public var seconds: Double
}
