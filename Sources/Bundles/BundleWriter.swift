private import Dispatch
private import Foundation
import RunRecords
private import Synchronization

/// Seals finished runs.
public enum BundleWriter {
  /// Levels of zstd that a bundle may be written with.
  public static let levels = FrameCompressor.levels
  public static let defaultLevel = FrameCompressor.defaultLevel

  /// Writes the run in `runDirectory` as a bundle to the file `path`.
  ///
  /// The same directory, tool version and level give the same bytes. The bundle is read back and verified before it
  /// gets its name; a file that has the name already stays, and is an error unless it is this very bundle.
  ///
  /// - Parameters:
  ///   - thin: Leaves the checkpoints out; their digests stay.
  ///   - level: One of `levels`.
  @discardableResult
  public static func pack(
    runDirectory: String, to path: String, thin: Bool = false, level: Int = defaultLevel
  ) throws(BundleError) -> BundleIdentity {
    let run = try FinishedRun(directory: runDirectory)
    let tree = BundleTree(run: run, thin: thin)
    var file = try DurableFile(path: path)
    try write(tree, to: &file, level: level)
    try file.sync()
    let verification: Verification
    do {
      verification = try BundleReader(path: file.temporaryPath).verify()
    } catch .damaged(let reason, let member, let detail) {
      throw .notARun(
        path: runDirectory,
        detail: "what it holds makes no bundle: "
          + BundleError.damaged(reason, member: member, detail: detail).description)
    }
    guard verification.identity == tree.identity else {
      throw .damaged(.changed, "the run directory was changed while it was packed")
    }
    if try !file.appear() {
      let present = try BundleFile(path: path)
      let written = try BundleFile(path: file.temporaryPath)
      guard present.size == written.size, try present.digest() == written.digest() else {
        throw .inputOutput(
          path: path, detail: "it exists and is something else; nothing is overwritten")
      }
    }
    return verification.identity
  }

  /// Compresses the frames, a few at a time in parallel, and writes them in order.
  private static func write(
    _ tree: BundleTree, to file: inout DurableFile, level: Int
  ) throws(BundleError) {
    let frameLimit = BundleLimits().frameContent
    let workers = ProcessInfo.processInfo.activeProcessorCount
    let compressors = (0..<workers).map { _ in SharedCompressor(level: level) }
    var stream = tree.stream
    var hasher = Digest.Hasher()
    var entries: [SeekTable.Entry] = []
    let plan = FramePlan(members: tree.members.map { ($0.name, $0.size) }, limit: frameLimit)
    var sizes = plan.frames[...]
    while !sizes.isEmpty {
      var contents: [[UInt8]] = []
      for size in sizes.prefix(workers) { contents.append(try stream.read(size)) }
      sizes = sizes.dropFirst(workers)
      let frames = compress(contents, compressors)
      for (content, frame) in zip(contents, frames) {
        hasher.update(frame)
        try file.write(frame)
        entries.append(.init(compressed: frame.count, content: content.count))
      }
    }
    let seal = Seal.bytes(hasher.finish())
    try file.write(seal)
    entries.append(.init(compressed: seal.count, content: 0))
    try file.write(SeekTable(entries: entries).bytes)
  }

  /// The frames of `contents`, each compressed by its own compressor.
  private static func compress(
    _ contents: [[UInt8]], _ compressors: [SharedCompressor]
  ) -> [[UInt8]] {
    let frames = Mutex([[UInt8]](repeating: [], count: contents.count))
    DispatchQueue.concurrentPerform(iterations: contents.count) { index in
      let frame = compressors[index].compress(contents[index])
      frames.withLock { $0[index] = frame }
    }
    return frames.withLock { $0 }
  }
}

/// A compressor that may be handed to another thread.
private final class SharedCompressor: Sendable {
  private let compressor: Mutex<FrameCompressor>

  init(level: Int) { compressor = Mutex(FrameCompressor(level: level)) }

  func compress(_ content: [UInt8]) -> [UInt8] { compressor.withLock { $0.compress(content) } }
}
