/// A tensor of parameters: its name in a PyTorch state_dict, and its extents.
public struct TensorShape: Sendable {
  public let name: String
  public let shape: [Int]

  public init(_ name: String, _ shape: [Int]) {
    self.name = name
    self.shape = shape
  }

  /// Numbers in it.
  public var count: Int { shape.reduce(1, *) }
}
