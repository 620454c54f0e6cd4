/// Those who do the parts of a step. Each output is computed wholly within one part, so how many
/// there are and in which order they take the parts cannot change a bit.
public protocol Workers {
  /// Calls `body` with each of 0 ..< `count` exactly once, perhaps concurrently, and returns when
  /// all calls have.
  func perform(_ count: Int, _ body: (Int) -> Void)
}

/// The calling thread alone.
public struct SerialWorkers: Workers {
  public init() {}

  public func perform(_ count: Int, _ body: (Int) -> Void) {
    for index in 0..<count { body(index) }
  }
}
