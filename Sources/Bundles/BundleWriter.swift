private import Files
import RunRecords
private import Synchronization

/// Seals finished runs.
public enum BundleWriter {
  /// Levels of zstd that a bundle may be written with.
  public static let levels = FrameCompressor.levels
  /// The level of everything but checkpoints where none is given.
  public static let defaultLevel = 6
  /// That of checkpoints: the bits of trained weights hold no repetitions that a longer search could find.
  public static let defaultCheckpointLevel = 1

  /// Writes the run in `runDirectory` as a bundle to the file `path`.
  ///
  /// The same directory, tool version and level give the same bytes. The bundle is read back and verified before it
  /// gets its name; a file that has the name already stays, and is an error unless it is this very bundle.
  ///
  /// - Parameters:
  ///   - thin: Leaves the checkpoints out; their digests stay.
  ///   - level: One of `levels`, for all of the bundle; nil for the defaults.
  ///   - terms: What the metadata say of author and licence.
  ///   - signingKey: The file of an SSH key to sign the bundle's identity with, through `ssh-keygen`.
  @discardableResult
  public static func pack(
    runDirectory: String, to path: String, thin: Bool = false, level: Int? = nil,
    terms: Terms = Terms(), signingKey: String? = nil,
    progress: @escaping BundleProgress = { _ in }
  ) throws(BundleError) -> BundleIdentity {
    let run = try FinishedRun(directory: runDirectory)
    var tree = BundleTree(run: run, thin: thin, terms: terms)
    if let signingKey { try tree.sign(key: signingKey) }
    let file = try onDisk(try DurableFile(path: path))
    let written = try write(tree, to: file, level: level) { progress(0.6 * $0) }
    let temporaryPath = file.temporaryPath
    let readBack = try onDisk(
      try file.finish { () throws(BundleError) in
        do throws(BundleError) {
          return try BundleReader(path: temporaryPath).verify { progress(0.6 + 0.4 * $0) }
        } catch .damaged(let reason, let member, let detail) {
          guard try BundleFile(path: temporaryPath).digest() == written else {
            throw .inputOutput(
              path: temporaryPath, detail: "it reads back otherwise than it was written")
          }
          throw .notARun(
            path: runDirectory,
            detail: "what it holds makes no bundle: "
              + BundleError.damaged(reason, member: member, detail: detail).description)
        }
      })
    let verification = try readBack.get()
    guard verification.identity == tree.identity else {
      throw .damaged(.changed, "the run directory was changed while it was packed")
    }
    if try !onDisk(try file.appear()) {
      let present = try BundleFile(path: path)
      let written = try BundleFile(path: file.temporaryPath)
      guard present.size == written.size, try present.digest() == written.digest() else {
        throw .inputOutput(
          path: path, detail: "it exists and is something else; nothing is overwritten")
      }
    }
    return verification.identity
  }

  /// Writes the frames in order; while one is written, those behind it are read, and compressed on other threads.
  ///
  /// - Returns: The digest of all that was written.
  private static func write(
    _ tree: BundleTree, to file: DurableFile, level: Int?, progress: BundleProgress
  ) throws(BundleError) -> Digest {
    let plan = FramePlan(
      members: tree.members.map { ($0.name, $0.size) }, limit: BundleLimits().frameContent)
    let queue = BackgroundQueue(threads: Machine.processors, capacity: Machine.processors + 1)
    let compressors = CompressorPool(level: level ?? defaultLevel)
    let checkpointCompressors = CompressorPool(level: level ?? defaultCheckpointLevel)
    // One more than can be compressed at once, so that no core waits for the writing.
    let mostInTheMaking = Machine.processors + 1
    var stream = tree.stream
    let (frameCount, textFrames) = (plan.frames.count, plan.framesBeforeCheckpoints)
    var toCome = plan.frames.enumerated().makeIterator()
    var hasher = Digest.Hasher()
    var entries: [SeekTable.Entry] = []
    var inTheMaking: [Compression] = []
    while true {
      while inTheMaking.count < mostInTheMaking, let (index, size) = toCome.next() {
        inTheMaking.append(
          Compression(
            of: try stream.read(size),
            index < textFrames ? compressors : checkpointCompressors, on: queue))
      }
      guard !inTheMaking.isEmpty else { break }
      let compression = inTheMaking.removeFirst()
      let frame = compression.frame()
      hasher.update(frame)
      try onDisk(try file.write(frame[...]))
      entries.append(.init(compressed: frame.count, content: compression.contentSize))
      progress(Double(entries.count) / Double(frameCount))
    }
    // The digest in the making goes on, to that of the whole file.
    let seal = Seal.bytes(hasher.finish())
    entries.append(.init(compressed: seal.count, content: 0))
    let end = seal + SeekTable(entries: entries).bytes
    hasher.update(end)
    try onDisk(try file.write(end[...]))
    return hasher.finish()
  }
}

/// A frame in the making on another thread.
private final class Compression: Sendable {
  let contentSize: Int
  private let made = Monitor<[UInt8]?>(nil)

  init(of content: [UInt8], _ compressors: CompressorPool, on queue: BackgroundQueue) {
    contentSize = content.count
    queue.add { [made] in
      let frame = compressors.compress(content)
      made.change { $0 = frame }
    }
  }

  /// Waits for the frame.
  func frame() -> [UInt8] { made.wait { $0 }! }
}

/// Compressors, of which each is used by one thread at a time; a frame's bytes do not depend on which made it.
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
