package import Archive
import Digests
package import RunRecords

/// Checks the members of a bundle as they come, each as soon as everything that it is checked
/// against has come.
///
/// A trainer's checkpoint is handed over unchecked (`whenCheckpoint`), so that several can be
/// checked at once. The files of a program are handed over in parts (`whenPart`), as they may be
/// larger than memory.
package final class BundleChecker: ArchiveVisitor {
  /// A member that has been read.
  package struct Member: Sendable, Hashable {
    package var name: MemberName
    package var header: TarHeader
  }

  private let limits: BundleLimits
  /// Called with the content of every member once it has been checked, except for the members that
  /// `whenCheckpoint` and `whenPart` receive.
  package var whenRead: (MemberName, ArraySlice<UInt8>) throws(BundleError) -> Void = { _, _ in }
  /// Called with every checkpoint of a trainer.
  package var whenCheckpoint: (CheckpointCheck) throws(BundleError) -> Void = { _ in }
  /// Called with the parts of a program's file, at least once for each file. A part is unchecked
  /// until the next member begins.
  package var whenPart: (MemberName, ArraySlice<UInt8>) throws(BundleError) -> Void = { _, _ in }

  package private(set) var members: [Member] = []
  package private(set) var headers: [TarHeader] = []
  /// How many of the required members have begun.
  private var requiredCount = 0
  package private(set) var checkpointCount = 0
  /// The name of the root directory, which is the run's id.
  package private(set) var root = ""
  private var folded: Set<String> = []
  /// What has come of the member last begun; a slice of a frame's content if it lies in one frame.
  private var content: ArraySlice<UInt8> = []
  /// The digest of a member that is not kept.
  private var hasher = Digest.Hasher()

  // What has been read so far.
  package private(set) var info: Bag.Info?
  package private(set) var manifest = Manifest()
  package private(set) var expected = Manifest()
  package private(set) var contents = BundleContents.trainer(TrainerContents())
  package private(set) var identity: BundleIdentity?
  private var tagEntries: [Manifest.Entry] = []
  private var tagManifestDigest: Digest?
  private var manifestDigests: [String: Digest] = [:]
  private var expectedDigests: [String: Digest] = [:]
  private var crate = CanonicalJSON.null

  package init(limits: BundleLimits) { self.limits = limits }

  /// The kind of run that `bag-info.txt` states; that of the first format until it has come.
  package var kind: RunKind { contents.kind }

  private var required: [MemberName] { MemberName.required(of: kind) }

  /// The index in `required` at which the traces begin.
  private var traceStart: Int { required.firstIndex(of: .metrics)! }

  /// All members before the traces have been read and checked.
  package var hasHead: Bool { requiredCount >= traceStart && content.isEmpty }

  package var hasTraces: Bool { requiredCount > traceStart }

  package var framePlan: FramePlan {
    MemberName.framePlan(
      members.lazy.map { ($0.name, $0.header.size) }, of: kind, limit: limits.frameContent)
  }

  // MARK: Names and order

  package func begin(_ header: TarHeader) throws(BundleError) {
    func damaged(_ reason: BundleError.Reason, _ detail: String) -> BundleError {
      .damaged(reason, member: header.name, detail: detail)
    }
    if header.usesPrefix {
      switch kind {
      case .trainer: throw damaged(.metadata, "a header has a prefix before its name")
      case .program: break
      }
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
    let path = String(header.name.dropFirst(directory.utf8.count + 1))
    guard let name = MemberName(path: path, of: kind) else {
      throw damaged(.name, "a bundle has no such member")
    }
    let required = required
    if name == .signature {
      guard members.last?.name == .tagManifest else {
        throw damaged(.order, "it should come after \(MemberName.tagManifest.path)")
      }
    } else if requiredCount < required.count {
      let next = required[requiredCount]
      guard name == next else { throw damaged(.order, "\(next.path) should come here") }
      requiredCount += 1
    } else if let last = members.last, name < last.name {
      throw damaged(.order, "it should come before \(last.name.path)")
    }
    let limit = name.limit(limits, of: kind)
    guard header.size <= limit else { throw damaged(.size, "it is longer than \(limit) bytes") }
    members.append(Member(name: name, header: header))
    headers.append(header)
    if isStreamed(name) {
      hasher = Digest.Hasher()
      if header.size == 0 { try whenPart(name, []) }
    }
  }

  /// Whether `text` is 16 lowercase hexadecimal digits.
  package static func isRunID(_ text: String) -> Bool {
    text.utf8.count == 16
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  // MARK: Content

  /// Whether a member is handed over in parts, and not kept.
  private func isStreamed(_ name: MemberName) -> Bool {
    switch kind {
    case .trainer: false
    case .program: ProgramContents.isFile(name)
    }
  }

  package func content(_ part: ArraySlice<UInt8>) throws(BundleError) {
    let member = members[members.count - 1]
    if isStreamed(member.name) {
      hasher.update(part)
      return try whenPart(member.name, part)
    }
    let size = member.header.size
    if part.count == size {
      content = part
    } else {
      // A header's size is only a claim; the frames limit what really comes.
      if content.isEmpty { content.reserveCapacity(min(size, 16 << 20)) }
      content += part
    }
  }

  package func end() throws(BundleError) {
    let name = members[members.count - 1].name
    if case .checkpoint = name { checkpointCount += 1 }
    if isStreamed(name) {
      let hasher = hasher
      return try check(hasher.finish(), of: name)
    }
    let part = content
    content = []
    if case .checkpoint(let step) = name {
      return try whenCheckpoint(try checkpointCheck(step: step, name: name, bytes: part))
    }
    let bytes = Array(part)
    let digest = Digest(of: bytes)
    if name.isPayload { try check(digest, of: name) }
    try check(name, bytes, digest)
    try whenRead(name, part)
  }

  /// Throws unless the manifest lists the member with this digest.
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
      guard let kind = RunKind(bundleFormat: info.format) else {
        throw .unsupported(detail: "the bundle is of format \(info.format)")
      }
      self.info = info
      contents = BundleContents(kind)
      tagEntries.append(.init(digest: digest, path: name.path))
    case .manifest:
      manifest = try list(bytes, name)
      manifestDigests = manifest.digests
      tagEntries.append(.init(digest: digest, path: name.path))
    case .tagManifest:
      guard bytes == Manifest(tagEntries).bytes else {
        throw damaged(.tagManifest, "it is not that of the three files before it")
      }
      tagManifestDigest = digest
    case .signature:
      if let fault = SignatureArmor.fault(bytes, in: .bundle) { throw damaged(.signature, fault) }
    case .readme, .preview, .log: break
    case .crate: crate = try CanonicalJSON(member: name, bytes)
    case .expected:
      expected = try list(bytes, name)
      try contents.check(expected: expected, manifest: manifest)
      expectedDigests = expected.digests
      identity = tagManifestDigest.map { BundleIdentity(bundle: $0, result: digest) }
    case .environment:
      guard case .object = try CanonicalJSON(member: name, bytes) else {
        throw damaged(.json, "it is not an object")
      }
    case .config, .program:
      guard digest.hex.hasPrefix(root) else {
        throw .damaged(
          .name, member: root,
          detail: "the run id of \(name.resultPath!) is \(digest.hex.prefix(16))")
      }
      try contents.read(name, bytes, expected: expected)
    case .inputList, .outcome, .repeats, .leftOut, .metrics, .hashes, .observed:
      try contents.read(name, bytes, expected: expected)
    case .input, .result, .checkpoint: break
    }
  }

  private func list(_ bytes: [UInt8], _ name: MemberName) throws(BundleError) -> Manifest {
    guard let list = Manifest(bytes: bytes) else {
      throw .damaged(.manifest, member: name.path, detail: "it is not of sha256sum's form")
    }
    return list
  }

  private func checkpointCheck(
    step: Int, name: MemberName, bytes: ArraySlice<UInt8>
  ) throws(BundleError) -> CheckpointCheck {
    guard case .trainer(let contents) = contents, let spec = contents.spec,
      let row = contents.hashRows[step], let digest = expectedDigests[name.resultPath!]
    else {
      throw .damaged(.checkpoint, member: name.path, detail: "the run keeps no checkpoint there")
    }
    return CheckpointCheck(
      index: members.count - 1, name: name, bytes: bytes, digest: digest, row: row, runID: root,
      numerics: spec.numerics)
  }

  /// Ends the archive, and checks what only all members together can show.
  package func finish() throws(BundleError) {
    guard requiredCount >= required.count, let info else {
      throw .damaged(.bag, "it lacks \(required[requiredCount].path)")
    }
    let payload = members.filter { $0.name.isPayload }
    let listed = manifest.entries.map { $0.path }
    let found = payload.map { $0.name.path }
    guard listed == found else {
      let isListed = Set(found)
      let missing = listed.first { !isListed.contains($0) }
      throw .damaged(
        .manifest, member: MemberName.manifest.path,
        detail: missing.map { "it lists \($0), which the bundle does not hold" }
          ?? "it is not in the order of the members")
    }
    try contents.finish(manifest: manifest, expected: expected, checkpoints: checkpointCount)
    guard info.payloadFiles == payload.count,
      info.payloadBytes == payload.reduce(0, { $0 + $1.header.size })
    else {
      throw .damaged(.bag, member: MemberName.bagInfo.path, detail: "its Payload-Oxum is wrong")
    }
    try CrateCheck(kind: kind, manifest: manifest, expected: expected, date: info.date)
      .perform(crate)
  }
}

extension CanonicalJSON {
  /// The canonical JSON in a member.
  package init(member name: MemberName, _ bytes: [UInt8]) throws(BundleError) {
    do {
      try self.init(canonical: bytes)
    } catch {
      throw .damaged(.json, member: name.path, detail: error.description)
    }
  }
}
