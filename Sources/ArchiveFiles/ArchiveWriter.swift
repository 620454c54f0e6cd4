package import Archive
package import Digests
package import Files
private import Synchronization

/// Writes a tar stream as frames, followed by the seal and the seek table.
package enum ArchiveWriter {
  /// Levels of zstd that a bundle may be written with.
  package static let levels = FrameCompressor.levels

  /// At most this many bytes are compressed before another thread would have started.
  private static let smallSize = 1 << 18

  /// Writes the frames in order. While one is written, the next ones are read, and compressed on
  /// other threads.
  ///
  /// - Parameters:
  ///   - plan: Where `stream` is cut.
  ///   - level: The level of zstd for each piece.
  /// - Returns: The digest of all that was written.
  package static func write(
    _ stream: consuming TarStream, cut plan: FramePlan, level: (FramePlan.Piece) -> Int,
    to file: DurableFile, progress: (_ share: Double) -> Void
  ) throws(BundleError) -> Digest {
    let pools = CompressorPools()
    var stream = stream
    let frames = plan.pieces.flatMap { piece in
      plan.frames(of: piece).map { (size: $0, level: level(piece)) }
    }
    let size = frames.reduce(0) { $0 + $1.size }
    let processors = size > smallSize ? Machine.processors : 0
    let queue =
      processors == 0 ? nil : BackgroundQueue(threads: processors, capacity: processors + 1)
    // One more than can be compressed at once, so no core waits for the writing.
    let mostInTheMaking = processors + 1
    var toCome = frames.makeIterator()
    var hasher = Digest.Hasher()
    var entries: [SeekTable.Entry] = []
    var inTheMaking: [Compression] = []
    while true {
      while inTheMaking.count < mostInTheMaking, let (size, level) = toCome.next() {
        inTheMaking.append(
          Compression(of: try stream.read(size), pools.pool(level: level), on: queue))
      }
      guard !inTheMaking.isEmpty else { break }
      let compression = inTheMaking.removeFirst()
      let frame = compression.frame()
      hasher.update(frame)
      try onDisk(try file.write(frame[...]))
      entries.append(.init(compressed: frame.count, content: compression.contentSize))
      progress(Double(entries.count) / Double(frames.count))
    }
    // `hasher` continues, to the digest of the whole file.
    let seal = Seal.bytes(hasher.finish())
    entries.append(.init(compressed: seal.count, content: 0))
    let end = seal + SeekTable(entries: entries).bytes
    hasher.update(end)
    try onDisk(try file.write(end[...]))
    return hasher.finish()
  }
}

/// A frame that another thread is compressing.
private final class Compression: Sendable {
  let contentSize: Int
  private let made = Monitor<[UInt8]?>(nil)

  /// - Parameter queue: Where the frame is compressed; nil to compress it at once.
  init(of content: [UInt8], _ compressors: CompressorPool, on queue: BackgroundQueue?) {
    contentSize = content.count
    let work: @Sendable () -> Void = { [made] in
      let frame = compressors.compress(content)
      made.change { $0 = frame }
    }
    if let queue { queue.add(work) } else { work() }
  }

  /// Waits for the frame.
  func frame() -> [UInt8] { made.wait { $0 }! }
}

/// A pool of compressors for each level in use.
private final class CompressorPools {
  private var pools: [Int: CompressorPool] = [:]

  func pool(level: Int) -> CompressorPool {
    if let pool = pools[level] { return pool }
    let pool = CompressorPool(level: level)
    pools[level] = pool
    return pool
  }
}

/// Compressors, each used by one thread at a time. A frame's bytes do not depend on the compressor
/// that made it.
private final class CompressorPool: Sendable {
  private let level: Int
  private let idle = Mutex<[SharedCompressor]>([])

  init(level: Int) { self.level = level }

  func compress(_ content: [UInt8]) -> [UInt8] {
    let compressor = idle.withLock { $0.popLast() } ?? SharedCompressor(level: level)
    defer { idle.withLock { $0.append(compressor) } }
    return compressor.compress(content)
  }
}

/// A compressor that may be handed to another thread.
private final class SharedCompressor: Sendable {
  private let compressor: Mutex<FrameCompressor>

  init(level: Int) { compressor = Mutex(FrameCompressor(level: level)) }

  func compress(_ content: [UInt8]) -> [UInt8] { compressor.withLock { $0.compress(content) } }
}
