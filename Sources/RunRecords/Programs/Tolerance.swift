/// How far a number may lie from the sealed one; of two bounds either suffices.
public struct Tolerance: Sendable, Hashable {
  /// On |b − a|; nil where there is no such bound.
  public let absolute: Double?
  /// On |b − a| / |a|, a being the sealed value.
  public let relative: Double?

  /// Nil without a bound, or where one is negative or not finite.
  public init?(absolute: Double? = nil, relative: Double? = nil) {
    let bounds = [absolute, relative].compactMap { $0 }
    guard !bounds.isEmpty, bounds.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
    // There is one zero in a record.
    self.absolute = absolute.map { $0 + 0 }
    self.relative = relative.map { $0 + 0 }
  }

  public var json: CanonicalJSON {
    var members: [CanonicalJSON.Key: CanonicalJSON] = [:]
    if let absolute { members["absolute"] = .number(absolute) }
    if let relative { members["relative"] = .number(relative) }
    return .object(members)
  }
}

extension Tolerance: CustomStringConvertible {
  /// "absolute 1e-6, relative 0.01".
  public var description: String {
    [
      absolute.map { "absolute " + shortestDecimal($0) },
      relative.map { "relative " + shortestDecimal($0) },
    ].compactMap { $0 }.joined(separator: ", ")
  }
}
