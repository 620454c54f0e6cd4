import Archive
import Digests
import RunRecords

/// Checks the members of a bundle as they come, each as soon as all that it can be checked against has come.
///
/// A checkpoint is handed over unchecked (`checkpoint`), so that several can be checked at once.
final class BundleChecker: ArchiveVisitor {
  /// A member that has been read.
  struct Member: Sendable, Hashable {
    var name: MemberName
    var header: TarHeader
  }

  private let limits: BundleLimits
  /// Called with the content of every member once it has been checked, checkpoints excepted.
  var whenRead: (MemberName, ArraySlice<UInt8>) throws(BundleError) -> Void = { _, _ in }
  /// Called with every checkpoint.
  var whenCheckpoint: (CheckpointCheck) throws(BundleError) -> Void = { _ in }

  private(set) var members: [Member] = []
  private(set) var headers: [TarHeader] = []
  /// How many of the members that every bundle has have begun.
  private var requiredCount = 0
  private(set) var checkpointCount = 0
  /// The root directory, which is the run's id.
  private(set) var root = ""
  private var folded: Set<String> = []
  /// What has come of the member last begun; a part of a frame's content, if it lies in one.
  private var content: ArraySlice<UInt8> = []

  // What has been read so far.
  private(set) var info: Bag.Info?
  private(set) var manifest = Manifest()
  private(set) var expected = Manifest()
  private(set) var spec: RunSpec?
  private(set) var outcome: Outcome?
  private(set) var trace: Trace?
  private(set) var identity: BundleIdentity?
  private var tagEntries: [Manifest.Entry] = []
  private var tagManifestDigest: Digest?
  private var manifestDigests: [String: Digest] = [:]
  private var expectedDigests: [String: Digest] = [:]
  /// Of the steps whose checkpoints the run keeps.
  private var hashRows: [Int: HashRow] = [:]
  private var metricsCSV: [UInt8] = []
  private var crate = CanonicalJSON.null

  init(limits: BundleLimits) { self.limits = limits }

  var hasTraces: Bool { requiredCount > MemberName.required.count - 2 }

  /// All members before the traces have been read and checked.
  var hasHead: Bool { requiredCount >= MemberName.required.count - 2 && content.isEmpty }

  var framePlan: FramePlan {
    FramePlan(members: members.map { ($0.name, $0.header.size) }, limit: limits.frameContent)
  }

  // MARK: Names and order

  func begin(_ header: TarHeader) throws(BundleError) {
    func damaged(_ reason: BundleError.Reason, _ detail: String) -> BundleError {
      .damaged(reason, member: header.name, detail: detail)
    }
    guard members.count < limits.members else {
      throw damaged(.count, "more than \(limits.members) members")
    }
    let directory = String(header.name.prefix { $0 != "/" })
    guard Self.isRunID(directory), root.isEmpty || directory == root else {
      throw damaged(.name, "it does not lie in one directory that is named after the run")
    }
    root = directory
    guard folded.insert(header.name.lowercased()).inserted else {
      throw damaged(.duplicate, "another member has this name")
    }
    guard let name = MemberName(path: String(header.name.dropFirst(directory.utf8.count + 1)))
    else {
      throw damaged(.name, "a bundle has no such member")
    }
    if name == .signature {
      guard members.last?.name == .tagManifest else {
        throw damaged(.order, "it should come after \(MemberName.tagManifest.path)")
      }
    } else if requiredCount < MemberName.required.count {
      let next = MemberName.required[requiredCount]
      guard name == next else { throw damaged(.order, "\(next.path) should come here") }
      requiredCount += 1
    } else if let last = members.last, name < last.name {
      throw damaged(.order, "it should come before \(last.name.path)")
    }
    guard header.size <= name.limit(limits) else {
      throw damaged(.size, "it is longer than \(name.limit(limits)) bytes")
    }
    members.append(Member(name: name, header: header))
    headers.append(header)
  }

  /// Whether `text` is 16 lowercase hexadecimal digits.
  static func isRunID(_ text: String) -> Bool {
    text.utf8.count == 16
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  // MARK: Content

  func content(_ part: ArraySlice<UInt8>) throws(BundleError) {
    let size = members[members.count - 1].header.size
    if part.count == size {
      content = part
    } else {
      // A header is only a claim; what comes is bounded by the frames.
      if content.isEmpty { content.reserveCapacity(min(size, 16 << 20)) }
      content += part
    }
  }

  func end() throws(BundleError) {
    let name = members[members.count - 1].name
    let part = content
    content = []
    if case .checkpoint(let step) = name {
      checkpointCount += 1
      return try whenCheckpoint(try checkpointCheck(step: step, name: name, bytes: part))
    }
    let bytes = Array(part)
    let digest = Digest(of: bytes)
    if name.isPayload { try check(digest, of: name) }
    try check(name, bytes, digest)
    try whenRead(name, part)
  }

  /// A digest must be the manifest's, and that of the expected results.
  private func check(_ digest: Digest, of name: MemberName) throws(BundleError) {
    guard let recorded = manifestDigests[name.path] else {
      throw .damaged(.manifest, member: name.path, detail: "the manifest does not list it")
    }
    guard digest == recorded else {
      throw .damaged(
        .manifest, member: name.path,
        detail: "its SHA-256 is \(digest), the manifest says \(recorded)")
    }
  }

  private func check(
    _ name: MemberName, _ bytes: [UInt8], _ digest: Digest
  ) throws(BundleError) {
    func damaged(_ reason: BundleError.Reason, _ detail: String) -> BundleError {
      .damaged(reason, member: name.path, detail: detail)
    }
    switch name {
    case .bagDeclaration:
      guard bytes == Bag.declaration else { throw damaged(.bag, "it is not that of BagIt 1.0") }
      tagEntries.append(.init(digest: digest, path: name.path))
    case .bagInfo:
      let info = try Bag.Info(bytes: bytes)
      guard info.externalIdentifier == root else {
        throw damaged(.bag, "its External-Identifier is not the root directory's name")
      }
      self.info = info
      tagEntries.append(.init(digest: digest, path: name.path))
    case .manifest:
      guard let manifest = Manifest(bytes: bytes) else {
        throw damaged(.manifest, "it is not of sha256sum's form")
      }
      manifestDigests = manifest.digests
      self.manifest = manifest
      tagEntries.append(.init(digest: digest, path: name.path))
    case .tagManifest:
      guard bytes == Manifest(tagEntries).bytes else {
        throw damaged(.tagManifest, "it is not that of the three files before it")
      }
      tagManifestDigest = digest
    case .signature:
      if let fault = SignatureArmor.fault(bytes) { throw damaged(.signature, fault) }
    case .readme, .preview: break
    case .crate: crate = try json(bytes, name)
    case .config: spec = try readConfig(bytes, digest)
    case .expected:
      guard let expected = Manifest(bytes: bytes) else {
        throw damaged(.manifest, "it is not of sha256sum's form")
      }
      try RunConsistency.check(expected: expected, manifest: manifest)
      expectedDigests = expected.digests
      self.expected = expected
      identity = tagManifestDigest.map { BundleIdentity(bundle: $0, result: digest) }
    case .outcome:
      guard let outcome = Outcome(json: try json(bytes, name)) else {
        throw damaged(.json, "it is not an outcome")
      }
      self.outcome = outcome
    case .environment:
      guard case .object = try json(bytes, name) else {
        throw damaged(.json, "it is not an object")
      }
    case .metrics: metricsCSV = bytes
    case .hashes: try readTrace(hashesCSV: bytes)
    case .checkpoint: break
    }
  }

  private func json(_ bytes: [UInt8], _ name: MemberName) throws(BundleError) -> CanonicalJSON {
    do {
      return try CanonicalJSON(canonical: bytes)
    } catch {
      throw .damaged(.json, member: name.path, detail: error.description)
    }
  }

  private func readConfig(_ bytes: [UInt8], _ digest: Digest) throws(BundleError) -> RunSpec {
    let json = try json(bytes, .config)
    guard digest.hex.hasPrefix(root) else {
      throw .damaged(
        .name, member: root, detail: "the config's run id is \(digest.hex.prefix(16))")
    }
    return try RunSpec(bundled: json)
  }

  // MARK: Results

  private func readTrace(hashesCSV: [UInt8]) throws(BundleError) {
    guard let spec, let outcome else { return }
    let trace: Trace
    do {
      trace = try Trace(metricsCSV: metricsCSV, hashesCSV: hashesCSV)
    } catch {
      throw .damaged(.trace, error.description)
    }
    metricsCSV = []
    let steps = try RunConsistency.checkpointSteps(
      of: trace, spec: spec, outcome: outcome, listedIn: expected)
    let kept = Set(steps)
    for row in trace.hashes where kept.contains(row.step) { hashRows[row.step] = row }
    self.trace = trace
  }

  private func checkpointCheck(
    step: Int, name: MemberName, bytes: ArraySlice<UInt8>
  ) throws(BundleError) -> CheckpointCheck {
    guard let spec, let row = hashRows[step], let expected = expectedDigests[name.resultPath!]
    else {
      throw .damaged(.checkpoint, member: name.path, detail: "the run keeps no checkpoint there")
    }
    return CheckpointCheck(
      index: members.count - 1, name: name, bytes: bytes, digest: expected, row: row, runID: root,
      numerics: spec.numerics)
  }

  /// Whether checkpoints that the run has are left out; all or none must be.
  var isThin: Bool {
    let hasCheckpoints = manifest.entries.contains { $0.path.hasPrefix("data/checkpoints/") }
    return !hasCheckpoints && expected.entries.count > 4
  }

  /// Says that the archive has ended.
  func finish() throws(BundleError) {
    guard requiredCount >= MemberName.required.count, let info else {
      throw .damaged(.bag, "it lacks \(MemberName.required[requiredCount].path)")
    }
    let payload = members.filter(\.name.isPayload)
    let listed = manifest.entries.map(\.path)
    let found = payload.map(\.name.path)
    guard listed == found else {
      let isListed = Set(found)
      let missing = listed.first { !isListed.contains($0) }
      throw .damaged(
        .manifest, member: MemberName.manifest.path,
        detail: missing.map { "it lists \($0), which the bundle does not hold" }
          ?? "it is not in the order of the members")
    }
    guard checkpointCount == 0 || checkpointCount == expected.entries.count - 4 else {
      throw .damaged(.bag, "it holds some of the run's checkpoints, but not all")
    }
    guard info.payloadFiles == payload.count,
      info.payloadBytes == payload.reduce(0, { $0 + $1.header.size })
    else {
      throw .damaged(.bag, member: MemberName.bagInfo.path, detail: "its Payload-Oxum is wrong")
    }
    try CrateCheck(manifest: manifest, expected: expected, date: info.date).perform(crate)
  }
}
