internal import DeterministicNumerics

/// The parameters of a model: names and shapes as in a PyTorch state_dict, and where each tensor lies in one block of
/// storage. Every tensor begins on a multiple of 16 elements; the gap behind it stays zero.
struct ParameterLayout {
  struct Tensor {
    let name: String
    let shape: [Int]
    let offset: Int
    let initialization: Initialization

    var count: Int { shape.reduce(1, *) }
  }

  /// PyTorch's distributions (SPEC.md, "Initialisation").
  enum Initialization {
    /// scale · N(0, 1)
    case normal(scale: Float)
    /// U(−bound, bound)
    case uniform(bound: Float)
    case constant(Float)
  }

  private(set) var tensors: [Tensor] = []
  /// Elements of the block, gaps included.
  private(set) var storageCount = 0

  /// Adds a tensor behind the others and returns its offset.
  mutating func add(_ name: String, _ shape: [Int], _ initialization: Initialization) -> Int {
    let tensor = Tensor(
      name: name, shape: shape, offset: storageCount, initialization: initialization)
    tensors.append(tensor)
    storageCount += tensor.count.roundedUpTo16
    return tensor.offset
  }

  /// Adds weight and bias of `torch.nn.Linear`, both U(±1/√inputs).
  mutating func addLinear(_ name: String, inputs: Int, outputs: Int) -> (weight: Int, bias: Int) {
    let bound = Self.bound(1 / Double(inputs))
    return (
      add(name + ".weight", [outputs, inputs], .uniform(bound: bound)),
      add(name + ".bias", [outputs], .uniform(bound: bound))
    )
  }

  /// Adds weight and bias of `torch.nn.LayerNorm`, 1 and 0.
  mutating func addLayerNorm(_ name: String, width: Int) -> (gamma: Int, beta: Int) {
    (
      add(name + ".weight", [width], .constant(1)), add(name + ".bias", [width], .constant(0))
    )
  }

  /// √square in binary64, rounded to binary32.
  static func bound(_ square: Double) -> Float { Float(square.squareRoot()) }

  /// Fills `values` with the initial parameters of a seed; tensor i reads stream (initialization, i).
  ///
  /// SAFETY: `values` has `storageCount` elements.
  @unsafe func initialize(_ values: UnsafeMutablePointer<Float>, seed: UInt64) {
    for (index, tensor) in tensors.enumerated() {
      var stream = RandomStream(seed: seed, purpose: .initialization, index: UInt32(index))
      let target = unsafe values + tensor.offset
      let count = tensor.count
      switch tensor.initialization {
      case .constant(let value):
        for i in 0..<count { unsafe target[i] = value }
      case .uniform(let bound):
        for i in 0..<count { unsafe target[i] = (2 * stream.nextUniform() - 1) * bound }
      case .normal(let scale):
        for i in stride(from: 0, to: count, by: 2) {
          let pair = stream.nextNormalPair()
          unsafe target[i] = pair.0 * scale
          if i + 1 < count { unsafe target[i + 1] = pair.1 * scale }
        }
      }
    }
  }
}
