/// Where the tar stream is cut into frames (SPEC.md, frames): before some of the members, and
/// within a piece that is longer than a frame after every whole frame. The two zero blocks belong
/// to the last piece.
package struct FramePlan {
  /// What lies between two cuts that a format asks for.
  package struct Piece: Sendable, Hashable {
    /// Of its members, with their headers.
    package var bytes: Int
    /// Its first member is weights, in whose bits a longer search finds no repetitions.
    package var isWeights: Bool
  }

  /// A member, as far as the cuts depend on it.
  package struct Member: Sendable, Hashable {
    package var size: Int
    /// A piece begins with it.
    package var beginsPiece: Bool
    package var isWeights: Bool

    package init(size: Int, beginsPiece: Bool, isWeights: Bool) {
      self.size = size
      self.beginsPiece = beginsPiece
      self.isWeights = isWeights
    }
  }

  package private(set) var pieces: [Piece] = []
  private let limit: Int

  package init(members: [Member], limit: Int) {
    for member in members {
      let stored = TarHeader.storedSize(of: member.size)
      if pieces.isEmpty || member.beginsPiece {
        pieces.append(Piece(bytes: stored, isWeights: member.isWeights))
      } else {
        pieces[pieces.count - 1].bytes += stored
      }
    }
    if !pieces.isEmpty { pieces[pieces.count - 1].bytes += 2 * TarHeader.blockSize }
    self.limit = limit
  }

  /// Bytes of content of each frame.
  package var frames: [Int] { pieces.flatMap(frames) }

  /// Bytes of content of each frame of a piece.
  package func frames(of piece: Piece) -> [Int] {
    stride(from: 0, to: piece.bytes, by: limit).map { min(limit, piece.bytes - $0) }
  }
}
