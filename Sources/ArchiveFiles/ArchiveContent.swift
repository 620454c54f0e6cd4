package import Archive
private import Synchronization

/// The content of an archive at any place. Frames are unpacked one by one as they are needed.
///
/// Several threads may use it; one at a time unpacks.
package final class ArchiveContent: Sendable {
  private let store: BundleFrames
  /// Where each frame begins in the content; the last entry is where the content ends.
  private let starts: [Int]
  private let state = Mutex(State())

  private struct State {
    let decompressor = FrameDecompressor()
    /// The frame that was unpacked last, with its content.
    var frame = -1
    var content: [UInt8] = []
  }

  package init(_ store: BundleFrames) {
    self.store = store
    var starts = [0]
    starts.reserveCapacity(store.frames.count + 1)
    for frame in store.frames { starts.append(starts.last! + frame.content) }
    self.starts = starts
  }

  /// Bytes of all frames.
  package var size: Int { starts.last! }

  /// The index of the frame that holds the byte at `offset`.
  private func frame(at offset: Int) -> Int {
    var (low, high) = (0, starts.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The bytes of a range of the content. The memory used is limited to those bytes and one frame.
  ///
  /// - Precondition: The range lies within `size`.
  package func bytes(_ range: Range<Int>) throws(BundleError) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= size, "\(range) of \(size) bytes")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count)
    try state.withLock { (state) throws(BundleError) in
      var offset = range.lowerBound
      while offset < range.upperBound {
        let index = frame(at: offset)
        if state.frame != index {
          state.frame = -1
          let frame = store.frames[index]
          state.content = try store.content(
            frame, compressed: try store.compressed(frame), state.decompressor)
          state.frame = index
        }
        let end = min(range.upperBound, starts[index + 1])
        bytes += state.content[offset - starts[index]..<end - starts[index]]
        offset = end
      }
    }
    return bytes
  }

  /// The block at `offset`. If a frame begins there, only the frame's beginning is unpacked.
  package func block(at offset: Int) throws(BundleError) -> [UInt8] {
    let index = frame(at: offset)
    guard starts[index] == offset else {
      return try bytes(offset..<offset + TarHeader.blockSize)
    }
    return try state.withLock { (state) throws(BundleError) in
      guard state.frame != index else { return Array(state.content.prefix(TarHeader.blockSize)) }
      return try store.prefix(
        of: store.frames[index], count: TarHeader.blockSize, state.decompressor)
    }
  }
}
