/// Workers that share the parts of a step. Each output is computed within one part. So neither the
/// number of workers nor the order of the parts can change a bit.
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
