/// Where the tar stream is cut into frames (SPEC.md, frames): before each trace and each checkpoint, and within a
/// piece that is longer than a frame after every whole frame. The two zero blocks belong to the last piece.
struct FramePlan {
  /// Bytes of the pieces that begin at those members, in order.
  private(set) var pieces: [Int]
  private let limit: Int

  init(members: [(name: MemberName, size: Int)], limit: Int) {
    pieces = []
    for member in members {
      let stored = TarHeader(name: "", size: member.size).storedSize
      if pieces.isEmpty || member.name.beginsFrame {
        pieces.append(stored)
      } else {
        pieces[pieces.count - 1] += stored
      }
    }
    if !pieces.isEmpty { pieces[pieces.count - 1] += 2 * TarHeader.blockSize }
    self.limit = limit
  }

  /// Bytes of content of each frame.
  var frames: [Int] { frames(of: pieces[...]) }

  /// How many frames come before those of the checkpoints: the pieces of the small files and of the two traces.
  var framesBeforeCheckpoints: Int { frames(of: pieces.prefix(3)).count }

  private func frames(of pieces: ArraySlice<Int>) -> [Int] {
    pieces.flatMap { piece in
      stride(from: 0, to: piece, by: limit).map { min(limit, piece - $0) }
    }
  }
}
