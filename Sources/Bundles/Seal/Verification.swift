public import Archive
public import ArchiveFiles
import BundleChecks
private import Files
public import RunRecords

/// What a complete and sound bundle holds.
public struct Verification: Sendable, Hashable {
  public var identity: BundleIdentity
  public var runID: String
  public var kind: RunKind
  /// Whether checkpoints that the run has, or a program's large results, are left out.
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
    try verify(progress: progress, whenRead: { _, _ in }, whenPart: { _, _ in })
  }

  /// - Parameters:
  ///   - whenRead: Receives the content of every member; a checkpoint comes before it has been
  ///     checked.
  ///   - whenPart: Receives the files of a program in parts, before they have been checked.
  func verify(
    progress: @escaping BundleProgress,
    whenRead: @escaping (MemberName, ArraySlice<UInt8>) throws(BundleError) -> Void,
    whenPart: @escaping (MemberName, ArraySlice<UInt8>) throws(BundleError) -> Void
  ) throws(BundleError) -> Verification {
    let checks = CheckpointChecks(atOnce: Machine.processors)
    let checker = BundleChecker(limits: store.limits)
    checker.whenRead = whenRead
    checker.whenPart = whenPart
    checker.whenCheckpoint = { (check) throws(BundleError) in
      try whenRead(check.name, check.bytes)
      checks.add(check)
    }
    do throws(BundleError) {
      try store.readAll(into: checker, progress: progress)
    } catch {
      // A checkpoint that was handed over lies before what stopped the reading, so its failure goes
      // first.
      throw checks.firstFailure() ?? error
    }
    if let failure = checks.firstFailure() { throw failure }
    try store.file.checkUnchanged()
    guard let identity = checker.identity, let info = checker.info, identity == self.identity else {
      throw .damaged(.changed, "the file was changed while it was read")
    }
    return Verification(
      identity: identity, runID: checker.root, kind: checker.kind, isThin: isThin,
      memberCount: checker.members.count,
      checkpointCount: checker.checkpointCount,
      payloadBytes: info.payloadBytes, fileBytes: store.file.size, agent: info.agent)
  }
}
