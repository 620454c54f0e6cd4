import Catalogue
import Testing

@Suite struct ModularTaskTests {
  private static func task(_ fraction: Double) -> TaskSpec {
    .modular(.init(operation: .addition, modulus: 7, trainFraction: fraction))
  }

  @Test(arguments: [(0.03, 1), (0.5, 24), (1.0.nextDown, 48)])
  func bothSetsHaveAPair(fraction: Double, count: Int) {
    #expect(Self.task(fraction).trainCount == count)
    #expect(Self.task(fraction).conflict { "\($0)" } == nil)
  }

  /// A config cannot have 1 or more, but a caller can. 1/49 is rounded down, and so is its product.
  @Test(arguments: [(0.0, 0), (0.02, 0), (1.0 / 49, 0), (1.0, 49), (1.5, 73)])
  func anEmptySetIsAConflict(fraction: Double, count: Int) throws {
    let conflict = try #require(Self.task(fraction).conflict { "\($0)" })
    #expect(conflict.key == "task.train_fraction")
    #expect(
      conflict.reason
        == "must leave a pair to train on and a pair to validate on, and "
        + "⌊\(fraction) · 49⌋ = \(count) of 49 does not")
  }
}
