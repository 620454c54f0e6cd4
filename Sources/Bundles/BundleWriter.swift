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
  ///   - terms: What the metadata say of author and licence.
  ///   - signingKey: The file of an SSH key to sign the bundle's identity with, through `ssh-keygen`.
  @discardableResult
  public static func pack(
    runDirectory: String, to path: String, thin: Bool = false, level: Int = defaultLevel,
    terms: Terms = Terms(), signingKey: String? = nil
  ) throws(BundleError) -> BundleIdentity {
    let run = try FinishedRun(directory: runDirectory)
    var tree = BundleTree(run: run, thin: thin, terms: terms)
    if let signingKey { try tree.sign(key: signingKey) }
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

  /// Writes the frames in order; while some are compressed on other threads, those before them are written and
  /// those behind them read.
  private static func write(
    _ tree: BundleTree, to file: inout DurableFile, level: Int
  ) throws(BundleError) {
    let plan = FramePlan(
      members: tree.members.map { ($0.name, $0.size) }, limit: BundleLimits().frameContent)
    let workers = ProcessInfo.processInfo.activeProcessorCount
    let compressors = (0..<workers).map { _ in SharedCompressor(level: level) }
    var stream = tree.stream
    var sizes = plan.frames[...]
    var hasher = Digest.Hasher()
    var entries: [SeekTable.Entry] = []
    var finished: [(frame: [UInt8], content: Int)] = []
    var contents = try nextContents(&sizes, &stream, count: workers)
    while !contents.isEmpty || !finished.isEmpty {
      let compression = Compression(of: contents, compressors)
      for (frame, content) in finished {
        hasher.update(frame)
        try file.write(frame)
        entries.append(.init(compressed: frame.count, content: content))
      }
      let next = try nextContents(&sizes, &stream, count: workers)
      finished = Array(zip(compression.frames(), contents.map(\.count)))
      contents = next
    }
    let seal = Seal.bytes(hasher.finish())
    try file.write(seal)
    entries.append(.init(compressed: seal.count, content: 0))
    try file.write(SeekTable(entries: entries).bytes)
  }

  private static func nextContents(
    _ sizes: inout ArraySlice<Int>, _ stream: inout TarStream, count: Int
  ) throws(BundleError) -> [[UInt8]] {
    var contents: [[UInt8]] = []
    for size in sizes.prefix(count) { contents.append(try stream.read(size)) }
    sizes = sizes.dropFirst(count)
    return contents
  }
}

/// Frames in the making on other threads, each by a compressor of its own.
private final class Compression: Sendable {
  private let made: Mutex<[[UInt8]]>
  private let group = DispatchGroup()

  init(of contents: [[UInt8]], _ compressors: [SharedCompressor]) {
    made = Mutex(Array(repeating: [], count: contents.count))
    for (index, content) in contents.enumerated() {
      DispatchQueue.global().async(group: group) { [self] in
        let frame = compressors[index].compress(content)
        made.withLock { $0[index] = frame }
      }
    }
  }

  /// Waits for the frames.
  func frames() -> [[UInt8]] {
    group.wait()
    return made.withLock { $0 }
  }
}

/// A compressor that may be handed to another thread.
private final class SharedCompressor: Sendable {
  private let compressor: Mutex<FrameCompressor>

  init(level: Int) { compressor = Mutex(FrameCompressor(level: level)) }

  func compress(_ content: [UInt8]) -> [UInt8] { compressor.withLock { $0.compress(content) } }
}
