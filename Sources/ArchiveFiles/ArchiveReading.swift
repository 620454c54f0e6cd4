package import Archive
private import Digests
private import Files
private import Synchronization

/// Sees how far a long work is, as a share of all of it; called on the thread that asked for the work.
public typealias BundleProgress = (_ share: Double) -> Void

extension FrameStore {
  /// Reads all frames, through our own reader and libarchive side by side, and checks the seal, the
  /// cuts and that the file stayed as it was.
  package func readAll(
    into visitor: some ArchiveVisitor, progress: @escaping BundleProgress
  ) throws(BundleError) {
    let stream = CheckedStream(store: self, visitor: visitor, progress: progress)
    let second = LibarchiveReader(largestPart: limits.frameContent) {
      () throws(BundleError) in try stream.next()
    }
    var position = 0
    let count: Int
    do throws(BundleError) {
      count = try second.read { (index, member) throws(BundleError) in
        guard index < visitor.headers.count else {
          throw .damaged(.notTar, "libarchive sees a member that is not there: \(member.name)")
        }
        let header = visitor.headers[index]
        guard header.name == member.name, header.size == member.size else {
          throw .damaged(.notTar, "libarchive sees \(member.name) instead of \(header.name)")
        }
        defer { position += header.storedSize }
        return position + TarHeader.blockSize
      }
    } catch {
      // The strict reader decides: its reason goes before libarchive's.
      try stream.readToEnd()
      throw error
    }
    // libarchive stops at the end mark; the strict reader wants to see the end itself.
    try stream.readToEnd()
    guard count == visitor.headers.count else {
      throw .damaged(.notTar, "libarchive sees \(count) members of \(visitor.headers.count)")
    }
  }
}

/// The content of the frames, one after the other, each seen by the strict reader before anyone else.
private final class CheckedStream<Visitor: ArchiveVisitor> {
  private let store: FrameStore
  private let visitor: Visitor
  private let progress: BundleProgress
  private let decompressor = FrameDecompressor()
  private let hasher = BackgroundHasher()
  private var tar = TarReader()
  private var index = 0
  private var failure: BundleError?

  init(store: FrameStore, visitor: Visitor, progress: @escaping BundleProgress) {
    self.store = store
    self.visitor = visitor
    self.progress = progress
  }

  /// The next frame's content; after a failure, that failure again.
  func next() throws(BundleError) -> [UInt8]? {
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
    let content = try store.content(frame, compressed: compressed, decompressor)
    try tar.feed(content, to: visitor)
    return content
  }

  /// Reads what is left, and checks what only the end can show.
  func readToEnd() throws(BundleError) {
    while try next() != nil {}
    try tar.finish()
    try visitor.finish()
    guard visitor.framePlan.frames == store.frames.map(\.content) else {
      throw .damaged(.seekTable, "the frames are not cut where the format cuts them")
    }
    guard hasher.finish() == store.seal else {
      throw .damaged(.seal, "the file's bytes do not have the SHA-256 that the seal records")
    }
  }
}

/// A digest that another thread computes, so that a core more can work; the parts come in the order they are added. The
/// first are so small, as all of a small file, that they are done before a thread would have begun.
private final class BackgroundHasher: Sendable {
  private let hasher = Mutex(Digest.Hasher())
  private let queue = BackgroundQueue(threads: 1, capacity: 4)
  private let added = Mutex(0)

  private static let smallSize = 1 << 18

  func add(_ part: [UInt8]) {
    let total = added.withLock { added in
      added += part.count
      return added
    }
    if total <= Self.smallSize {
      hasher.withLock { $0.update(part) }
    } else {
      queue.add { [self] in hasher.withLock { $0.update(part) } }
    }
  }

  /// Waits for all parts.
  func finish() -> Digest {
    queue.wait()
    return hasher.withLock { $0.finish() }
  }
}
