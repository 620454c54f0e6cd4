public import RunRecords

/// A key that has different values in two JSON records, or a value in one only.
public struct KeyDifference: Sendable, Hashable {
  /// The keys on the way to the value, joined by dots: `optimizer.learning_rate`.
  public var key: String
  public var a: CanonicalJSON?
  public var b: CanonicalJSON?

  public init(key: String, a: CanonicalJSON?, b: CanonicalJSON?) {
    self.key = key
    self.a = a
    self.b = b
  }

  /// The keys in which two records differ, sorted.
  public static func all(between a: CanonicalJSON, and b: CanonicalJSON) -> [KeyDifference] {
    let (aLeaves, bLeaves) = (a.leaves, b.leaves)
    return Set(aLeaves.keys).union(bLeaves.keys).sorted().compactMap { key in
      aLeaves[key] == bLeaves[key]
        ? nil : KeyDifference(key: key, a: aLeaves[key], b: bLeaves[key])
    }
  }

  /// How far apart two numbers are; nil for anything else.
  public var ulps: UInt64? {
    guard let a = a?.doubleValue, let b = b?.doubleValue else { return nil }
    return a.ulpDistance(to: b)
  }

  public var json: CanonicalJSON {
    ["key": .string(key), "a": a ?? .null, "b": b ?? .null]
  }
}
