/// How far a number may be from the sealed one. If there are two bounds, meeting one is enough.
public struct Tolerance: Sendable, Hashable {
  /// The bound on |b − a|; nil if there is none.
  public let absolute: Double?
  /// The bound on |b − a| / |a|, where a is the sealed value; nil if there is none.
  public let relative: Double?

  /// Nil without a bound, or if a bound is negative or not finite.
  public init?(absolute: Double? = nil, relative: Double? = nil) {
    let bounds = [absolute, relative].compactMap { $0 }
    guard !bounds.isEmpty, bounds.allSatisfy({ $0.isFinite && $0 >= 0 }) else { return nil }
    // Records have only one zero.
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
