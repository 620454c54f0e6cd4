package import Archive
private import Digests
private import Files
private import Synchronization

/// Receives how far a long task is, as a share of the whole. It is called on the thread that asked
/// for the task.
public typealias BundleProgress = (_ share: Double) -> Void

/// The frames of a bundle on disk.
package typealias BundleFrames = FrameStore<BundleFile>

extension BundleFrames {
  /// Opens the file and checks its outer form: magic, seal and seek table, and the limits.
  package init(path: String, limits: BundleLimits) throws(BundleError) {
    try self.init(try BundleFile(path: path), limits: limits)
  }

  /// The first `count` bytes of a frame's content. Decompresses one block, and does not check the
  /// checksum.
  func prefix(
    of frame: Frame, count: Int, _ decompressor: FrameDecompressor
  ) throws(BundleError) -> [UInt8] {
    let largestBlock = 3 + 128 << 10
    let bytes = try file.read(
      at: frame.offset, count: min(frame.compressed, FrameHeader.maximumSize + largestBlock))
    try checkHeader(of: frame, bytes)
    return try decompressor.prefix(of: bytes, count: count)
  }

  /// Reads all frames through our own reader and through libarchive side by side, and checks the
  /// seal and the cuts.
  package func readAll(
    into visitor: some ArchiveVisitor, progress: @escaping BundleProgress
  ) throws(BundleError) {
    let stream = FrameStream(
      self, FrameDecompressor(), BackgroundHasher(), into: visitor, progress: progress)
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
      // The strict reader decides: its reason comes before libarchive's.
      try stream.readToEnd()
      throw error
    }
    // libarchive stops at the end mark; the strict reader must see the end itself.
    try stream.readToEnd()
    guard count == visitor.headers.count else {
      throw .damaged(.notTar, "libarchive sees \(count) members of \(visitor.headers.count)")
    }
  }
}

/// A digest that another thread computes, so that one more core works. The parts are hashed in the
/// order they are added. The first parts are hashed at once, and so is all of a small file: they
/// are done before a thread would have started.
private final class BackgroundHasher: PartHasher, Sendable {
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
