/// A tensor of parameters: its name in a PyTorch state_dict, its extents, and what it is for.
public struct TensorShape: Sendable {
  public enum Role: Sendable, Hashable {
    /// A table with a row a token or a position.
    case embedding
    /// The weight of a layer that is neither the first nor the last: so many matrices above one
    /// another.
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

  /// Numbers in it.
  public var count: Int { shape.reduce(1, *) }
}
