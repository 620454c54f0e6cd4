/// Where the tar stream is cut into frames (SPEC.md, "Frames"): before some of the members, and, in
/// a piece longer than a frame, after every full frame. The two zero blocks belong to the last
/// piece.
package struct FramePlan {
  /// The part between two cuts that a format asks for.
  package struct Piece: Sendable, Hashable {
    /// Bytes of its members in the stream, with their headers.
    package var bytes: Int
    /// Whether its first member is weights. A longer search finds no repetitions in their bits.
    package var isWeights: Bool
  }

  /// What the cuts depend on in a member.
  package struct Member: Sendable, Hashable {
    package var size: Int
    /// Whether a piece begins with it.
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
