internal import Catalogue
internal import DeterministicNumerics

/// The parameters of a model: the tensors that the catalogue lists, where each lies in one block of
/// storage, and how each is initialised. Every tensor begins at a multiple of 16 elements; the gap
/// behind it stays zero.
struct ParameterLayout {
  struct Tensor {
    let name: String
    let shape: [Int]
    let role: TensorShape.Role
    let count: Int
    let offset: Int
    let initialization: Initialization
  }

  /// PyTorch's distributions (SPEC.md, "Initialisation").
  enum Initialization {
    /// scale · N(0, 1)
    case normal(scale: Float)
    /// U(−bound, bound)
    case uniform(bound: Float)
    case constant(Float)
  }

  let tensors: [Tensor]
  /// Elements of the block, gaps included.
  let storageCount: Int

  /// Lays the tensors one after another.
  ///
  /// - Parameter initialization: How the tensor with this index is initialised.
  init(_ shapes: [TensorShape], initialization: (Int) -> Initialization) {
    var tensors: [Tensor] = []
    var offset = 0
    for (index, shape) in shapes.enumerated() {
      let tensor = Tensor(
        name: shape.name, shape: shape.shape, role: shape.role, count: shape.count, offset: offset,
        initialization: initialization(index))
      tensors.append(tensor)
      offset += tensor.count.roundedUpTo16
    }
    self.tensors = tensors
    storageCount = offset
  }

  /// Fills `values` with the initial parameters of a seed. Tensor i reads stream (initialization,
  /// i).
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

extension ParameterLayout.Initialization {
  /// The initialisation of the weight and bias of `torch.nn.Linear`: U(±1/√inputs).
  static func linear(inputs: Int) -> Self { .uniform(boundSquared: 1 / Double(inputs)) }

  /// U(−bound, bound) with bound = √square in binary64, rounded to binary32.
  static func uniform(boundSquared square: Double) -> Self {
    .uniform(bound: Float(square.squareRoot()))
  }
}
