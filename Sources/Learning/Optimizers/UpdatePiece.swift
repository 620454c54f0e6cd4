internal import Catalogue
internal import DeterministicNumerics

/// A tensor, or a part of one, that one worker updates.
struct UpdatePiece {
  let offset: Int
  let count: Int
  private let isMatrix: Bool
  private let isEmbedding: Bool
  /// The matrix, if the piece is updated as one.
  let matrix: MuonMatrix?

  private static let most = 16_384

  /// The pieces of all tensors, each a multiple of 16 elements. The gap behind a tensor belongs to
  /// its last piece and stays zero.
  static func all(of layout: ParameterLayout, for optimizer: OptimizerSpec) -> [UpdatePiece] {
    layout.tensors.flatMap { tensor in
      if case .muon = optimizer, case .hidden(let blocks) = tensor.role {
        return matrices(of: tensor, blocks)
      }
      let count = tensor.count.roundedUpTo16
      return stride(from: 0, to: count, by: most).map { first in
        UpdatePiece(tensor, first: first, count: min(most, count - first), matrix: nil)
      }
    }
  }

  private static func matrices(of tensor: ParameterLayout.Tensor, _ blocks: Int) -> [UpdatePiece] {
    let (rows, columns) = (tensor.shape[0] / blocks, tensor.shape[1])
    precondition(rows * columns % 16 == 0, "\(rows) x \(columns) does not fit the kernels")
    return (0..<blocks).map { block in
      UpdatePiece(
        tensor, first: block * rows * columns, count: rows * columns,
        matrix: MuonMatrix(rows: rows, columns: columns))
    }
  }

  private init(_ tensor: ParameterLayout.Tensor, first: Int, count: Int, matrix: MuonMatrix?) {
    offset = tensor.offset + first
    self.count = count
    isMatrix = tensor.shape.count > 1
    isEmbedding = tensor.role == .embedding
    self.matrix = matrix
  }

  /// Whether the piece's tensor is one of those that decay.
  func decays(_ tensors: OptimizerSpec.AdamWSpec.DecayOn) -> Bool {
    switch tensors {
    case .all: true
    case .matrices: isMatrix
    case .allButEmbeddings: !isEmbedding
    }
  }
}
