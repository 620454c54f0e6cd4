public import Archive
public import Digests
public import RunRecords
private import Synchronization

/// A bundle open for reading: what it says of itself, and its members one by one.
///
/// Opening reads the end of the file and the frames of the small files, and checks those; every member that is read
/// later is checked against the manifest. So what this gives is what the bundle's identity names, even where the
/// rest of the file is damaged; `verify()` checks all of it.
public final class BundleReader: Sendable {
  /// The config's run id, which is the name of the root directory.
  public let runID: String
  public let spec: RunSpec
  public let outcome: Outcome
  public let identity: BundleIdentity
  /// The program that wrote the bundle, e.g. "regrok 0.1.0".
  public let agent: String
  /// Checkpoints that the run has are left out.
  public let isThin: Bool
  /// The paths of all files below the root directory, in the order of the archive.
  public let members: [String]
  /// The digest of every result of the run, by its path below `data/`; those left out of a thin
  /// bundle too.
  public var expectedResults: [(path: String, digest: Digest)] {
    expected.entries.map { ($0.path, $0.digest) }
  }
  let expected: Manifest

  /// The path it was opened by, and its bytes there.
  public var path: String { store.file.path }
  public var fileBytes: Int { store.file.size }

  let store: FrameStore
  private let digests: [String: Digest]
  /// Where the members behind the small files lie, as far as they have been looked for.
  private let index: Mutex<Index>
  private let headMembers: [String: [UInt8]]

  private struct Index {
    var members: [String: (size: Int, frames: Range<Int>)] = [:]
    var nextFrame: Int
  }

  /// Opens the bundle at `path`, which must be a regular file and no link.
  public convenience init(path: String) throws(BundleError) {
    try self.init(path: path, limits: BundleLimits())
  }

  init(path: String, limits: BundleLimits) throws(BundleError) {
    let store = try FrameStore(path: path, limits: limits)
    let checker = BundleChecker(limits: limits)
    var headMembers: [String: [UInt8]] = [:]
    checker.whenRead = { name, bytes in headMembers[name.path] = Array(bytes) }
    let decompressor = FrameDecompressor()
    var tar = TarReader()
    var frameCount = 0
    while !(checker.hasHead && tar.isBetweenMembers) {
      guard frameCount < store.frames.count, !checker.hasTraces else {
        throw .damaged(.seekTable, "the frames are not cut where the format cuts them")
      }
      let frame = store.frames[frameCount]
      let content = try store.content(
        frame, compressed: try store.compressed(frame), decompressor)
      try tar.feed(content, to: checker)
      frameCount += 1
    }
    guard let spec = checker.spec, let outcome = checker.outcome, let info = checker.info,
      let identity = checker.identity
    else { throw .damaged(.bag, "it lacks a file that every bundle has") }
    self.store = store
    self.headMembers = headMembers
    self.spec = spec
    self.outcome = outcome
    self.identity = identity
    runID = checker.root
    agent = info.agent
    isThin = checker.isThin
    let tagFiles = checker.members.lazy.map(\.name).filter { !$0.isPayload }.map(\.path)
    members = tagFiles + checker.manifest.entries.map(\.path)
    digests = checker.manifest.digests
    expected = checker.expected
    index = Mutex(Index(nextFrame: frameCount))
  }
}

// MARK: Signature

extension BundleReader {
  /// Whether there is a signature; whose it is and whether it holds, `signer` says.
  public var isSigned: Bool { headMembers[MemberName.signature.path] != nil }

  /// Who has signed the bundle's identity, of those in the file `allowed` (ALLOWED SIGNERS in ssh-keygen's manual).
  ///
  /// - Throws: `notTrusted` when there is no signature, or none that holds by one of them.
  public func signer(allowed: String) throws(BundleError) -> Signer {
    guard let signature = headMembers[MemberName.signature.path],
      let message = headMembers[MemberName.tagManifest.path]
    else { throw .notTrusted(detail: "the bundle is not signed") }
    return try SSHKeygen.signer(of: message, signature: signature, allowed: allowed)
  }
}

// MARK: Members

extension BundleReader {
  /// The content of the member at `path`, e.g. "data/config.json"; decompresses only the frames it lies in.
  public func read(_ path: String) throws(BundleError) -> [UInt8] {
    if let bytes = headMembers[path] { return bytes }
    guard let digest = digests[path] else { throw .noSuchMember(name: path) }
    let place = try locate(path)
    let collector = MemberCollector(name: runID + "/" + path, size: place.size)
    let decompressor = FrameDecompressor()
    var tar = TarReader()
    for frame in store.frames[place.frames] {
      let content = try store.content(
        frame, compressed: try store.compressed(frame), decompressor)
      try tar.feed(content, to: collector)
    }
    guard collector.isComplete, Digest(of: collector.bytes) == digest else {
      throw .damaged(
        .manifest, member: path, detail: "its SHA-256 is not the one that the manifest says")
    }
    return collector.bytes
  }

  /// Looks at the first block of each piece until the member is found.
  private func locate(_ path: String) throws(BundleError) -> (size: Int, frames: Range<Int>) {
    try index.withLock { (index) throws(BundleError) in
      let decompressor = FrameDecompressor()
      while index.members[path] == nil {
        let first = index.nextFrame
        guard first < store.frames.count else {
          throw .damaged(
            .manifest, member: path,
            detail: "the manifest lists it, but the bundle does not hold it")
        }
        let block = try store.prefix(
          of: store.frames[first], count: TarHeader.blockSize, decompressor)
        let header = try TarHeader(block, isFirst: false)
        guard header.name.hasPrefix(runID + "/"),
          let name = MemberName(path: String(header.name.dropFirst(runID.utf8.count + 1))),
          header.size <= name.limit(store.limits)
        else {
          throw .damaged(.name, member: header.name, detail: "a bundle has no such member")
        }
        var last = first
        var content = store.frames[first].content
        while content < header.storedSize, last + 1 < store.frames.count {
          last += 1
          content += store.frames[last].content
        }
        index.members[name.path] = (header.size, first..<last + 1)
        index.nextFrame = last + 1
      }
      return index.members[path]!
    }
  }
}

/// Collects the one member that a range of frames holds.
private final class MemberCollector: TarVisitor {
  private let name: String
  private let size: Int
  private(set) var bytes: [UInt8] = []
  private(set) var isComplete = false

  init(name: String, size: Int) {
    self.name = name
    self.size = size
    bytes.reserveCapacity(min(size, 16 << 20))
  }

  func begin(_ header: TarHeader) throws(BundleError) {
    guard header == TarHeader(name: name, size: size) else {
      throw .damaged(.order, member: header.name, detail: "\(name) should lie here")
    }
  }
  func content(_ part: ArraySlice<UInt8>) throws(BundleError) { bytes += part }
  func end() throws(BundleError) { isComplete = true }
}

// MARK: Records

extension BundleReader {
  /// Both files of the trace, checked against the config, the outcome and the list of results.
  public func trace() throws(BundleError) -> Trace {
    let metrics = try read(MemberName.metrics.path)
    let hashes = try read(MemberName.hashes.path)
    let trace: Trace
    do {
      trace = try Trace(metricsCSV: metrics, hashesCSV: hashes)
    } catch {
      throw .damaged(.trace, error.description)
    }
    _ = try RunConsistency.checkpointSteps(
      of: trace, spec: spec, outcome: outcome, listedIn: expected)
    return trace
  }

  /// The steps whose checkpoints the bundle holds, rising; none in a thin one.
  public var checkpointSteps: [Int] {
    members.compactMap { path in
      if case .checkpoint(let step) = MemberName(path: path) { step } else { nil }
    }
  }

  /// The checkpoint of that step.
  public func checkpoint(step: Int) throws(BundleError) -> Checkpoint {
    let path = MemberName.checkpoint(step: step).path
    let bytes = try read(path)
    do {
      return try Safetensors.decode(bytes, runID: runID, numerics: spec.numerics)
    } catch {
      throw .damaged(.checkpoint, member: path, detail: error.description)
    }
  }
}
