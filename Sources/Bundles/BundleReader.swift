public import Archive
import ArchiveFiles
import BundleChecks
public import Digests
private import Files
public import RunRecords
private import Synchronization

/// A bundle open for reading: what it says about itself, and its members one by one.
///
/// Opening reads the end of the file and the frames of the small files, and checks those. Every
/// member that is read later is checked against the manifest. What is read is therefore what the
/// bundle's identity names, even if the rest of the file is damaged. `verify()` checks all of it.
public final class BundleReader: Sendable {
  /// The run's id, which is the name of the root directory.
  public let runID: String
  /// What its small files say.
  let contents: BundleContents
  public let identity: BundleIdentity
  /// Whether checkpoints that the run has, or large results, are left out.
  public var isThin: Bool {
    switch contents {
    case .trainer: TrainerContents.isThin(manifest: manifest, expected: expected)
    case .program(let contents): !contents.leftOut.paths(.thin).isEmpty
    }
  }
  public var kind: RunKind { contents.kind }
  /// The paths of all files below the root directory, in the order of the archive.
  public let members: [String]
  /// The digest of every result of the run, by its path below `data/`; this includes results that a
  /// thin bundle leaves out.
  public var expectedResults: [(path: String, digest: Digest)] {
    expected.entries.map { ($0.path, $0.digest) }
  }
  let expected: Manifest
  let manifest: Manifest

  /// The path it was opened by, and how many bytes the file has.
  public var path: String { store.file.path }
  public var fileBytes: Int { store.file.size }

  let store: BundleFrames
  let digests: [String: Digest]
  private let archive: ArchiveContent
  /// Where the members after the small files lie, as far as they have been looked for.
  private let index: Mutex<Index>
  private let headMembers: [String: [UInt8]]

  private struct Index {
    /// Where members lie in the archive's content.
    var members: [String: Range<Int>] = [:]
    /// Where the next member's header lies.
    var next: Int
  }

  /// Opens the bundle at `path`, which must be a regular file and no link.
  public convenience init(path: String) throws(BundleError) {
    if (try? Disk().isDirectory(path)) ?? false {
      throw .inputOutput(
        path: path,
        detail: try UnpackedBundle(at: path)?.runDirectory ?? path == path
          ? "it is a directory, not a bundle; regrok pack seals a run directory"
          : "it is a bundle that is unpacked already; "
            + "`sha256sum -c manifest-sha256.txt` in it checks it")
    }
    try self.init(path: path, limits: BundleLimits())
  }

  init(path: String, limits: BundleLimits) throws(BundleError) {
    let store = try BundleFrames(path: path, limits: limits)
    let checker = BundleChecker(limits: limits)
    var headMembers: [String: [UInt8]] = [:]
    checker.whenRead = { name, bytes in headMembers[name.path] = Array(bytes) }
    let start = try store.readHead(into: checker, FrameDecompressor())
    guard checker.info != nil, let identity = checker.identity, checker.contents.hasHead else {
      throw .damaged(.bag, "it lacks a file that every bundle has")
    }
    self.store = store
    self.headMembers = headMembers
    self.identity = identity
    contents = checker.contents
    runID = checker.root
    let tagFiles = checker.members.lazy.map(\.name).filter { !$0.isPayload }.map(\.path)
    members = tagFiles + checker.manifest.entries.map(\.path)
    manifest = checker.manifest
    digests = checker.manifest.digests
    expected = checker.expected
    archive = ArchiveContent(store)
    index = Mutex(Index(next: start))
  }
}

// MARK: Signature

extension BundleReader {
  /// Whether there is a signature. `signer` says whose it is and whether it holds.
  public var isSigned: Bool { signature != nil }
  var signature: [UInt8]? { headMembers[MemberName.signature.path] }

  /// Who has signed the bundle's identity, among those in the file `allowed` (ALLOWED SIGNERS in
  /// ssh-keygen's manual).
  ///
  /// - Throws: `notTrusted` if there is no signature, or none by one of them that holds.
  public func signer(allowed: String) throws(BundleError) -> Signer {
    guard let signature, let message = headMembers[MemberName.tagManifest.path]
    else { throw .notTrusted(detail: "the bundle is not signed") }
    return try SSHKeygen.signer(
      of: message, signature: signature, in: .bundle, allowed: allowed)
  }

  /// The key that the signature names; nil without one.
  public var signingKey: SSHPublicKey? {
    headMembers[MemberName.signature.path].flatMap { try? SignatureArmor.key(in: $0, of: .bundle) }
  }
}

// MARK: Members

extension BundleReader {
  /// The content of the member at `path`, e.g. "data/config.json". Decompresses only the frames
  /// that it lies in.
  public func read(_ path: String) throws(BundleError) -> [UInt8] {
    if let bytes = headMembers[path] { return bytes }
    let bytes = try archive.bytes(try place(of: path))
    guard Digest(of: bytes) == digests[path] else { throw Self.otherDigest(path) }
    return bytes
  }

  /// Passes on the content of the member at `path` in parts. Its digest is checked at the end.
  public func read(
    _ path: String, inParts use: (ArraySlice<UInt8>) throws(BundleError) -> Void
  ) throws(BundleError) {
    if let bytes = headMembers[path] { return try use(bytes[...]) }
    let place = try place(of: path)
    if place.isEmpty { try use([]) }
    var hasher = Digest.Hasher()
    for start in stride(from: place.lowerBound, to: place.upperBound, by: Self.partSize) {
      let part = try archive.bytes(start..<min(start + Self.partSize, place.upperBound))
      hasher.update(part)
      try use(part[...])
    }
    guard hasher.finish() == digests[path] else { throw Self.otherDigest(path) }
  }

  private static let partSize = 1 << 20

  private static func otherDigest(_ path: String) -> BundleError {
    .damaged(.manifest, member: path, detail: "its SHA-256 is not the one that the manifest says")
  }

  /// Bytes of the member at `path`.
  public func size(of path: String) throws(BundleError) -> Int {
    if let bytes = headMembers[path] { return bytes.count }
    return try place(of: path).count
  }

  /// A range of a member's bytes. Except for the small files, they are not checked: the caller must
  /// have read the whole member before.
  func bytes(of path: String, _ range: Range<Int>) throws(BundleError) -> [UInt8] {
    let shorter = BundleError.damaged(.changed, member: path, detail: "it is shorter than it was")
    if let bytes = headMembers[path] {
      guard range.upperBound <= bytes.count else { throw shorter }
      return Array(bytes[range])
    }
    let place = try place(of: path)
    guard range.upperBound <= place.count else { throw shorter }
    return try archive.bytes(
      place.lowerBound + range.lowerBound..<place.lowerBound + range.upperBound)
  }

  /// Where a member's content lies in the archive. Goes from header to header until the member is
  /// found.
  private func place(of path: String) throws(BundleError) -> Range<Int> {
    guard digests[path] != nil else { throw .noSuchMember(name: path) }
    return try index.withLock { (index) throws(BundleError) in
      while true {
        if let place = index.members[path] { return place }
        guard index.next + 2 * TarHeader.blockSize < archive.size else {
          throw .damaged(
            .manifest, member: path,
            detail: "the manifest lists it, but the bundle does not hold it")
        }
        let header = try TarHeader(try archive.block(at: index.next), isFirst: false)
        guard header.name.hasPrefix(runID + "/"),
          let name = MemberName(
            path: String(header.name.dropFirst(runID.utf8.count + 1)), of: kind),
          header.size <= name.limit(store.limits, of: kind)
        else {
          throw .damaged(.name, member: header.name, detail: "a bundle has no such member")
        }
        guard index.next + header.storedSize <= archive.size else {
          throw .damaged(.manifest, member: name.path, detail: "the archive ends before it does")
        }
        let start = index.next + TarHeader.blockSize
        index.members[name.path] = start..<start + header.size
        index.next += header.storedSize
      }
    }
  }
}

// MARK: Records

extension BundleReader {
  /// The config and outcome of a trainer's run.
  ///
  /// - Throws: `unsupported` for a program's run, which has neither.
  public func trainer() throws(BundleError) -> (spec: RunSpec, outcome: Outcome) {
    switch contents {
    case .trainer(let contents): return (contents.spec!, contents.outcome!)
    case .program: throw .unsupported(detail: "it is the run of a program, not of the trainer here")
    }
  }

  /// Both files of the trace, checked against the config, the outcome and the list of results.
  public func trace() throws(BundleError) -> Trace {
    let metrics = try read(MemberName.metrics.path)
    let hashes = try read(MemberName.hashes.path)
    let (spec, outcome) = try trainer()
    let trace: Trace
    do {
      trace = try Trace(metricsCSV: metrics, hashesCSV: hashes, added: spec.addedHeadings)
    } catch {
      throw .damaged(.trace, error.description)
    }
    _ = try RunConsistency.checkpointSteps(
      of: trace, spec: spec, outcome: outcome, listedIn: expected)
    return trace
  }

  /// The steps whose checkpoints the bundle holds, ascending; none in a thin bundle.
  public var checkpointSteps: [Int] {
    members.compactMap { path in
      if case .checkpoint(let step) = MemberName(path: path, of: kind) { step } else { nil }
    }
  }

  /// The checkpoint of a step.
  public func checkpoint(step: Int) throws(BundleError) -> Checkpoint {
    let path = MemberName.checkpoint(step: step).path
    let numerics = try trainer().spec.numerics
    let bytes = try read(path)
    do {
      return try Safetensors.decode(bytes, runID: runID, numerics: numerics)
    } catch {
      throw .damaged(.checkpoint, member: path, detail: error.description)
    }
  }
}
