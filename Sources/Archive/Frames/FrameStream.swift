package import Digests

/// A digest of data that comes in parts.
package protocol PartHasher {
  mutating func add(_ part: [UInt8])
  func finish() -> Digest
}

extension Digest.Hasher: PartHasher {
  package mutating func add(_ part: [UInt8]) { update(part) }
}

/// The content of all frames, in order. The strict reader and its visitor see each frame before the
/// caller does.
package final class FrameStream<
  File: BundleBytes, Visitor: ArchiveVisitor, Unpacker: FrameUnpacker, Hasher: PartHasher
> {
  private let store: FrameStore<File>
  private let visitor: Visitor
  private let unpacker: Unpacker
  private var hasher: Hasher
  private let progress: (_ share: Double) -> Void
  private var tar = TarReader()
  private var index = 0
  private var failure: BundleError?

  /// - Parameter progress: Receives how far the reading is, as a share of the whole.
  package init(
    _ store: FrameStore<File>, _ unpacker: Unpacker, _ hasher: Hasher, into visitor: Visitor,
    progress: @escaping (_ share: Double) -> Void
  ) {
    self.store = store
    self.unpacker = unpacker
    self.hasher = hasher
    self.visitor = visitor
    self.progress = progress
  }

  /// The next frame's content; nil at the end. After a failure it throws the same failure again.
  package func next() throws(BundleError) -> [UInt8]? {
    if let failure { throw failure }
    do throws(BundleError) {
      return try readFrame()
    } catch {
      failure = error
      throw error
    }
  }

  private func readFrame() throws(BundleError) -> [UInt8]? {
    guard index < store.frames.count else { return nil }
    let frame = store.frames[index]
    index += 1
    progress(Double(frame.offset) / Double(store.sealedBytes))
    let compressed = try store.compressed(frame)
    hasher.add(compressed)
    let content = try store.content(frame, compressed: compressed, unpacker)
    try tar.feed(content, to: visitor)
    return content
  }

  /// Reads the rest, and checks what only the end can show: the seal and the cuts.
  package func readToEnd() throws(BundleError) {
    while try next() != nil {}
    try tar.finish()
    try visitor.finish()
    guard visitor.framePlan.frames == store.frames.map({ $0.content }) else {
      throw .damaged(.seekTable, "the frames are not cut where the format cuts them")
    }
    guard hasher.finish() == store.seal else {
      throw .damaged(.seal, "the file's bytes do not have the SHA-256 that the seal records")
    }
  }
}
