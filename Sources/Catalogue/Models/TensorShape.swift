/// A tensor of parameters: its name in a PyTorch state_dict, its extents, and what it is for.
public struct TensorShape: Sendable {
  public enum Role: Sendable, Hashable {
    /// A table with one row for each token or position.
    case embedding
    /// The weight of a layer that is neither the first nor the last. It holds this many matrices,
    /// one above the other.
    case hidden(blocks: Int)
    case other
  }

  public let name: String
  public let shape: [Int]
  public let role: Role

  public init(_ name: String, _ shape: [Int], _ role: Role) {
    self.name = name
    self.shape = shape
    self.role = role
  }

  /// How many numbers it has.
  public var count: Int { shape.reduce(1, *) }
}
