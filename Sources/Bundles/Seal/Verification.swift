private import Files
import RunRecords
private import Synchronization

/// What a whole and sound bundle holds.
public struct Verification: Sendable, Hashable {
  public var identity: BundleIdentity
  public var runID: String
  /// Checkpoints that the run has are left out.
  public var isThin: Bool
  /// Files in the archive.
  public var memberCount: Int
  public var checkpointCount: Int
  /// Bytes of all files under `data/`.
  public var payloadBytes: Int
  /// Bytes of the bundle.
  public var fileBytes: Int
  /// The program that wrote it.
  public var agent: String
}

extension BundleReader {
  /// Reads every byte of the bundle and checks all that can be checked without training.
  public func verify(progress: @escaping BundleProgress = { _ in }) throws(BundleError)
    -> Verification
  {
    try verify(progress: progress) { _, _ in }
  }

  /// - Parameter whenRead: Gets the content of every member; of checkpoints, before they have been checked.
  func verify(
    progress: @escaping BundleProgress,
    whenRead: @escaping (MemberName, ArraySlice<UInt8>) throws(BundleError) -> Void
  ) throws(BundleError) -> Verification {
    let checks = CheckpointChecks(atOnce: Machine.processors)
    let checker = BundleChecker(limits: store.limits)
    checker.whenRead = whenRead
    checker.whenCheckpoint = { (check) throws(BundleError) in
      try whenRead(check.name, check.bytes)
      checks.add(check)
    }
    do throws(BundleError) {
      try readAll(into: checker, progress)
    } catch {
      // A checkpoint that was handed over lies before whatever stopped the reading.
      throw checks.firstFailure() ?? error
    }
    if let failure = checks.firstFailure() { throw failure }
    try store.file.checkUnchanged()
    guard let identity = checker.identity, let info = checker.info, identity == self.identity else {
      throw .damaged(.changed, "the file was changed while it was read")
    }
    return Verification(
      identity: identity, runID: checker.root, isThin: checker.isThin,
      memberCount: checker.members.count,
      checkpointCount: checker.checkpointCount,
      payloadBytes: info.payloadBytes, fileBytes: store.file.size, agent: info.agent)
  }

  /// Reads all frames, through our own reader and libarchive side by side, and checks the seal.
  private func readAll(
    into checker: BundleChecker, _ progress: @escaping BundleProgress
  ) throws(BundleError) {
    let stream = CheckedStream(store: store, checker: checker, progress: progress)
    let second = LibarchiveReader(largestPart: store.limits.frameContent) {
      () throws(BundleError) in try stream.next()
    }
    var position = 0
    let count: Int
    do throws(BundleError) {
      count = try second.read { (index, member) throws(BundleError) in
        guard index < checker.members.count else {
          throw .damaged(.notTar, "libarchive sees a member that is not there: \(member.name)")
        }
        let header = checker.members[index].header
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
    guard count == checker.members.count else {
      throw .damaged(.notTar, "libarchive sees \(count) members of \(checker.members.count)")
    }
  }
}

/// Sees how far a long work is, as a share of all of it; called on the thread that asked for the work.
public typealias BundleProgress = (_ share: Double) -> Void

/// The content of the frames, one after the other, each seen by the strict reader before anyone else.
private final class CheckedStream {
  private let store: FrameStore
  private let checker: BundleChecker
  private let progress: BundleProgress
  private let decompressor = FrameDecompressor()
  private let hasher = BackgroundHasher()
  private var tar = TarReader()
  private var index = 0
  private var failure: BundleError?

  init(store: FrameStore, checker: BundleChecker, progress: @escaping BundleProgress) {
    self.store = store
    self.checker = checker
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
    try tar.feed(content, to: checker)
    return content
  }

  /// Reads what is left, and checks what only the end can show.
  func readToEnd() throws(BundleError) {
    while try next() != nil {}
    try tar.finish()
    try checker.finish()
    let plan = FramePlan(
      members: checker.members.map { ($0.name, $0.header.size) }, limit: store.limits.frameContent)
    guard plan.frames == store.frames.map(\.content) else {
      throw .damaged(.seekTable, "the frames are not cut where the format cuts them")
    }
    guard hasher.finish() == store.seal else {
      throw .damaged(.seal, "the file's bytes do not have the SHA-256 that the seal records")
    }
  }
}

/// A digest that another thread computes, so that a core more can work; the parts come in the order they are added.
private final class BackgroundHasher: Sendable {
  private let hasher = Mutex(Digest.Hasher())
  private let queue = BackgroundQueue(threads: 1, capacity: 4)

  func add(_ part: [UInt8]) { queue.add { [self] in hasher.withLock { $0.update(part) } } }

  /// Waits for all parts.
  func finish() -> Digest {
    queue.wait()
    return hasher.withLock { $0.finish() }
  }
}
